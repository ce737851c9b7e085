"""The directory, tokens, and the workers that are alive."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, Json, metadata

companies = sa.Table(
    "companies",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("settings", Json, nullable=False),
    sa.Column("people", Json, nullable=False),
    sa.Column("projects", Json, nullable=False),
    sa.Column("vendors", Json, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

connections = sa.Table(
    "connections",
    metadata,
    sa.Column("company", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("in_flight", sa.Integer, nullable=False),
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("options", Json, nullable=False),
    # The breaker: open while the ERP does not answer; paused by a person or a misconfiguration.
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("open_until", Instant),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("paused_because", sa.Text, nullable=False),
    sa.Column("last_contact_at", Instant),
    # When it is synced by itself, and the held message that will see to it.
    sa.Column("sync", Json),
    sa.Column("sync_message_id", Id),
)

directory_state = sa.Table(
    "directory_state",  # one row; its version rises with every change, so that caches know
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)

tokens = sa.Table(
    "tokens",  # API tokens, hashed; the secret is shown once, when it is made
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("worker", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("beat_at", Instant, nullable=False),
)
