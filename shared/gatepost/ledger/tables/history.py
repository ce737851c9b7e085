"""The history, append-only, and the chain that seals it."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, Json, metadata

history = sa.Table(
    "history",  # append-only, by a trigger: who did what, when, why, through which channel
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("item_id", Id),  # null where the company's directory was changed
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("detail", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_history_item_id", "item_id", "id"),
)

history_unsealed = sa.Table(
    "history_unsealed",  # rows of history that wait for their seal; a trigger fills it
    metadata,
    sa.Column("history_id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
)

history_seals = sa.Table(
    "history_seals",  # append-only, by a trigger: each seals some rows and the seal before it
    metadata,
    sa.Column("company", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("first_at", Instant, nullable=False),  # the moments of its oldest and newest row
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("rows", Json, nullable=False),  # [[id, hash], ...], by (at, id)
    sa.Column("hash", sa.Text, nullable=False),
)
