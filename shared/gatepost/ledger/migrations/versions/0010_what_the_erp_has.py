"""What the ERP has: staged records, how far a reading is, drift, the schedule of the sync."""

import sqlalchemy as sa
from alembic import op

from gatepost.ledger.tables import Id, Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erp_records",
        sa.Column("id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.JSON(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("item_id", Id, nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_records")),
    )
    op.create_index(
        "ix_erp_records_list", "erp_records", ["company", "state", "kind", "name", "id"]
    )
    op.create_index("ix_erp_records_origin_id", "erp_records", ["company", "kind", "origin_id"])
    op.create_table(
        "erp_readings",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("message_id", Id, nullable=True),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("company", "connection", "purpose", name=op.f("pk_erp_readings")),
    )
    op.add_column("items", sa.Column("drift", sa.JSON(), nullable=True))
    op.create_index(
        "ix_items_origin_id",
        "items",
        ["company", "kind", "origin_id"],
        sqlite_where=sa.text("origin_id is not null"),
        postgresql_where=sa.text("origin_id is not null"),
    )
    op.add_column("connections", sa.Column("sync", sa.JSON(), nullable=True))
    op.add_column("connections", sa.Column("sync_message_id", Id, nullable=True))


def downgrade() -> None:
    op.drop_column("connections", "sync_message_id")
    op.drop_column("connections", "sync")
    op.drop_index("ix_items_origin_id", table_name="items")
    op.drop_column("items", "drift")
    op.drop_table("erp_readings")
    op.drop_table("erp_records")
