"""Changing the directory over HTTP asks for the widest scope: it can make anyone an approver."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from .conftest import ANN, House


def _change(**data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "gatepost.directory.changed.v1",
        "id": str(uuid.uuid4()),
        "source": "https://pm.example/harbor",
        "data": {"company": {"key": "harbor"}, **data},
    }


def test_an_administrators_token_changes_the_directory(house: House) -> None:
    people = house.ledger.directory().company("harbor").people
    event = _change(company={"key": "harbor", "name": "Harbor Builders Ltd"})
    with house.client("admin") as client:
        assert client.post("/v1/events/check", json=event).json()["may_send"] is True
        answer = client.post("/v1/events", json=event)
        assert (answer.status_code, answer.json()["item_id"]) == (202, None)
        assert client.post("/v1/events", json=event).status_code == 200
    house.until(lambda: house.ledger.directory().company("harbor").name == "Harbor Builders Ltd")
    assert house.ledger.directory().company("harbor").people == people


@pytest.mark.parametrize(
    ("token", "acting", "data", "status"),
    [
        # a source's own token, and one that decides
        ("items:send", None, {}, 403),
        ("items:decide", None, {}, 403),
        # another company's
        ("acme", None, {}, 403),
        # an approver who is no Admin of the ERP tool
        ("admin", ANN, {}, 403),
        # a document with mistakes
        ("admin", None, {"people": [{"name": "Eve"}]}, 422),
        ("admin", None, {"connections": []}, 422),
    ],
)
def test_who_may_not_or_is_wrong_is_refused(
    house: House, token: str, acting: str | None, data: dict[str, Any], status: int
) -> None:
    version = house.ledger.directory().version
    with house.client(token, acting=acting) as client:
        answer = client.post("/v1/events", json=_change(**data))
    assert answer.status_code == status, answer.text
    assert house.ledger.directory().version == version
