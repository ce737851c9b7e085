"""Refusals as a journey waits for them, and the quarantine as it looks into it."""

import base64
import json
from collections.abc import Callable

import sqlalchemy as sa

from gatepost.ledger import tables
from tests.journeys.company import (
    Event,
)
from tests.journeys.gate import Gate


def refusal(gate: Gate, is_it: Callable[[Event], bool], *, since: int = 0) -> Event:
    """Wait for the refusal that is meant."""

    def found() -> list[Event]:
        return [
            each["data"]
            for each in gate.stack.facts[since:]
            if each["type"] == "gatepost.item.refused.v1" and is_it(each["data"])
        ]

    gate.eventually(found, "it is refused")
    [told] = found()
    return told


def kept(gate: Gate, body: bytes) -> sa.RowMapping:
    """The one row in quarantine that has these very bytes."""

    def rows() -> list[sa.RowMapping]:
        with gate.stack.ledger.database.reading() as connection:
            found = connection.execute(sa.select(tables.quarantine)).mappings().all()
        return [row for row in found if same(base64.b64decode(row["body"]), body)]

    gate.eventually(rows, "it is kept in quarantine")
    [row] = rows()
    return row


def same(one: bytes, other: bytes) -> bool:
    """Whether they are the same bytes, or the same document: embedded, events come as documents."""
    try:
        return one == other or bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
