"""Admitting: what waits to be taken counts already, so its sender learns at once what is against it."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from gatepost.domain.errors import Conflict, Refusal, StaleRevision
from gatepost.ledger.tokens import Scope, Token
from gatepost.messages.cloud_events import read
from gatepost.messages.requests import Receive
from gatepost_console.admitting import admit
from gatepost_console.signin import Caller
from tests.services.desk import Desk, data, desk, empty_ledger

__all__ = ["desk", "empty_ledger"]

TOKEN = Token("1", "acme", "pm", frozenset({Scope.ITEMS_SEND}), datetime(2026, 11, 20, tzinfo=UTC))


def _document(desk: Desk, **changes: Any) -> bytes:
    return desk.incoming(data(**changes)).body


def _announced(desk: Desk, **changes: Any) -> None:
    """An event stands in the ledger, and the intake has not come to it."""
    body = _document(desk, **changes)
    item_id = _admitted(desk, body)
    with desk.ledger.work() as work:
        work.send(Receive(item_id=item_id, body=body.decode(), registered=True))


def _admitted(desk: Desk, body: bytes) -> str:
    with desk.ledger.work() as work:
        caller = Caller(token=TOKEN, company=work.directory.company("acme"))
        ref = admit(read(body), caller, work)
    assert ref is not None
    return ref.item_id


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"revision": 3, "title": "Another"}, Conflict),  # the one that waits has another title
        ({"revision": 2}, StaleRevision),
        ({"revision": 3}, None),  # the same once more
        ({"revision": 4, "title": "Another"}, None),
    ],
)
def test_an_event_right_behind_another_is_held_against_it(
    desk: Desk, stored: bool, changes: dict[str, Any], refusal: type[Refusal] | None
) -> None:
    # Given an item that was sent before or not, of which two revisions wait to be taken
    if stored:
        desk.sends()
    _announced(desk, revision=2)
    _announced(desk, revision=3)
    # When another event of it comes, then what waits counts as if it were taken
    if refusal is None:
        _admitted(desk, _document(desk, **changes))
        return
    with pytest.raises(refusal):
        _admitted(desk, _document(desk, **changes))


def test_what_waits_is_looked_at_and_left_alone(desk: Desk) -> None:
    _announced(desk, revision=2)
    with pytest.raises(Conflict):
        _admitted(desk, _document(desk, revision=2, title="Another"))
    assert not desk.has()
    (waiting,) = desk.waiting("Receive")
    assert orjson.loads(waiting["body"]["body"])["data"]["revision"] == 2
