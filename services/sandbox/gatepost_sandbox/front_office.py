"""The ERP's pages: its books, as a bookkeeper sees them, and the switch that makes it fail."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gatepost_sandbox import front
from gatepost_sandbox.behaviour import Behaviour, BehaviourSwitch, Mode
from gatepost_sandbox.books import Books
from gatepost_sandbox.kinds import Kind
from gatepost_sandbox.store import Store

SHOWN: Final = 100  # records on a page; the JSON has them all
KINDS: Final = {
    Kind.PROJECT: "Projects",
    Kind.SUB_JOB: "Sub jobs",
    Kind.COMMITMENT: "Commitments",
    Kind.CHANGE_ORDER: "Change orders",
    Kind.INVOICE: "Invoices",
}
DELAY: Final = 1.0  # seconds, of what times out: nobody wants to wait for a demo
_APART: Final = frozenset({"lines", "last_line"})


@dataclass(frozen=True, slots=True)
class Position:
    """A position of the switch: what it is called, and what happens to a write."""

    mode: Mode
    name: str
    what: str


POSITIONS: Final = (
    Position(Mode.OK, "Works", "Everything is written and answered."),
    Position(Mode.DOWN, "Down", "It is down for maintenance. Nothing is written."),
    Position(Mode.BUSY, "Busy", "Somebody has the record open. Nothing is written."),
    Position(Mode.REFUSE, "Refuses", "The accounting period is closed. Nothing is written."),
    Position(
        Mode.TIMEOUT_BEFORE, "Times out", "It does not get to it in time. Nothing is written."
    ),
    Position(Mode.TIMEOUT_AFTER, "Loses answers", "It is written, and the answer never comes."),
)


class FrontOffice:
    """The routes of the ERP's pages."""

    def __init__(self, store: Store, books: Books, switch: BehaviourSwitch) -> None:
        self._store = store
        self._books = books
        self._switch = switch

    def routes(self) -> list[Route]:
        return [
            Route("/", self.first, methods=["GET"]),
            Route("/books", self.books, methods=["GET"]),
            Route("/books/{id}", self.record, methods=["GET"]),
            Route("/switch", self.turn, methods=["POST"]),
        ]

    async def first(self, request: Request) -> Response:
        return RedirectResponse("/books", 303)

    async def books(self, request: Request) -> Response:
        """The newest records, of one kind or of all."""
        asked = request.query_params.get("kind", "")
        kind = Kind(asked) if asked in list(Kind) else None
        records, counts = await self._store.aside(self._books.newest, SHOWN, kind)
        facts = {"records": records, "counts": counts, "kind": kind, "kinds": KINDS}
        return front.page("books.html", **facts, **self._stands())

    async def record(self, request: Request) -> Response:
        """A record with everything that was written into it."""
        found = await self._store.aside(self._books.find, request.path_params["id"])
        if found is None:
            raise HTTPException(404, "there is no such record in the books")
        fields = {name: _said(value) for name, value in found.items() if name not in _APART}
        return front.page("record.html", record=found, fields=fields, kinds=KINDS)

    async def turn(self, request: Request) -> Response:
        """Have the ERP behave otherwise, or well again."""
        mode = (await front.form_of(request)).get("mode", "")
        if mode not in [each.mode for each in POSITIONS]:
            raise HTTPException(422, "the switch has no such position")
        self._switch.put({"mode": mode, "delay": DELAY})
        return RedirectResponse("/books", 303)

    def _stands(self) -> dict[str, Any]:
        now: Behaviour = self._switch.shows()
        words = {each.mode: each for each in POSITIONS}
        return {"positions": POSITIONS, "now": now, "stands": words.get(now.mode)}


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(each)}" for name, each in value.items() if each)
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    return "" if value is None else str(value)


def toggled(switch: BehaviourSwitch) -> str:
    """Have an ERP that works refuse, and any other one work again; gives what it does now, in words."""
    failing = switch.shows().mode is Mode.OK
    switch.put({"mode": Mode.REFUSE if failing else Mode.OK})
    return "the ERP refuses what comes: the period is closed" if failing else "the ERP works again"
