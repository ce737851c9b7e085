"""Which lists of an ERP's records were read to their end: only then can a choice be checked."""

import sqlalchemy as sa
from alembic import op

from gatepost.ledger.tables import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erp_lists",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("read_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("company", "connection", "kind"),
    )


def downgrade() -> None:
    op.drop_table("erp_lists")
