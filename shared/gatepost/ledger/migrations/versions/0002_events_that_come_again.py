"""Events that come again: what is refused is kept once; what waits is found by its item."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("fingerprint", sa.Text(), nullable=True))
    op.create_index(
        "ix_quarantine_fingerprint",
        "quarantine",
        ["fingerprint"],
        unique=True,
        sqlite_where=sa.text("replayed_at is null"),
        postgresql_where=sa.text("replayed_at is null"),
    )
    op.create_index(
        "ix_messages_announced",
        "messages",
        ["item_id"],
        sqlite_where=sa.text("type = 'Receive'"),
        postgresql_where=sa.text("type = 'Receive'"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_announced", table_name="messages")
    op.drop_index("ix_quarantine_fingerprint", table_name="quarantine")
    op.drop_column("quarantine", "fingerprint")
