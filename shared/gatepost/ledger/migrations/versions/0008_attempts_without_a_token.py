"""Export attempts have no token: the lease's own stands on the message."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("export_attempts", "token")


def downgrade() -> None:
    op.add_column(
        "export_attempts", sa.Column("token", sa.Text(), nullable=False, server_default="")
    )
