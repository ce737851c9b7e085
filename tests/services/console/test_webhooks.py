"""Webhooks over HTTP: an administrator's business, the company's own only."""

from collections.abc import Iterator

import httpx
import pytest

from tests.receiver import Receiver
from tests.services.console.conftest import ANN, BO, House

URL = "https://pm.harbor.example/hooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture(autouse=True)
def no_webhooks_left(api: httpx.Client) -> Iterator[None]:
    yield
    for each in api.get("/v1/webhooks").json()["items"]:
        api.delete(f"/v1/webhooks/{each['webhook_id']}")


def test_a_webhook_is_made_shown_and_ended(api: httpx.Client) -> None:
    # When one is made
    made = api.post("/v1/webhooks", json={"url": URL, "events": ["synced", "failed"]})

    # Then its secret is in that answer
    assert made.status_code == 201
    document = made.json()
    assert document["secret"].startswith("whsec_")
    assert document["events"] == ["gatepost.item.failed.v1", "gatepost.item.synced.v1"]

    # And in no other
    shown = api.get("/v1/webhooks")
    (one,) = shown.json()["items"]
    assert one == {name: each for name, each in document.items() if name != "secret"}

    # When it is ended it is gone, and cannot be ended twice
    path = f"/v1/webhooks/{document['webhook_id']}"
    assert api.delete(path).status_code == 204
    assert api.delete(path).status_code == 404
    assert api.get("/v1/webhooks").json()["items"] == []


def test_what_cannot_be_is_refused_with_every_reason(api: httpx.Client) -> None:
    refused = api.post("/v1/webhooks", json={"url": "https://u:p@10.0.0.1/#x"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "not_subscribable"
    assert {each["rule"] for each in refused.json()["errors"]} == {
        "credentials",
        "fragment",
        "address",
    }
    unknown = api.post("/v1/webhooks", json={"url": URL, "events": ["sinked"]})
    assert unknown.status_code == 422
    assert "there is no event sinked" in unknown.json()["detail"]


@pytest.mark.parametrize(
    ("token", "acting", "status"),
    [
        (None, None, 401),
        ("items:read", None, 403),
        ("exports:operate", None, 403),
        ("admin", None, 200),
        ("admin", BO, 200),  # an Admin of the ERP tool
        ("admin", ANN, 403),  # may push to accounting, but has the level Standard
    ],
)
def test_it_takes_an_administrator(
    house: House, token: str | None, acting: str | None, status: int
) -> None:
    with house.client(token, acting=acting) as client:
        assert client.get("/v1/webhooks").status_code == status


def test_the_token_s_company_has_its_own_only(house: House, api: httpx.Client) -> None:
    made = api.post("/v1/webhooks", json={"url": URL}).json()
    path = f"/v1/webhooks/{made['webhook_id']}"
    with house.client("acme") as stranger:
        assert stranger.get("/v1/webhooks").json()["items"] == []
        assert stranger.delete(path).status_code == 404
        assert stranger.post(f"{path}/test").status_code == 404
        assert stranger.post(f"{path}/renew").status_code == 404
        assert stranger.get(f"{path}/deliveries").status_code == 404


def test_a_test_is_left_and_shown_among_the_deliveries(api: httpx.Client) -> None:
    made = api.post("/v1/webhooks", json={"url": URL}).json()
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert api.post(f"{path}/test").status_code == 202
    (delivery,) = api.get(f"{path}/deliveries").json()["items"]
    assert delivery["type"] == "gatepost.webhook.test.v1"
    assert delivery["status"] == "waiting"  # no notifier runs here
    assert api.get(f"{path}/deliveries?status=failed").json()["items"] == []


def test_a_replay_says_which_events(api: httpx.Client) -> None:
    made = api.post("/v1/webhooks", json={"url": URL}).json()
    path = f"/v1/webhooks/{made['webhook_id']}/replay"
    assert api.post(path, json={}).status_code == 422
    assert api.post(path, json={"since": "2026-11-20T09:30:00"}).status_code == 422  # no zone
    since = api.post(path, json={"since": "2026-11-20T09:30:00Z"})
    assert (since.status_code, since.json()["count"]) == (202, 0)


def test_a_secret_can_be_renewed_and_a_webhook_enabled(api: httpx.Client) -> None:
    made = api.post("/v1/webhooks", json={"url": URL}).json()
    path = f"/v1/webhooks/{made['webhook_id']}"
    renewed = api.post(f"{path}/renew").json()
    assert renewed["secret"].startswith("whsec_")
    assert renewed["secret"] != made["secret"]
    assert api.post(f"{path}/enable").json()["state"] == "ok"
