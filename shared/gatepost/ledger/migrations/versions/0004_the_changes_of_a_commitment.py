"""The change orders of a commitment are found by an index: an invoice is held against them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAME = "ix_items_change_orders"
WHERE = sa.text("kind = 'change_order'")


def upgrade() -> None:
    op.create_index(NAME, "items", ["parent_id"], sqlite_where=WHERE, postgresql_where=WHERE)


def downgrade() -> None:
    op.drop_index(NAME, table_name="items", sqlite_where=WHERE, postgresql_where=WHERE)
