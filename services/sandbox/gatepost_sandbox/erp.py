"""The ERP's HTTP side: decode, let the books do it, answer."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatepost_sandbox.acting import Stage
from gatepost_sandbox.answers import Json, body_of, problem
from gatepost_sandbox.behaviour import BehaviourSwitch
from gatepost_sandbox.books import Books
from gatepost_sandbox.kinds import BY_PLURAL, Kind
from gatepost_sandbox.refusals import NotReadable, Refused, UnknownKind
from gatepost_sandbox.store import Store

Work = Callable[[], object]

MOST_AT_ONCE: Final = 500  # records in one part of a list
_FILTERS = ("kind", "reference", "mark", "number", "parent")


class Erp:
    """The routes under ``/erp``."""

    def __init__(self, store: Store, books: Books, switch: BehaviourSwitch, stage: Stage) -> None:
        self._store = store
        self._books = books
        self._switch = switch
        self._stage = stage

    def routes(self) -> list[Route]:
        one = "/erp/{plural}/{id}"
        return [
            Route("/erp/behaviour", self.behaviour, methods=["GET"]),
            Route("/erp/behaviour", self.behave, methods=["PUT"]),
            Route("/erp/records", self.records, methods=["GET"]),
            Route("/erp/customers", self.customers, methods=["GET"]),
            Route("/erp/vendors", self.vendors, methods=["GET"]),
            Route("/erp/{plural}", self.enter, methods=["POST"]),
            Route(one, self.record, methods=["GET"]),
            Route(one, self.amend, methods=["PUT"]),
            Route(one, self.remove, methods=["DELETE"]),
        ]

    async def behaviour(self, request: Request) -> Response:
        return Json(self._switch.shows().model_dump(mode="json"))

    async def behave(self, request: Request) -> Response:
        return Json(self._switch.put(await body_of(request)).model_dump(mode="json"))

    async def records(self, request: Request) -> Response:
        where = {name: value for name in _FILTERS if (value := request.query_params.get(name))}
        kind = _known(where["kind"]) if "kind" in where else None
        part = _part_of(request, numbered=True)
        if part:
            return await self._read(kind, lambda: _page("records", self._books.page(where, **part)))
        return await self._read(kind, lambda: {"records": self._books.records(**where)})

    async def customers(self, request: Request) -> Response:
        return await self._parties("customer", request)

    async def vendors(self, request: Request) -> Response:
        return await self._parties("vendor", request)

    async def _parties(self, role: str, request: Request) -> Response:
        part = _part_of(request)
        return await self._read(
            None, lambda: _page(f"{role}s", self._books.parties(role, **part), part)
        )

    async def record(self, request: Request) -> Response:
        kind, record_id = _addressed(request)
        return await self._read(kind, partial(self._books.record, kind, record_id))

    async def enter(self, request: Request) -> Response:
        kind, body = _kind_of(request), await body_of(request)
        behaviour = self._switch.met_by(kind, writing=True)
        asked = behaviour.honour_idempotency_key
        key = request.headers.get("idempotency-key") if asked else None
        work = partial(self._books.enter, kind, body, key)
        return await self._stage.act(behaviour, partial(self._done, 201, work))

    async def amend(self, request: Request) -> Response:
        (kind, record_id), body = _addressed(request), await body_of(request)
        behaviour = self._switch.met_by(kind, writing=True)
        work = partial(self._books.amend, kind, record_id, body)
        return await self._stage.act(behaviour, partial(self._done, 200, work))

    async def remove(self, request: Request) -> Response:
        """A bookkeeper's hand, not a client's: no behaviour stands in its way."""
        await self._store.aside(self._books.remove, *_addressed(request))
        return Response(status_code=204)

    async def _read(self, kind: Kind | None, work: Work) -> Response:
        behaviour = self._switch.met_by(kind, writing=False)
        return await self._stage.act(behaviour, partial(self._done, 200, work))

    async def _done(self, status: int, work: Work) -> Response:
        """The work's result, or its refusal, as an answer: a behaviour may hide either."""
        try:
            return Json(await self._store.aside(work), status)
        except Refused as refused:
            return problem(refused.status, refused.code, refused.detail)


def _part_of(request: Request, *, numbered: bool = False) -> dict[str, Any]:
    """Which part of a list is asked for: ``limit``, ``cursor``, ``q``; nothing when it is all of it."""
    asked = request.query_params
    cursor, limit = asked.get("cursor", ""), asked.get("limit", "")
    if not (cursor or limit or asked.get("q")):
        return {}
    if (limit and not limit.isdecimal()) or (numbered and cursor and not cursor.isdecimal()):
        raise NotReadable("limit must be a number, and cursor one that a list gave")
    part: dict[str, Any] = {
        "limit": min(int(limit or MOST_AT_ONCE) or 1, MOST_AT_ONCE),
        "having": asked.get("q", ""),
    }
    return {**part, "after": cursor} if cursor else part


def _page(name: str, page: tuple[Sequence[object], str | None], part: object = True) -> object:
    """A list as an answer; where the next part begins is told to whoever asked for a part."""
    found, cursor = page
    return {name: found, "next_cursor": cursor} if part else {name: found}


def _known(kind: str) -> Kind:
    if kind not in list(Kind):
        raise UnknownKind(f"the ERP keeps no {kind!r}; it keeps {', '.join(Kind)}")
    return Kind(kind)


def _kind_of(request: Request) -> Kind:
    plural = request.path_params["plural"]
    if plural not in BY_PLURAL:
        raise UnknownKind(f"the ERP keeps no {plural!r}; it keeps {', '.join(BY_PLURAL)}")
    return BY_PLURAL[plural]


def _addressed(request: Request) -> tuple[Kind, str]:
    return _kind_of(request), request.path_params["id"]
