"""What the kit has to be given: an ERP of the test's own, and the means to make it misbehave."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar

from gatepost.connectors.port import Connector, ExportItem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import PARENT_KIND, Kind
from gatepost.testing.conformance.items import an_item


class ErpUnderTest(ABC):
    """An ERP for one test. What an ERP cannot do gives None, and the kit passes that over."""

    secrets: ClassVar[Sequence[str]] = ()
    """What was given in confidence, and may stand in no log, message or repr."""

    nowhere: ClassVar[str] = "no-such-record"
    """An id the ERP surely has no record of."""

    @abstractmethod
    def connector(self) -> Connector:
        """A connector to this ERP; the same object each time, or another."""

    @abstractmethod
    def count(self, item: ExportItem) -> int:
        """How many records the ERP itself has of an item. Not asked through the connector."""

    @abstractmethod
    def losing_answers(self) -> AbstractContextManager[object]:
        """While it lasts, what is written is written, and the answer never comes."""

    @abstractmethod
    def away(self) -> AbstractContextManager[object]:
        """While it lasts, nothing reaches the ERP."""

    def edit(self, item: ExportItem, origin: Origin) -> bool | None:
        """A bookkeeper changes the item's record behind everybody's back; None: this cannot be."""
        return None

    def copy(self, item: ExportItem, origin: Origin) -> bool | None:
        """Somebody duplicates the item's record in the ERP, the mark and all; None: this cannot be."""
        return None

    def amounts(self, item: ExportItem, origin: Origin) -> Mapping[str, str] | None:
        """The amounts of the record's lines, by their ids. Not asked through the connector."""
        return None

    def short_pages(self) -> AbstractContextManager[object] | None:
        """While it lasts, a page of a list has two records; None: this cannot be arranged."""
        return None

    def badly_configured(self) -> Connector | None:
        """A connector with credentials, or a company, that the ERP refuses."""
        return None

    def vendor(self) -> str | None:
        """The id of a vendor the ERP has."""
        return None

    def entries(self, kind: Kind) -> dict[str, str]:
        """What an approver enters for an item of that kind."""
        return {}

    def item(self, kind: Kind, **changes: Any) -> ExportItem:
        """An item the ERP takes, with its parent written already."""
        vendor = self.vendor() if kind is Kind.COMMITMENT else None
        item = an_item(kind, entries=self.entries(kind), vendor_origin=vendor)
        parent = PARENT_KIND.get(kind)
        if parent in self.connector().profile.kinds and "parent_origin" not in changes:
            above = self.item(parent)
            item = replace(item, parent_origin=self.connector().create(above))
        return replace(item, **changes)
