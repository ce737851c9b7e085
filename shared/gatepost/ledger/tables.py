"""The tables. Times are the database's clock, ids are UUIDv7 (RFC 9562) unless they are names."""

import sqlalchemy as sa

from gatepost.ledger.columns import Id as Id
from gatepost.ledger.columns import Instant as Instant
from gatepost.ledger.columns import Json
from gatepost.ledger.columns import metadata as metadata
from gatepost.ledger.erp_tables import erp_readings as erp_readings
from gatepost.ledger.erp_tables import erp_records as erp_records

# --- the ledger of messages --------------------------------------------------------------------

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
)  # fmt: skip

answers = sa.Table(
    "answers",  # what came of a request whose caller waits for it; swept after a day
    metadata,
    sa.Column("message_id", Id, primary_key=True),
    sa.Column("item_id", Id),
    sa.Column("outcome", sa.Text, nullable=False),  # done | unchanged | a refusal's code
    sa.Column("problems", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

# --- items -------------------------------------------------------------------------------------

items = sa.Table(
    "items",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("project", sa.Text),
    sa.Column("parent", sa.Text),
    sa.Column("parent_id", Id),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_by_name", sa.Text, nullable=False),
    sa.Column("sent_by", sa.Text, nullable=False),
    sa.Column("sent_by_name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("total", sa.Text),
    sa.Column("currency", sa.Text),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("decision", sa.Text),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_by_name", sa.Text, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Column("decided_revision", sa.Integer),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("reason_code", sa.Text, nullable=False),
    sa.Column("entries", Json, nullable=False),
    sa.Column("first_approval", Json),
    sa.Column("preview_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("export_id", Id),
    sa.Column("waits_for", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("unsettled", sa.Boolean, nullable=False),
    sa.Column("cause_key", sa.Text),
    sa.Column("cause", Json),
    sa.Column("origin_id", sa.Text),
    sa.Column("origin", Json),
    sa.Column("synced_revision", sa.Integer),
    sa.Column("archived_from", sa.Text),
    sa.Column("rejection", Json),  # the reject that a resend answers, until it is in the ERP
    sa.Column("drift", Json),
    sa.Index("ix_items_origin_id", "company", "kind", "origin_id",
             sqlite_where=sa.text("origin_id is not null"),
             postgresql_where=sa.text("origin_id is not null")),
    # The list it stands on, else its state: computed by the database, so it is never out of step.
    sa.Column("place", sa.Text, sa.Computed(
        "case when state not in ('sent', 'exporting', 'failed') then state "
        "when state = 'failed' then 'failed_to_export' "
        "when origin_id is null then 'ready_to_export' else 'ready_to_update' end", persisted=True)),
    sa.Index("ix_items_list", "company", "place", "kind", sa.text("created_at desc"),
             sa.text("id desc")),
    sa.Index("ix_items_project", "company", "project", sa.text("created_at desc"),
             sa.text("id desc")),
    sa.Index("ix_items_parent_id", "parent_id", sqlite_where=sa.text("waits_for <> ''"),
             postgresql_where=sa.text("waits_for <> ''")),
    sa.Index("ix_items_change_orders", "parent_id", sqlite_where=sa.text("kind = 'change_order'"),
             postgresql_where=sa.text("kind = 'change_order'")),
)  # fmt: skip

list_counts = sa.Table(
    "list_counts",  # how many stand on each list, but for the changes that are not folded in yet
    metadata,
    sa.Column("company", sa.Text, primary_key=True),
    sa.Column("list", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("how_many", sa.Integer, nullable=False),
)

list_changes = sa.Table(
    "list_changes",  # only ever inserted, so that no two transactions wait for a counter
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("list", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("how_many", sa.Integer, nullable=False),  # that came; negative: that went
)

revisions = sa.Table(
    "revisions",  # what the source sent, revision by revision; never overwritten
    metadata,
    sa.Column("item_id", Id, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("header", Json),  # what accounting sees besides the content; null of the oldest ones
    sa.Column("content", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
    # What it is found by. On SQLite a trigger copies it into the full-text table revision_words.
    sa.Column("words", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_revisions_words", sa.text("array_to_tsvector(string_to_array(words, ' '))"),
             postgresql_using="gin").ddl_if(dialect="postgresql"),
)  # fmt: skip

received_events = sa.Table(
    "received_events",  # one row an event: the same (source, id) twice is once
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("item_id", Id),
    sa.Column("at", Instant, nullable=False),
)

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

quarantine = sa.Table(
    "quarantine",  # what could not be taken, with its raw bytes and the reason; can be replayed
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("problems", Json, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # base64: it may be anything
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("headers", Json, nullable=False),
    sa.Column("publisher", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("replayed_at", Instant),
    # Of the event: what is refused again and again is kept once, until it is replayed.
    sa.Column("fingerprint", sa.Text),
    sa.Index("ix_quarantine_fingerprint", "fingerprint", unique=True,
             sqlite_where=sa.text("replayed_at is null"),
             postgresql_where=sa.text("replayed_at is null")),
)  # fmt: skip

# --- export ------------------------------------------------------------------------------------

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

# --- mail --------------------------------------------------------------------------------------

mails = sa.Table(
    "mails",  # every mail written, sent, held back or merged is a row with the reason
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("item_id", Id),
    sa.Column("revision", sa.Integer),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("recipient_name", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("merged_into", Id),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Index("ix_mails_item_id", "item_id", "id"),
    sa.Index("ix_mails_list", "company", sa.text("created_at desc"), sa.text("id desc")),
    sa.Index("ix_mails_waiting", "recipient", "company", sqlite_where=sa.text("status = 'waiting'"),
             postgresql_where=sa.text("status = 'waiting'")),
)  # fmt: skip

summaries = sa.Table(
    "summaries",  # one row for each who gets the daily summary: the next one they are due
    metadata,
    sa.Column("id", Id, primary_key=True),  # of company and email
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),  # the first local day that has not had its summary
    # The request that names this moment is the one that counts; any other is outdated.
    sa.Column("due_at", Instant, nullable=False),
    sa.Index("ix_summaries_company", "company"),
)

# --- directory ---------------------------------------------------------------------------------

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
