"""Objecting: what stands against writing an item by now: in a preview, at its acceptance, at its export.

One answer for all three, so what a preview lists is what an acceptance is refused for. That its
parent is not in the ERP yet is no objection: it waits for it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import finalize

from gatepost.connectors.discovery import configure, load_connector, profile_of
from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.port import Connector, ExportItem
from gatepost.domain.errors import FieldProblem, Incomplete, NotSendable
from gatepost.domain.items import Item
from gatepost.domain.kinds import PARENT_KIND, ItemRef, Kind
from gatepost.ledger import entering
from gatepost.ledger.admission import examine_again
from gatepost.ledger.agreements import Agreements
from gatepost.ledger.mapping import export_item
from gatepost.ledger.revisions import Contents
from gatepost.ledger.work import Work


def complete(item: Item, given: Mapping[str, str], work: Work) -> dict[str, str]:
    """All entries of an item once those given are added, where nothing stands against writing it.

    Raises:
        Incomplete: the entries are not as they are asked for.
        NotSendable: it could not be written; every reason, those about its entries, too.

    """
    found = entering.filled(item, given, work)
    of_entries = entering.against(item, found, work)
    of_item = work.kept(Objections).against(item, found)
    if of_item:
        raise NotSendable([*of_entries, *of_item])
    if of_entries:
        raise Incomplete(of_entries)
    return found


def against_writing(
    item: Item,
    exported: ExportItem,
    connector: Connector,
    work: Work,
    agreements: Agreements | None = None,
) -> list[FieldProblem]:
    """What the rules, the profile and the connector find; its entries are looked at elsewhere."""
    found = examine_again(item, exported.content, work, agreements)
    return found or list(connector.validate(exported))


class Objections:
    """The same for whatever is accepted in one transaction: what it takes is read once.

    Args:
        work: the transaction.

    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._agreements = Agreements(work)
        self._connectors: dict[str, Connector | None] = {}
        self._read: set[ItemRef] = set()

    def against(self, item: Item, entries: Mapping[str, str]) -> list[FieldProblem]:
        """Everything but the entries themselves.

        Nothing where the connection cannot be used: its exports wait until it is put right.
        """
        connector = self._connector(item.company)
        if connector is None:
            return []
        content: dict[str, Any] = self._work.kept(Contents).of(item)
        self._read_agreements(item)
        exported = export_item(replace(item, entries=dict(entries)), content, self._work)
        return against_writing(item, exported, connector, self._work, self._agreements)

    def _read_agreements(self, item: Item) -> None:
        """That of an item's commitment, with those of all others that the transaction has in hand."""
        wanted = _commitment_of(item)
        if wanted and wanted not in self._read:
            of_all = map(_commitment_of, self._work.loaded)
            self._read |= {wanted, *(each for each in of_all if each)}
            self._agreements.load(self._read)

    def _connector(self, company: str) -> Connector | None:
        if company not in self._connectors:
            self._connectors[company] = self._equipped(company)
        return self._connectors[company]

    def _equipped(self, company: str) -> Connector | None:
        entry = self._work.directory.connection_of(company)
        if entry is None:
            return None
        try:
            profile_of(entry.connector, entry.profile)
            kind = load_connector(entry.connector)
            connector = kind(configure(kind, entry.options))
        except (ConfigurationError, LookupError):  # not installed here, or not as it should be
            return None
        finalize(self, connector.close)
        return connector


def _commitment_of(item: Item) -> ItemRef | None:
    if PARENT_KIND.get(item.kind) is not Kind.COMMITMENT or not item.parent:
        return None
    return ItemRef(item.company, Kind.COMMITMENT, item.parent)
