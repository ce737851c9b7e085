"""The ledger of messages: what is to be done, and what came of what somebody waits for."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, Json, metadata

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("item_id", Id),
    # Held rows carry a token; only the sweep clears it. Parked: no due time, but a token.
    sa.Column("due_at", Instant),
    sa.Column("lease_token", sa.Text),
    sa.Column("dispatches", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_error", sa.Text),
    sa.Column("causation_id", sa.Text),
    sa.Column("correlation_id", sa.Text),
    sa.Column("traceparent", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_messages_due_at", "due_at", sqlite_where=sa.text("due_at is not null"),
             postgresql_where=sa.text("due_at is not null")),
    sa.Index("ix_messages_parked", "queue", sqlite_where=sa.text("due_at is null"),
             postgresql_where=sa.text("due_at is null")),
    sa.Index("ix_messages_announced", "item_id", sqlite_where=sa.text("type = 'Receive'"),
             postgresql_where=sa.text("type = 'Receive'")),
    sa.Index("ix_messages_asked_together", "correlation_id",
             sqlite_where=sa.text("type = 'Decide'"),
             postgresql_where=sa.text("type = 'Decide'")),
)  # fmt: skip

group_retries = sa.Table(
    "group_retries",  # failed exports that were retried together; the requests carry its id
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("cause_key", sa.Text),  # null: whatever had failed
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("rate", sa.Integer),  # items a minute; null: all at once
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("stopped_at", Instant),
    sa.Column("stopped_by", sa.Text, nullable=False),
    sa.Column("taken_back", sa.Integer, nullable=False),
    sa.Index("ix_group_retries_company", "company", "id"),
)

answers = sa.Table(
    "answers",  # what came of a request whose caller waits for it; swept after a day
    metadata,
    sa.Column("message_id", Id, primary_key=True),
    sa.Column("item_id", Id),
    sa.Column("outcome", sa.Text, nullable=False),  # done | unchanged | a refusal's code
    sa.Column("problems", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",  # answers to be given again to requests under the same key; swept when over
    metadata,
    sa.Column("token_id", Id, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column(
        "digest", sa.Text, nullable=False
    ),  # of the request: another one may not have the key
    sa.Column("claim", sa.Text, nullable=False),  # whoever does the work; nobody else may answer
    sa.Column("busy_until", Instant, nullable=False),  # then another may take the work over
    sa.Column("status", sa.Integer),  # null: not answered yet
    sa.Column("headers", Json, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index("ix_idempotency_keys_expires_at", "expires_at"),
)
