"""Items, what their sources sent, and how many stand on which list."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, Json, metadata

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
    # The list it stands on, else its state: computed by the database, so it is never out of step.
    sa.Column("place", sa.Text, sa.Computed(
        "case when state not in ('sent', 'exporting', 'failed') then state "
        "when state = 'failed' then 'failed_to_export' "
        "when origin_id is null then 'ready_to_export' else 'ready_to_update' end", persisted=True)),
    sa.Index("ix_items_list", "company", "place", "kind", sa.text("created_at desc"),
             sa.text("id desc")),
    sa.Index("ix_items_project", "company", "project", sa.text("created_at desc"),
             sa.text("id desc")),
    sa.Index("ix_items_origin_id", "company", "kind", "origin_id",
             sqlite_where=sa.text("origin_id is not null"),
             postgresql_where=sa.text("origin_id is not null")),
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
    sa.Column("company", sa.Text),  # that it names; null where none can be read
    sa.Column("subject", sa.Text),  # the item it names: company/kind/external_id; null likewise
    sa.Index("ix_quarantine_fingerprint", "fingerprint", unique=True,
             sqlite_where=sa.text("replayed_at is null"),
             postgresql_where=sa.text("replayed_at is null")),
    sa.Index("ix_quarantine_company", "company", "id", sqlite_where=sa.text("replayed_at is null"),
             postgresql_where=sa.text("replayed_at is null")),
)  # fmt: skip
