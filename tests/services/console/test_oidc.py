"""Signing in with a company's own accounts, against a provider that is a process of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr, ValidationError

from gatepost.ledger import tables
from gatepost_console.serving import Serving
from gatepost_console.settings import ConsoleSettings
from tests.oidc_provider import CLIENT, SECRET, provider, says

from .browsing import path_of
from .conftest import ANN, NO_TLS, House


@dataclass
class Desk:
    """A console that knows a provider, and a browser before it."""

    house: House
    issuer: str
    browser: httpx.Client
    ways: list[str] = field(default_factory=list)

    def goes(self, next_page: str = "") -> str:
        """Follow the link to the provider, and come away with where it sends the browser back to."""
        sent = self.browser.get("/sign-in/oidc", params={"next": next_page} if next_page else {})
        assert sent.status_code == 303, sent.text
        with httpx.Client(verify=NO_TLS, timeout=60) as elsewhere:
            answer = elsewhere.get(sent.headers["location"])
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"

    def signs_in(self, next_page: str = "", **said: Any) -> httpx.Response:
        says(self.issuer, **{"claims": {"email": ANN}, **said})
        return self.browser.get(self.goes(next_page))

    def sessions(self) -> list[tuple[str, str]]:
        columns = (tables.sessions.c.email, tables.sessions.c.channel)
        begun = sa.select(*columns).where(tables.sessions.c.channel == "oidc")
        with self.house.ledger.database.reading() as connection:
            return [(row.email, row.channel) for row in connection.execute(begun)]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as url:
        yield url


@pytest.fixture(scope="module")
def console(running: House, issuer: str) -> Iterator[Serving]:
    settings = ConsoleSettings(
        http_port=0,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SecretStr(SECRET),
        oidc_domains="harbor.example, bay.example",
    )
    serving = Serving(running.program, settings)
    serving.start()
    yield serving
    serving.stop()


@pytest.fixture
def desk(house: House, issuer: str, console: Serving) -> Iterator[Desk]:
    with house.ledger.database.transaction() as connection:
        by_oidc = tables.sessions.c.channel == "oidc"  # others' browsers stay signed in
        connection.execute(sa.delete(tables.sessions).where(by_oidc))
    address, accepts = f"http://127.0.0.1:{console.port}", {"Accept": "text/html"}
    with httpx.Client(base_url=address, headers=accepts, verify=NO_TLS, timeout=60) as browser:
        yield Desk(house, issuer, browser)


def test_somebody_signs_in_and_is_where_they_wanted_to_go(desk: Desk) -> None:
    page = desk.browser.get("/sign-in", params={"next": "/items?list=synced"})
    assert 'href="/sign-in/oidc?next=/items%3Flist%3Dsynced"' in page.text

    back = desk.signs_in("/items?list=synced")

    assert path_of(back) == "/items?list=synced"
    assert desk.sessions() == [(ANN, "oidc")]
    assert desk.browser.get("/items?list=synced").status_code == 200
    out = desk.browser.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    assert path_of(out) == "/sign-in"
    assert desk.sessions() == []


def test_what_is_asked_of_the_provider_can_be_used_once_and_by_one_browser(desk: Desk) -> None:
    asked = desk.browser.get("/sign-in/oidc").headers["location"]
    again = desk.browser.get("/sign-in/oidc").headers["location"]
    first, second = (
        {name: each[0] for name, each in parse_qs(urlsplit(place).query).items()}
        for place in (asked, again)
    )
    assert first["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 36
        assert first[name] != second[name]
    assert SECRET not in asked


@pytest.mark.parametrize(
    ("said", "why"),
    [
        # somebody whom the provider does not know by a verified address, or no directory lists
        ({"claims": {"email": ANN, "email_verified": False}}, "not verified the address"),
        ({"claims": {"email": ANN, "email_verified": "true"}}, "not verified the address"),
        ({"claims": {}}, "gave no e-mail address"),
        ({"claims": {"email": "nobody@harbor.example"}}, "directory of no company"),
        ({"claims": {"email": "ann@acme.example"}}, "are not let in here"),
        # an identity that was made for another, by another, or long ago
        ({"claims": {"email": ANN, "aud": "another"}}, "does not hold"),
        ({"claims": {"email": ANN, "aud": [CLIENT, "another"], "azp": "another"}}, "does not hold"),
        ({"claims": {"email": ANN, "iss": "https://elsewhere.example"}}, "does not hold"),
        ({"claims": {"email": ANN, "nonce": "another"}}, "does not hold"),
        ({"claims": {"email": ANN}, "age": 120}, "does not hold"),
        ({"claims": {"email": ANN}, "forged": True}, "does not hold"),
    ],
)
def test_whom_the_provider_does_not_vouch_for_is_told_why(
    desk: Desk, said: dict[str, Any], why: str
) -> None:
    refused = desk.signs_in(**said)

    assert refused.status_code == 403
    assert why in refused.text
    assert "Who can change that" in refused.text
    assert desk.sessions() == []


def test_nobody_comes_back_twice_or_on_anothers_way(desk: Desk) -> None:
    says(desk.issuer, claims={"email": ANN})
    way = desk.goes()
    cookies = dict(desk.browser.cookies)

    # Another browser, and one that was never sent there
    with httpx.Client(base_url=desk.browser.base_url, verify=NO_TLS, timeout=60) as other:
        other.get("/sign-in/oidc")
        assert other.get(way).status_code == 403
    # It is still theirs, once
    assert desk.browser.get(way).status_code == 303
    assert desk.sessions() == [(ANN, "oidc")]
    with httpx.Client(
        base_url=desk.browser.base_url, cookies=cookies, verify=NO_TLS, timeout=60
    ) as replaying:
        assert replaying.get(way).status_code == 403
    # Nor with a state of one's own making, without a code, or from another provider
    for changed in ("state=1", "state=0190a0a0-0000-7000-8000-000000000000&code=x"):
        assert desk.browser.get(f"/sign-in/oidc/back?{changed}").status_code == 403
    assert desk.browser.get(f"{desk.goes()}&error=access_denied").status_code == 403
    mixed = desk.goes().replace("iss=http", "iss=https")
    assert desk.browser.get(mixed).status_code == 403
    assert desk.sessions() == [(ANN, "oidc")]


def test_no_secret_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk.signs_in(claims={"email": ANN, "aud": "another"})
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "uvicorn"))]
    assert not [said for said in ours if SECRET in said or "Basic " in said]


def test_a_provider_that_does_not_answer_is_a_page(house: House) -> None:
    settings = ConsoleSettings(
        http_port=0,
        oidc_issuer="http://127.0.0.1:9",
        oidc_client_id=CLIENT,
        oidc_client_secret=SecretStr(SECRET),
    )
    serving = Serving(house.program, settings)
    serving.start()
    address, accepts = f"http://127.0.0.1:{serving.port}", {"Accept": "text/html"}
    with httpx.Client(base_url=address, headers=accepts, verify=NO_TLS, timeout=60) as browser:
        answer = browser.get("/sign-in/oidc")
    serving.stop()
    assert answer.status_code == 403
    assert "does not answer" in answer.text
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "https://login.example"},  # without what Gatepost is known by
        {"oidc_client_id": "gatepost"},
        {"oidc_issuer": "http://login.example", "oidc_client_id": "g", "oidc_client_secret": "s"},
        {"oidc_issuer": "login", "oidc_client_id": "g", "oidc_client_secret": "s"},
    ],
)
def test_settings_that_would_let_nobody_in_safely_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        ConsoleSettings(**given)
    assert "'s'" not in str(refused.value)


def test_without_a_provider_there_is_no_such_way(house: House) -> None:
    with house.client(None) as browser:
        assert browser.get("/sign-in/oidc").status_code == 404
        assert "company&#39;s account" not in browser.get("/sign-in").text
