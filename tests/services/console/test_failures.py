"""What failed, by cause, and retrying all that failed for one."""

from __future__ import annotations

import httpx
import pytest

from gatepost_sandbox.behaviour import Behaviour, Mode

from .conftest import OMAR, RITA, House, Source


@pytest.fixture
def failed(
    source: Source, house: House, ann: httpx.Client, request: pytest.FixtureRequest
) -> list[str]:
    """Two items that failed for a cause no other test has."""
    code = f"no_{abs(hash(request.node.name)) % 10_000}/x"
    house.sandbox.switch.turn(
        Behaviour(mode=Mode.REFUSE, code=code, message="There is no such account.")
    )
    ids = [source.sent(), source.sent()]
    for item_id in ids:
        ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    for item_id in ids:
        source.becomes(item_id, "failed")
    house.sandbox.switch.turn(Behaviour())
    return ids


def _group(api: httpx.Client, source: Source, item_id: str) -> dict[str, object]:
    key = api.get(f"/v1/items/{item_id}").json()["cause"]["key"]
    groups = api.get("/v1/failed", params={"by": "cause"}).json()["causes"]
    found: dict[str, object] = next(group for group in groups if group["key"] == key)
    return found


def test_failures_alike_are_one_group_and_retried_together(
    failed: list[str], source: Source, api: httpx.Client, house: House
) -> None:
    group = _group(api, source, failed[0])
    assert (group["count"], group["message"]) == (2, "There is no such account.")
    assert group["who_can_fix"]
    assert group["class"] == "ValidationFailed"
    with house.client(acting=RITA) as rita:
        refused = rita.post(f"/v1/failed/{group['key']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_entitled")
    [reason] = refused.json()["errors"]
    assert reason["message"].endswith("lacks the level Standard or Admin on the ERP tool")
    assert "can grant it" in reason["who_can_fix"]
    with house.client("exports:operate", acting=OMAR) as omar:
        answer = omar.post(f"/v1/failed/{group['key']}/retry", json={"rate": 60})
    assert answer.status_code == 202
    assert (answer.json()["asked"], answer.json()["seconds"], answer.json()["left"]) == (2, 1.0, [])
    for item_id in failed:
        source.becomes(item_id, "synced")
    gone = api.get("/v1/failed").json()["causes"]
    assert group["key"] not in [each["key"] for each in gone]


def test_a_cause_nothing_failed_for(ann: httpx.Client) -> None:
    answer = ann.post("/v1/failed/Nothing:at_all/retry")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("rate", [0, -1, "60", 6001])
def test_a_rate_that_is_none(ann: httpx.Client, rate: object) -> None:
    assert ann.post("/v1/failed/x/retry", json={"rate": rate}).status_code == 422


def test_a_retry_is_somebodys(api: httpx.Client) -> None:
    assert api.post("/v1/failed/x/retry").status_code == 403
