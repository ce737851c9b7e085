"""The reject that a resend answers; headers of revisions; daily summaries; the log of mails."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from gatepost.ledger.tables import Id, Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MAKE: Final = {"sqlite": "json_object", "postgresql": "json_build_object"}


def upgrade() -> None:
    op.add_column("revisions", sa.Column("header", sa.JSON(), nullable=True))
    op.add_column("items", sa.Column("rejection", sa.JSON(), nullable=True))
    op.execute(
        f"update items set rejection = {_MAKE[op.get_bind().dialect.name]}("
        "'by', decided_by, 'by_name', decided_by_name, 'at', decided_at, "
        "'revision', decided_revision, 'comment', comment, 'reason_code', reason_code) "
        "where decision = 'reject' and decided_at is not null"
    )
    op.create_table(
        "summaries",
        sa.Column("id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summaries")),
    )
    op.create_index("ix_summaries_company", "summaries", ["company"])
    op.create_index(
        "ix_mails_list", "mails", ["company", sa.text("created_at desc"), sa.text("id desc")]
    )


def downgrade() -> None:
    op.drop_index("ix_mails_list", table_name="mails")
    op.drop_index("ix_summaries_company", table_name="summaries")
    op.drop_table("summaries")
    op.drop_column("items", "rejection")
    op.drop_column("revisions", "header")
