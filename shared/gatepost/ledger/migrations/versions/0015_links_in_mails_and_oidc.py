"""The links in mails to approvers, and signing in with OpenID Connect."""

import sqlalchemy as sa
from alembic import op

from gatepost.ledger.tables import Id, Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision_links",
        sa.Column("id", Id, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("mail_id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("spent_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_links")),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_decision_links_mail_id", "decision_links", ["mail_id"])
    op.create_index("ix_decision_links_expires_at", "decision_links", ["expires_at"])
    op.create_table(
        "oidc_sign_ins",
        sa.Column("id", Id, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("next_page", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_sign_ins")),
    )
    op.create_index("ix_oidc_sign_ins_created_at", "oidc_sign_ins", ["created_at"])
    op.add_column("sign_ins", sa.Column("channel", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_ins", "channel")
    op.drop_table("oidc_sign_ins")
    op.drop_table("decision_links")
