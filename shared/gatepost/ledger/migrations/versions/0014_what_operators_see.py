"""What operators see: whose a quarantined event is, and what was retried together."""

import sqlalchemy as sa
from alembic import op

from gatepost.ledger.tables import Id, Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEPT = sa.text("replayed_at is null")
REQUESTS = sa.text("type = 'Decide'")


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("company", sa.Text(), nullable=True))
    op.create_index(
        "ix_quarantine_company",
        "quarantine",
        ["company", "id"],
        sqlite_where=KEPT,
        postgresql_where=KEPT,
    )
    op.create_index(
        "ix_messages_asked_together",
        "messages",
        ["correlation_id"],
        sqlite_where=REQUESTS,
        postgresql_where=REQUESTS,
    )
    op.create_table(
        "group_retries",
        sa.Column("id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("cause_key", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("stopped_at", Instant(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=False),
        sa.Column("taken_back", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_retries")),
    )
    op.create_index("ix_group_retries_company", "group_retries", ["company", "id"])


def downgrade() -> None:
    op.drop_table("group_retries")
    op.drop_index("ix_messages_asked_together", "messages")
    op.drop_index("ix_quarantine_company", "quarantine")
    op.drop_column("quarantine", "company")
