"""Previewing: the record an item would become, made by the very mapper that the exporter uses.

Nothing is sent: a connector's ``preview`` and ``validate`` are pure, and no ERP is called here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gatepost.connectors.discovery import configure, load_connector
from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.errors import StaleDecision
from gatepost.domain.items import Item
from gatepost.ledger import entering
from gatepost.ledger.directory import ConnectionEntry
from gatepost.ledger.mapping import export_item, preview_hash, request_hash
from gatepost.ledger.objecting import against_writing
from gatepost.ledger.revisions import contents_of
from gatepost.ledger.work import Work


def preview(item: Item, entries: Mapping[str, str], work: Work) -> dict[str, Any]:
    """The record with these entries, its hashes, and all that stands against writing it by now.

    ``request_hash`` is what stands with the attempts, ``preview_hash`` what an acceptance can name.

    Raises:
        ConfigurationError: the company has no connection, or one that does not fit.

    """
    entry = work.directory.connection_of(item.company)
    if entry is None:
        raise ConfigurationError("the company has no ERP connection")
    kind = load_connector(entry.connector)
    connector = kind(configure(kind, entry.options))
    try:
        content = contents_of([item], work)[item.id]
        filled = entering.filled(item, entries, work)
        exported = export_item(replace(item, entries=filled), content, work)
        record = connector.preview(exported)
        shown = preview_hash(connector, exported)
        problems = entering.against(item, filled, work)
        problems += against_writing(item, exported, connector, work)
    finally:
        connector.close()
    return {
        "item_id": item.id,
        "revision": item.revision,
        "connection": _named(entry),
        "writes": "update" if item.origin else "create",
        "record": record,
        "request_hash": request_hash(record),
        "preview_hash": shown,
        "errors": problems,
    }


def must_be_as_shown(item: Item, entries: Mapping[str, str], shown: str, work: Work) -> None:
    """Pass, or refuse to accept a record that would not be the one that was looked at.

    Raises:
        StaleDecision: something it is made from has changed since.
        ConfigurationError: see :func:`preview`.

    """
    if preview(item, entries, work)["preview_hash"] != shown:
        raise StaleDecision.because(
            "the record would not be the one that was shown: something it is made from has changed",
            field="preview_hash",
            who_can_fix="the approver: look at the preview again and decide anew",
        )


def _named(entry: ConnectionEntry) -> dict[str, str]:
    return {"key": entry.key, "connector": entry.connector}
