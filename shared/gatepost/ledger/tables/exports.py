"""Attempts to export: each written down before it is made."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, metadata

export_attempts = sa.Table(
    "export_attempts",  # a row is committed before the ERP is called; outcome null = not known yet
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("connection", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("request_hash", sa.Text, nullable=False),
    sa.Column("export_key", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("outcome", sa.Text),
    sa.Column("erp_code", sa.Text),
    sa.Column("message", sa.Text),
    sa.Index("ix_export_attempts_item_id", "item_id", "id"),
)
