"""What an event in quarantine is about: the item it names, as far as that can be read."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("subject", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("quarantine", "subject")
