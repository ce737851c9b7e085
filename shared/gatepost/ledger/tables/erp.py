"""What the ERP has, as it was last read."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, Json, metadata

erp_records = sa.Table(
    "erp_records",  # the ERP's records as they were last read: import candidates, lists to choose from
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("connection", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("origin_id", sa.Text, nullable=False),
    sa.Column("origin", Json, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("parent", sa.Text),
    sa.Column("mark", sa.Text),
    sa.Column("data", Json, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("item_id", Id),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("gone", sa.Boolean, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Index("ix_erp_records_list", "company", "state", "kind", "name", "id"),
    sa.Index("ix_erp_records_origin_id", "company", "kind", "origin_id"),
)

erp_readings = sa.Table(
    "erp_readings",  # how far a connection's latest refresh and its latest sync have come
    metadata,
    sa.Column("company", sa.Text, primary_key=True),
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("message_id", Id),  # the one message that may go on with it; any other is outdated
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
)

erp_lists = sa.Table(
    "erp_lists",  # which kinds of a connection's records were read to their end, and when last
    metadata,
    sa.Column("company", sa.Text, primary_key=True),
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("read_at", Instant, nullable=False),
)
