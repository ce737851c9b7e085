"""Mails, daily summaries, webhooks and what they were told."""

import sqlalchemy as sa

from gatepost.ledger.tables.columns import Id, Instant, Json, metadata

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

webhooks = sa.Table(
    "webhooks",  # who is told of a company's events; the secrets are derived, none is kept
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("company", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", Json, nullable=False),  # types; none = all
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),  # of the secret: another key gives another
    sa.Column("old_salt", sa.Text),  # signs besides, for a day after the secret was renewed
    sa.Column("old_until", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("disabled_at", Instant),
    sa.Column("disabled_because", sa.Text, nullable=False),
    # The breaker: open while the endpoint does not answer.
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("open_until", Instant),
    sa.Index("ix_webhooks_company", "company"),
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",  # a row for each event and webhook; swept a month after it was left
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("webhook_id", Id, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("item_id", Id),
    sa.Column("body", sa.Text, nullable=False),  # as it is signed: the same bytes at every try
    sa.Column("status", sa.Text, nullable=False),  # waiting | delivered | failed | dropped
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("response_code", sa.Integer),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),  # last: replaying asks again
    sa.Column("finished_at", Instant),
    sa.Index("ix_webhook_deliveries_webhook_id", "webhook_id", "id"),
)
