"""Who is calling: tokens, scopes, companies, people."""

from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa

from gatepost.ledger import tables, tokens
from gatepost.ledger.tokens import Scope

from .conftest import CARLA, RITA, UMA, House, Source

ID = "00000000-0000-0000-0000-000000000000"

ROUTES = [
    ("POST", "/v1/events", {"items:send"}),
    ("POST", "/v1/events/check", {"items:send"}),
    ("GET", "/v1/lists", {"items:read"}),
    ("GET", "/v1/items", {"items:read"}),
    ("GET", f"/v1/items/{ID}", {"items:read"}),
    ("GET", f"/v1/items/{ID}/badge.svg", {"items:read"}),
    ("GET", f"/v1/items/{ID}/preview", {"items:read"}),
    ("POST", f"/v1/items/{ID}/preview", {"items:read"}),
    ("POST", f"/v1/items/{ID}/accept", {"items:decide"}),
    ("POST", f"/v1/items/{ID}/reject", {"items:decide"}),
    ("POST", f"/v1/items/{ID}/take-back", {"items:decide"}),
    ("POST", f"/v1/items/{ID}/retry", {"items:decide", "exports:operate"}),
    ("POST", f"/v1/items/{ID}/retrieve", {"items:send"}),
    ("POST", f"/v1/items/{ID}/unlink", {"items:decide"}),
    ("POST", f"/v1/items/{ID}/archive", {"items:decide"}),
    ("POST", f"/v1/items/{ID}/unarchive", {"items:decide"}),
    ("GET", "/v1/erp-records", {"items:read"}),
    ("GET", f"/v1/erp-records/{ID}", {"items:read"}),
    ("POST", f"/v1/erp-records/{ID}/import", {"items:decide"}),
    ("POST", f"/v1/erp-records/{ID}/link", {"items:decide"}),
    ("POST", f"/v1/erp-records/{ID}/archive", {"items:decide"}),
    ("POST", f"/v1/erp-records/{ID}/unarchive", {"items:decide"}),
    ("POST", "/v1/decisions", {scope.value for scope in Scope}),
    ("POST", "/v1/decisions/matching", {scope.value for scope in Scope}),
    ("GET", "/v1/failed", {"items:read"}),
    ("POST", "/v1/failed/x/retry", {"items:decide", "exports:operate"}),
    ("GET", "/v1/retries", {"items:read"}),
    ("POST", f"/v1/retries/{ID}/stop", {"items:decide", "exports:operate"}),
    ("GET", "/v1/mails", {"items:read"}),
    ("GET", "/v1/mails/m", {"items:read"}),
    ("GET", "/v1/connections", {"items:read"}),
    ("GET", "/v1/connections/books/options", {"items:read", "items:decide"}),
    ("POST", "/v1/connections/books/pause", {"exports:operate"}),
    ("POST", "/v1/connections/books/resume", {"exports:operate"}),
    ("POST", "/v1/connections/books/check", {"exports:operate"}),
    ("POST", "/v1/connections/books/refresh", {"items:decide", "exports:operate"}),
    ("POST", "/v1/connections/books/sync", {"items:decide", "exports:operate"}),
    ("GET", "/v1/webhooks", {"admin"}),
    ("POST", "/v1/webhooks", {"admin"}),
    ("DELETE", "/v1/webhooks/w", {"admin"}),
    ("GET", "/v1/webhooks/w/deliveries", {"admin"}),
    *(
        ("POST", f"/v1/webhooks/w/{verb}", {"admin"})
        for verb in ("test", "renew", "enable", "replay")
    ),
]
BODY = {
    "revision": 1,
    "id": "1",
    "source": "s",
    "type": "gatepost.item.sent.v1",
    "data": {"company": "harbor"},
}


def _call(client: httpx.Client, method: str, path: str) -> httpx.Response:
    return client.request(method, path, json=BODY if method == "POST" else None)


# A connector's close() leaves its thread's line to the ERP to the garbage collector.
@pytest.mark.filterwarnings(
    r"ignore:.*<socket\.socket:pytest.PytestUnraisableExceptionWarning",
    "ignore:unclosed:ResourceWarning",
)
@pytest.mark.parametrize(("method", "path", "scopes"), ROUTES)
def test_every_route_asks_for_a_token_and_for_its_scope(
    house: House, method: str, path: str, scopes: set[str]
) -> None:
    with house.client(None) as nobody:
        answer = _call(nobody, method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    for scope in Scope:
        with house.client(scope.value) as client:
            answer = _call(client, method, path)
        refused = answer.status_code == 403 and answer.json()["code"] == "scope_missing"
        assert refused == (scope is not Scope.ADMIN and scope.value not in scopes), scope
        if refused:
            assert any(wanted in answer.json()["detail"] for wanted in scopes)


def test_all_routes_are_in_the_table(api: httpx.Client) -> None:
    known = {(method, path.replace(ID, "{id}")) for method, path, _ in ROUTES}
    paths = api.get("/openapi.json").json()["paths"]
    described = {
        (
            method.upper(),
            path.replace("{key}", "books")
            .replace("{cause}", "x")
            .replace("{mail_id}", "m")
            .replace("{webhook_id}", "w")
            .replace("{item_id}", "{id}")
            .replace("{record_id}", "{id}")
            .replace("{retry_id}", "{id}"),
        )
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/v1")
    }
    assert described == known


@pytest.mark.parametrize(
    "credentials",
    ["Bearer gp_wrong", "Bearer wrong", "Basic YTpi", "Bearer", "gp_wrong", "Bearer gp_é"],
)
def test_a_token_that_is_none(house: House, credentials: str) -> None:
    headers = [(b"Authorization", credentials.encode())]
    answer = httpx.get(house.url + "/v1/lists", headers=headers)
    assert answer.status_code == 401
    assert "wrong" not in answer.text


def test_a_revoked_token_ends_at_once(house: House) -> None:
    secret = tokens.create(house.ledger, "harbor", "short-lived", [Scope.ITEMS_READ])
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(house.url + "/v1/lists", headers=headers).status_code == 200
    token = tokens.verify(house.ledger, secret)
    assert token is not None
    assert token.scopes == {Scope.ITEMS_READ}
    tokens.revoke(house.ledger, token.id)
    tokens.revoke(house.ledger, token.id)  # it stays revoked
    assert httpx.get(house.url + "/v1/lists", headers=headers).status_code == 401
    assert [each.name for each in tokens.listed(house.ledger, "harbor")].count("short-lived") == 1


def test_a_token_is_for_a_company_there_is(house: House) -> None:
    from gatepost.domain.errors import NotFound

    with pytest.raises(NotFound):
        tokens.create(house.ledger, "nobody", "x", [Scope.ADMIN])
    with pytest.raises(NotFound):
        tokens.revoke(house.ledger, "nothing")


def test_a_token_without_a_name_is_called_by_its_id(house: House) -> None:
    secret = tokens.create(house.ledger, "harbor", "", [Scope.ITEMS_SEND, Scope.ITEMS_READ])
    token = tokens.verify(house.ledger, secret)
    assert token is not None
    answer = httpx.post(
        house.url + "/v1/connections/books/pause", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.json()["detail"] == (
        f"the token {token.id} (items:read items:send) lacks the scope exports:operate"
    )


def test_no_secret_is_kept(house: House) -> None:
    secret = house.secrets["admin"]
    assert secret.startswith("gp_")
    with house.ledger.work() as work:
        assert secret not in str(work.rows(tables.tokens, sa.true()))


def test_another_companys_items_are_not_there(house: House, source: Source) -> None:
    item_id = source.sent()
    with house.client("acme", acting="ann@acme.example") as acme:
        for path in ("", "/badge.svg", "/preview"):
            assert acme.get(f"/v1/items/{item_id}{path}").status_code == 404
        for action in ("accept", "reject", "retrieve", "retry", "take-back"):
            body = {"revision": 1} if action in ("accept", "reject") else {}
            assert acme.post(f"/v1/items/{item_id}/{action}", json=body).status_code == 404
        decision = {"item_id": item_id, "action": "accept", "revision": 1}
        outcomes = acme.post("/v1/decisions", json={"decisions": [decision]}).json()["outcomes"]
        assert outcomes[0]["status"] == 404
        assert acme.get("/v1/items").json()["items"] == []
        assert acme.get("/v1/connections").json()["connections"] == []
        assert acme.get("/v1/failed").json()["causes"] == []
        for path in ("/v1/lists", "/v1/items", "/v1/failed", "/v1/connections"):
            assert acme.get(path, params={"company": "harbor"}).status_code == 404
        assert sum(acme.get("/v1/lists").json()["totals"].values()) == 0
    assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"


def test_a_person_of_another_company_is_nobody_here(house: House) -> None:
    with house.client(acting="ann@acme.example") as client:
        answer = client.get("/v1/lists")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "Gatepost-As")


def test_a_person_without_the_tool_sees_only_what_is_theirs(house: House, source: Source) -> None:
    theirs = source.sent()
    others = source.sent(
        created_by={"email": "x@harbor.example"}, sent_by={"email": "y@harbor.example"}
    )
    for person in (CARLA, UMA):
        with house.client(acting=person) as client:
            assert client.get(f"/v1/items/{theirs}").status_code == 200
            for path in (f"/v1/items/{others}", "/v1/items", "/v1/lists", "/v1/failed"):
                answer = client.get(path)
                assert (answer.status_code, answer.json()["code"]) == (403, "not_entitled")
    with house.client(acting=RITA.upper()) as rita:
        assert rita.get(f"/v1/items/{others}").json()["total"]
