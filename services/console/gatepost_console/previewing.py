"""Previewing: the record an item would become, made by the very mapper that the exporter uses.

Nothing is sent: a connector's ``preview`` and ``validate`` are pure, and no ERP is called here.
"""

from typing import Any

import sqlalchemy as sa

from gatepost.connectors.discovery import configure, load_connector
from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.items import Item
from gatepost.ledger import tables
from gatepost.ledger.directory import ConnectionEntry
from gatepost.ledger.mapping import export_item, request_hash
from gatepost.ledger.work import Work


def preview(item: Item, work: Work) -> dict[str, Any]:
    """The record, its hash as it stands with the attempts, and what the ERP would refuse.

    Raises:
        ConfigurationError: the company has no connection, or one that does not fit.

    """
    entry = work.directory.connection_of(item.company)
    if entry is None:
        raise ConfigurationError("the company has no ERP connection")
    kind = load_connector(entry.connector)
    connector = kind(configure(kind, entry.options))
    try:
        exported = export_item(item, _content(item, work), work)
        record = connector.preview(exported)
        problems = list(connector.validate(exported))
    finally:
        connector.close()
    return {
        "item_id": item.id,
        "revision": item.revision,
        "connection": _named(entry),
        "writes": "update" if item.origin else "create",
        "record": record,
        "request_hash": request_hash(record),
        "errors": problems,
    }


def _content(item: Item, work: Work) -> dict[str, Any]:
    current = (tables.revisions.c.item_id == item.id) & (
        tables.revisions.c.revision == item.revision
    )
    statement = sa.select(tables.revisions.c.content).where(current)
    content: dict[str, Any] = work.connection.execute(statement).scalar_one()
    return content


def _named(entry: ConnectionEntry) -> dict[str, str]:
    return {"key": entry.key, "connector": entry.connector}
