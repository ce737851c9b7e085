"""The books of the ERP stub: what was posted, under which mark, and what it answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson

PREFIXES: Final = {
    "projects": "JOB",
    "sub_jobs": "SUB",
    "commitments": "PO",
    "change_orders": "CO",
    "invoices": "BILL",
}


class Request(NamedTuple):
    """One HTTP request, as far as an ERP stub cares."""

    method: bytes
    target: str
    body: bytes


class Answer(NamedTuple):
    """What goes back: a status and a JSON value."""

    status: int
    value: Any


@dataclass(slots=True)
class Books:
    """The records this ERP holds."""

    posts: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)
    marks: Counter[str] = field(default_factory=Counter)

    def answer(self, request: Request) -> Answer:
        url = urlsplit(request.target)
        rooms = url.path.strip("/").split("/")
        match request.method, rooms:
            case b"POST", ["erp", kinds] if kinds in PREFIXES:
                return self.book(kinds, request.body)
            case b"GET", ["stats"]:
                return Answer(200, self.stats())
            case b"GET", ["erp", "records"]:
                return Answer(200, {"records": self.found(dict(parse_qsl(url.query)))})
            case b"GET", ["erp", "customers" | "vendors"]:
                return Answer(200, {"records": []})
        return Answer(404, {"error": f"nothing at {request.target}"})

    def book(self, kinds: str, body: bytes) -> Answer:
        try:
            record = orjson.loads(body)
        except orjson.JSONDecodeError:
            return Answer(400, {"error": "not JSON"})
        self.posts += 1
        number = f"{PREFIXES[kinds]}-{self.posts}"
        record |= {"id": number, "kind": kinds.removesuffix("s")}
        self.records.append(record)
        if mark := record.get("mark"):
            self.marks[mark] += 1
        lines = [
            {
                "external_id": line.get("external_id") or line.get("commitment_line"),
                "id": f"{number}/{place}",
            }
            for place, line in enumerate(record.get("lines", ()), start=1)
        ]
        named = record.get("number")
        return Answer(201, {"id": number, "number": named, "version": 1, "lines": lines})

    def found(self, wanted: dict[str, str]) -> list[dict[str, Any]]:
        return [
            record
            for record in self.records
            if all(record.get(name) == value for name, value in wanted.items())
        ]

    def stats(self) -> dict[str, int]:
        doubled = sum(1 for times in self.marks.values() if times > 1)
        return {"posts": self.posts, "marks": len(self.marks), "doubled": doubled}
