"""The tables. Times are the database's clock, ids are UUIDv7 (RFC 9562) unless they are names."""

from gatepost.ledger.tables.columns import Id, Instant, Json, metadata
from gatepost.ledger.tables.directory import (
    companies,
    connections,
    directory_state,
    heartbeats,
    tokens,
)
from gatepost.ledger.tables.erp import erp_lists, erp_readings, erp_records
from gatepost.ledger.tables.exports import export_attempts
from gatepost.ledger.tables.history import history, history_seals, history_unsealed
from gatepost.ledger.tables.items import (
    items,
    list_changes,
    list_counts,
    quarantine,
    received_events,
    revisions,
)
from gatepost.ledger.tables.notifications import mails, summaries, webhook_deliveries, webhooks
from gatepost.ledger.tables.sessions import (
    decision_links,
    oidc_sign_ins,
    sessions,
    sign_ins,
)
from gatepost.ledger.tables.work import answers, group_retries, idempotency_keys, messages

__all__ = [
    "Id",
    "Instant",
    "Json",
    "answers",
    "companies",
    "connections",
    "decision_links",
    "directory_state",
    "erp_lists",
    "erp_readings",
    "erp_records",
    "export_attempts",
    "group_retries",
    "heartbeats",
    "history",
    "history_seals",
    "history_unsealed",
    "idempotency_keys",
    "items",
    "list_changes",
    "list_counts",
    "mails",
    "messages",
    "metadata",
    "oidc_sign_ins",
    "quarantine",
    "received_events",
    "revisions",
    "sessions",
    "sign_ins",
    "summaries",
    "tokens",
    "webhook_deliveries",
    "webhooks",
]
