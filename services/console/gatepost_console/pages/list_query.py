"""What a list is asked for, all of it in its address: which list, which kinds, filters, the page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.domain.wording import zone_of
from gatepost.ledger.listing import ItemFilter
from gatepost.ledger.paging import Order
from gatepost_console.pages.forms import READER
from gatepost_console.problems import single

Choice = TypeVar("Choice", bound=StrEnum)

LONGEST: Final = 300
FILTERS: Final = ("project", "state", "created_by", "sent_by", "since", "until")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list as somebody looks at it; what is None or empty does not matter.

    ``cursor`` leads on from a page, ``before`` back from one. ``records`` asks an archive for the
    ERP's records instead of the items.
    """

    list: WorkList | None = None
    kind: Kind | None = None
    q: str = ""
    project: str = ""
    state: State | None = None
    created_by: str = ""
    sent_by: str = ""
    since: date | None = None
    until: date | None = None
    sort: Order = Order.NEWEST
    cursor: str = ""
    before: str = ""
    records: str = ""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "ListQuery":
        """The query in an address; a form sends its empty fields too.

        Raises:
            Problem: a value is none of those there are.

        """
        given = {
            name: value.strip()[:LONGEST] for name, value in params.items() if "\0" not in value
        }
        return cls(
            list=_choice(WorkList, given, "list"),
            kind=_choice(Kind, given, "kind"),
            state=_choice(State, given, "state"),
            sort=_choice(Order, given, "sort") or Order.NEWEST,
            since=_date(given, "since"),
            until=_date(given, "until"),
            **{name: given.get(name, "") for name in _TEXTS},
        )

    def with_(self, **changes: Any) -> str:
        """The address of the same list with something changed, from its first page."""
        changed = replace(self, **{"cursor": "", "before": "", **changes})
        return changed.address

    @property
    def address(self) -> str:
        return f"/items?{urlencode(self.parameters)}" if self.parameters else "/items"

    @property
    def way_back(self) -> str:
        """What an item's page keeps in its address of the list that led to it."""
        kept = {n: v for n, v in self.parameters.items() if n not in ("cursor", "before")}
        return f"?{urlencode(kept)}" if kept else ""

    @property
    def parameters(self) -> dict[str, str]:
        """What stands in the address; what does not matter is left out."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        usual = {"sort": Order.NEWEST}
        return {
            name: str(value) for name, value in found.items() if value and value != usual.get(name)
        }

    @property
    def unfiltered(self) -> str:
        """The address without filters; what was searched for stays."""
        nothing = {"state": None, "since": None, "until": None}
        return self.with_(project="", created_by="", sent_by="", **nothing)

    @property
    def is_of_records(self) -> bool:
        """Whether it is the ERP's records that are wanted, not items."""
        if self.list is WorkList.ARCHIVED:
            return bool(self.records)
        return self.list is WorkList.READY_TO_IMPORT

    @property
    def filters(self) -> int:
        """How many filters are set, the search not counted."""
        return sum(1 for name in FILTERS if getattr(self, name))

    def item_filter(self, company: str, zone: str) -> ItemFilter:
        """The same for the ledger; days are the reader's own, and ``until`` is in it."""
        return ItemFilter(
            company=company,
            list=self.list,
            kind=self.kind,
            project=self.project or None,
            state=self.state,
            q=self.q,
            created_by=self.created_by or None,
            sent_by=self.sent_by or None,
            since=_begin(self.since, zone),
            until=_begin(self.until and self.until + timedelta(days=1), zone),
        )


_TEXTS: Final = ("q", "project", "created_by", "sent_by", "cursor", "before", "records")


def _choice(known: type[Choice], given: Mapping[str, str], name: str) -> Choice | None:
    value = given.get(name, "")
    if not value:
        return None
    try:
        return known(value)
    except ValueError:
        offered = ", ".join(known)
        raise single(422, "invalid", f"{name} is one of {offered}", READER, at=name) from None


def _date(given: Mapping[str, str], name: str) -> date | None:
    value = given.get(name, "")
    try:
        found = date.fromisoformat(value) if value else None
    except ValueError:
        found = date.min
    if found is not None and not 1970 <= found.year < 9999:
        raise single(422, "invalid", f"{name} is a day, like 2026-11-20", READER, at=name)
    return found


def _begin(day: date | None, zone: str) -> datetime | None:
    """When a day begins for its reader."""
    return datetime.combine(day, time(), zone_of(zone)) if day else None
