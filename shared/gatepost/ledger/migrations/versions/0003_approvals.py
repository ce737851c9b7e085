"""Two approvers where an amount takes them; the hash of the record that was shown."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("first_approval", sa.JSON(), nullable=True))
    op.add_column("items", sa.Column("preview_hash", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("items", "preview_hash")
    op.drop_column("items", "first_approval")
