"""Every error is a problem document, the framework's own too, under strict headers."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from .conftest import House, Source

TOO_MUCH = 1024 * 1024 + 64 * 1024


def _problem(answer: httpx.Response) -> tuple[int, str]:
    """Its status and code, once it has the shape of every problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"]
    assert document["detail"]
    assert document["errors"][0].keys() == {"field", "rule", "message", "who_can_fix"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    return answer.status_code, document["code"]


@pytest.mark.parametrize("path", ["/v1", "/v1/items/", "/nothing", "/v1/items/a/b/c", "/docs"])
def test_an_address_where_nothing_is(api: httpx.Client, path: str) -> None:
    assert _problem(api.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/items", "GET"),
        ("GET", "/v1/events", "POST"),
        ("PUT", "/v1/webhooks", "GET, POST"),  # two routes at one address
        ("POST", "/livez", "GET"),
    ],
)
def test_a_method_the_address_does_not_know(
    api: httpx.Client, method: str, path: str, allow: str
) -> None:
    answer = api.request(method, path)
    assert _problem(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/v1/events", "/v1/decisions", "/v1/lists", "/nothing"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_body_that_is_too_large(house: House, path: str, signed_in: bool) -> None:
    with house.client("admin" if signed_in else None) as client:
        answer = client.post(path, content=b"x" * TOO_MUCH)
    assert _problem(answer) == (413, "too_large")


def test_a_body_that_is_too_large_and_does_not_say_so(api: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b"x" * 65536 for _ in range(TOO_MUCH // 65536 + 1))

    headers = {"Content-Type": "application/json"}
    for path in ("/v1/events", "/v1/decisions"):
        assert _problem(api.post(path, content=chunks(), headers=headers)) == (413, "too_large")


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "%"])
def test_a_body_of_another_type_than_json(ann: httpx.Client, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    for path in ("/v1/decisions", "/v1/events", "/v1/items/nothing/accept"):
        answer = ann.post(path, content=b'{"decisions": []}', headers=headers)
        assert _problem(answer) == (415, "not_json_type")
        assert answer.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe{}",
        b"[" * 100_000,  # the parser gives up
        b"1" * 100_000,  # a number no machine has
        b'{"decisions": [',
    ],
)
def test_a_body_that_is_no_json(ann: httpx.Client, body: bytes) -> None:
    for path in ("/v1/decisions", "/v1/events", "/v1/events/check"):
        answer = ann.post(path, content=body, headers={"Content-Type": "application/json"})
        if path.endswith("/check") and answer.status_code == 200:  # what can be read is answered
            assert answer.json()["may_send"] is False
            continue
        status, _ = _problem(answer)
        assert status in {400, 422}


def test_a_document_that_is_nested_too_deeply(api: httpx.Client, source: Source) -> None:
    event = source.event()
    event["data"]["content"]["note"] = deep = []  # type: ignore[var-annotated]
    for _ in range(100):
        deep.append(deep := [])
    answer = api.post("/v1/events", json=event)
    assert _problem(answer) == (422, "unintelligible")
    assert "nested deeper than 64" in answer.json()["detail"]


def test_a_decision_that_comes_too_late_is_told_how_the_item_stands(
    ann: httpx.Client, source: Source
) -> None:
    item_id = source.sent()
    answer = ann.post(f"/v1/items/{item_id}/accept", json={"revision": 7})
    assert _problem(answer) == (409, "stale_decision")
    current = answer.json()["current"]
    assert (current["item_id"], current["revision"], current["state"]) == (item_id, 1, "sent")


def test_what_is_known_already_is_not_sent_again(api: httpx.Client, source: Source) -> None:
    path = f"/v1/items/{source.sent()}"
    source.house.until(lambda: api.get(path).json()["mails"])  # its alert is the last of it
    tag = api.get(path).headers["etag"]
    again = api.get(path, headers={"If-None-Match": f'"else", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert api.get(path, headers={"If-None-Match": '"else"'}).status_code == 200


def test_a_code_is_explained_where_its_type_points(api: httpx.Client) -> None:
    problem = api.get("/v1/items/nothing").json()
    assert problem["type"] == "/problems/not_found"
    assert api.get(problem["type"]).json()["meaning"]
    for code in ("not_sendable", "too_large", "scope_missing"):
        assert api.get(f"/problems/{code}").json()["code"] == code
    assert _problem(api.get("/problems/nothing")) == (404, "not_found")


def test_a_fault_tells_nobody_what_it_was(
    house: House,
    api: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from gatepost.ledger import counting

    def fault(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(counting, "counts", fault)
    with caplog.at_level(logging.CRITICAL):
        answer = api.get("/v1/lists")
    assert _problem(answer) == (500, "fault")
    assert "swordfish" not in answer.text


def test_a_database_in_trouble_is_said_to_be_busy(
    api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from gatepost.ledger import counting

    def away(*_: object) -> None:
        raise OperationalError("select secret", {}, Exception("at host db-1"))

    monkeypatch.setattr(counting, "counts", away)
    answer = api.get("/v1/lists")
    assert _problem(answer) == (503, "busy")
    assert answer.headers["retry-after"] == "2"
    assert "db-1" not in answer.text
    assert "secret" not in answer.text


def test_good_answers_have_strict_headers_too(api: httpx.Client) -> None:
    for path in ("/v1/lists", "/livez", "/openapi.json"):
        answer = api.get(path)
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


def test_what_is_no_http_is_hung_up_on(house: House) -> None:
    parts = urlsplit(house.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=120) as line:
        line.sendall(b"\x00\x01\x02\r\n\r\n")
        assert line.recv(200).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("method", "path", "names", "said"),
    [
        ("GET", "/v1/items?kindd=invoice", ["kindd"], "did you mean kind?"),
        ("GET", "/v1/items?limit=1&page=2&colour=red", ["page", "colour"], "known are company, cr"),
        ("GET", "/v1/lists?compny=harbor", ["compny"], "did you mean company?"),
        ("GET", "/v1/failed?cause=x", ["cause"], "known are by, company"),
        ("GET", "/v1/mails?templat=a", ["templat"], "did you mean template?"),
        ("GET", "/v1/erp-records?lists=archived", ["lists"], "did you mean list?"),
        ("POST", "/v1/events?dry=1", ["dry"], "there are none"),
        ("POST", "/v1/events/check?force", ["force"], "there are none"),
        ("POST", "/v1/decisions?as=ann", ["as"], "there are none"),
        ("GET", "/v1/webhooks?x=1", ["x"], ""),
        # of what stands there twice, one would count and the other not
        (
            "GET",
            "/v1/items?list=synced&list=archived",
            ["list"],
            "list stands there more than once",
        ),
        ("GET", "/v1/failed?by=x&by=x&b=1&b=2", ["b", "by"], "by stands there more than once"),
    ],
)
def test_a_parameter_nobody_knows_or_that_stands_there_twice_is_refused(
    api: httpx.Client, method: str, path: str, names: list[str], said: str
) -> None:
    answer = api.request(method, path)
    assert _problem(answer) == (422, "invalid")
    assert [each["field"] for each in answer.json()["errors"]] == names
    assert said in answer.json()["detail"]


def test_every_parameter_that_is_told_is_known(api: httpx.Client, house: House) -> None:
    # Given each GET of the API with the parameters that /openapi.json tells of it
    for path, methods in api.get("/openapi.json").json()["paths"].items():
        named = [
            each["name"]
            for each in methods.get("get", {}).get("parameters", ())
            if each["in"] == "query"
        ]
        # When all are given, none is called unknown, whatever stands in it
        answer = api.get(path.replace("{", "").replace("}", ""), params=dict.fromkeys(named, "x"))
        assert "there is no parameter" not in answer.text, path


def test_what_runs_the_probes_may_add_what_it_likes(api: httpx.Client) -> None:
    assert api.get("/livez?probe=1").status_code == 200
