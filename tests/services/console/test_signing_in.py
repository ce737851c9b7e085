"""Signing in with a browser: codes, sessions, cookies, where one goes on, and who is kept out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.responses import Response

from gatepost.ledger import tables
from gatepost.ledger.directory_file import apply, parse
from gatepost.runtime.program import Demo
from gatepost_console.app import make_app
from gatepost_console.pages.cookies import keep_session
from gatepost_console.pages.forms import Form, token_of
from gatepost_console.pages.visiting import local
from gatepost_console.settings import ConsoleSettings

from .browsing import FOREIGN, OURS, Browser, another, latest_code, path_of
from .conftest import ANN, OMAR, House

COOKIE = "gatepost_session"

OF_TWO_COMPANIES = "kim@bay.example"
COMPANY = """
[company]
key = "KEY"
name = "NAME"
[[people]]
email = "kim@bay.example"
name = "Kim Ito"
"""


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    with house.ledger.database.transaction() as connection:
        for table in (tables.sign_ins, tables.sessions):
            connection.execute(sa.delete(table))
    with Browser(house) as client:
        yield client


def _rows(house: House, table: sa.Table) -> list[dict[str, Any]]:
    with house.ledger.database.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def _let_pass(house: House, table: sa.Table, column: str, time: timedelta) -> None:
    """Time goes by for what stands in a table."""
    with house.ledger.database.transaction() as connection:
        for row in connection.execute(sa.select(table)).mappings().all():
            earlier = {column: row[column] - time}
            connection.execute(sa.update(table).where(table.c.id == row["id"]).values(**earlier))


def test_somebody_signs_in_with_a_code_and_goes_on_where_they_wanted_to(browser: Browser) -> None:
    # Given somebody who opened a page and is not signed in
    asked = browser.get("/items?list=synced")
    assert path_of(asked) == "/sign-in?next=%2Fitems%3Flist%3Dsynced"

    # When they ask for a code and type it, with a blank in it, as people do
    page = browser.asks_for_a_code(ANN.upper(), "/items?list=synced")
    code = latest_code(browser.house, ANN)
    answer = browser.sends(page, "/sign-in/code", code=f"{code[:3]} {code[3:]}")

    # Then they are where they wanted to be, with a cookie that no script reads
    assert path_of(answer) == "/items?list=synced"
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if COOKIE in each]
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Ann Ode" in browser.get("/items?list=synced").text

    # And neither their secret nor the code stands in the database
    secret = browser.cookies[COOKIE]
    kept = f"{_rows(browser.house, tables.sessions)}{_rows(browser.house, tables.sign_ins)}"
    assert secret not in kept
    assert code not in kept

    # When they sign out, then the session is over, whoever kept its cookie
    assert path_of(browser.sends(browser.get("/items"), "/sign-out")) == "/sign-in"
    browser.cookies.set(COOKIE, secret)
    assert browser.get("/items").status_code == 303


def test_nobody_learns_who_is_in_a_directory(browser: Browser) -> None:
    known, unknown = browser.asks_for_a_code(ANN), browser.asks_for_a_code("eve@harbor.example")
    assert known.status_code == unknown.status_code == 200
    without_tokens = [
        page.text.replace(email, "").split("</header>")[1].replace(token, "")
        for page, email, token in (
            (known, ANN, _token(known)),
            (unknown, "eve@harbor.example", _token(unknown)),
        )
    ]
    assert without_tokens[0] == without_tokens[1]

    # And somebody without an entry cannot get in with the right code either
    code = latest_code(browser.house, "eve@harbor.example")
    assert path_of(browser.sends(unknown, "/sign-in/code", code=code)) == "/sign-in"
    assert browser.get("/items").status_code == 303


def _token(page: httpx.Response) -> str:
    return page.text.split('name="form_token" value="')[1].split('"')[0]


def test_a_code_has_five_tries_and_ten_minutes(browser: Browser) -> None:
    # Given a code that was typed wrongly five times, then the right one is of no use any more
    page = browser.asks_for_a_code(ANN)
    code = latest_code(browser.house, ANN)
    for _ in range(5):
        wrong = browser.sends(page, "/sign-in/code", code=another(code))
        assert wrong.status_code == 422
        assert "does not fit" in wrong.text
    assert browser.sends(page, "/sign-in/code", code=code).status_code == 422

    # Given a code that is eleven minutes old, then it is of no use either
    page = browser.asks_for_a_code(ANN)
    code = latest_code(browser.house, ANN)
    _let_pass(browser.house, tables.sign_ins, "created_at", timedelta(minutes=11))
    assert browser.sends(page, "/sign-in/code", code=code).status_code == 422


def test_an_address_gets_five_codes_in_an_hour(browser: Browser) -> None:
    for _ in range(7):
        assert browser.asks_for_a_code(ANN).status_code == 200  # who asks is told nothing
    assert len(_rows(browser.house, tables.sign_ins)) == 5
    _let_pass(browser.house, tables.sign_ins, "created_at", timedelta(minutes=61))
    browser.asks_for_a_code(ANN)
    assert len(_rows(browser.house, tables.sign_ins)) == 1


def test_a_code_fits_only_the_browser_that_asked_for_it(house: House, browser: Browser) -> None:
    page = browser.asks_for_a_code(ANN)
    code = latest_code(house, ANN)
    with Browser(house) as other:
        elsewhere = other.asks_for_a_code("eve@harbor.example")
        assert other.sends(elsewhere, "/sign-in/code", code=code).status_code == 422
    assert path_of(browser.sends(page, "/sign-in/code", code=code)) == "/"
    # And it signs in once
    assert browser.sends(page, "/sign-in/code", code=code).status_code in (403, 422)


def test_somebody_in_two_companies_chooses(browser: Browser) -> None:
    for key, name in (("bay", "Bay Works"), ("cove", "Cove Yards")):
        file = COMPANY.replace("KEY", key).replace("NAME", name)
        apply(browser.house.program.database, parse(file))
    page = browser.asks_for_a_code(OF_TWO_COMPANIES)
    code = latest_code(browser.house, OF_TWO_COMPANIES)
    choice = browser.sends(page, "/sign-in/code", code=code)
    assert "Cove Yards" in choice.text
    assert "Bay Works" in choice.text
    answer = browser.sends(choice, "/sign-in/company", company="cove")
    assert path_of(answer) == "/"
    assert "Cove Yards" in browser.get("/items").text

    # And one they are not in cannot be chosen: it is the first of theirs then
    browser.cookies.clear()
    page = browser.asks_for_a_code(OF_TWO_COMPANIES)
    choice = browser.sends(page, "/sign-in/code", code=latest_code(browser.house, OF_TWO_COMPANIES))
    browser.sends(choice, "/sign-in/company", company="harbor")
    assert "Bay Works" in browser.get("/items").text


def test_signing_in_again_ends_the_session_the_browser_had(browser: Browser) -> None:
    browser.signs_in(ANN)
    first = browser.cookies[COOKIE]
    browser.cookies.delete(COOKIE)
    page = browser.asks_for_a_code(OMAR)
    browser.cookies.set(COOKIE, first, domain="127.0.0.1")
    browser.sends(page, "/sign-in/code", code=latest_code(browser.house, OMAR))
    (session,) = _rows(browser.house, tables.sessions)
    assert session["email"] == OMAR


@pytest.mark.parametrize(
    ("column", "time"), [("seen_at", timedelta(hours=13)), ("created_at", timedelta(days=31))]
)
def test_a_session_ends_by_itself(browser: Browser, column: str, time: timedelta) -> None:
    browser.signs_in(ANN)
    assert browser.get("/items").status_code == 200
    _let_pass(browser.house, tables.sessions, column, time)
    assert browser.get("/items").status_code == 303


def test_a_session_that_is_used_goes_on(browser: Browser) -> None:
    browser.signs_in(ANN)
    for _ in range(3):
        _let_pass(browser.house, tables.sessions, "seen_at", timedelta(hours=11))
        assert browser.get("/items").status_code == 200


def test_over_tls_the_cookie_is_bound_to_the_host() -> None:
    settings = SimpleNamespace(public_url="https://gate.example")
    program = SimpleNamespace(settings=settings)
    house = SimpleNamespace(program=program, settings=ConsoleSettings())
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(house=house)))
    answer = Response()
    keep_session(request, answer, "secret")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-gatepost_session=secret;")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert part in cookie


@pytest.mark.parametrize(
    ("next_page", "goes_to"),
    [
        ("/items?list=synced", "/items?list=synced"),
        ("/items/5f0?a=b%20c", "/items/5f0?a=b%20c"),
        ("", "/"),
        ("items", "/"),  # no path of ours
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),  # another host, without a scheme
        ("/\\evil.example/", "/"),  # browsers read a backslash as a slash
        ("/\t/evil.example", "/"),  # and leave a tab out
        ("/%0d%0aSet-Cookie: a=b", "/%0d%0aSet-Cookie: a=b"),  # stays quoted
        ("/ok\r\nX: y", "/"),
        ("/sign-out", "/"),
        ("/" + "a" * 3000, "/"),
    ],
)
def test_signing_in_goes_on_to_pages_of_ours_alone(next_page: str, goes_to: str) -> None:
    assert local(next_page) == goes_to


def test_a_line_break_that_was_typed_is_one_character() -> None:
    sent = Form({"comment": [" wrong vendor\r\nand wrong total\r\n"]})
    assert sent.text("comment", limit=28) == "wrong vendor\nand wrong total"


@pytest.mark.parametrize(
    ("headers", "token", "passes"),
    [
        (OURS, "", True),  # the browser says that it was one of our pages
        ({"Sec-Fetch-Site": "none"}, "", True),  # typed, or sent again by the person
        ({}, "right", True),  # over plain HTTP it does not say
        (FOREIGN, "right", False),  # the browser says that another site sent it
        ({}, "", False),
        ({}, "wrong", False),
        (FOREIGN, "", False),
        (FOREIGN, "wrong", False),
        ({"Sec-Fetch-Site": "same-site"}, "", False),  # another host of the same domain
    ],
)
def test_a_form_must_come_from_one_of_our_pages(
    browser: Browser, headers: dict[str, str], token: str, passes: bool
) -> None:
    browser.signs_in(ANN)
    right = token_of(browser.cookies[COOKIE])
    fields = {"form_token": {"right": right, "wrong": "0" * 32}.get(token, "")}
    answer = browser.post("/sign-out", data=fields, headers=headers)
    if passes:
        assert path_of(answer) == "/sign-in"
    else:
        assert answer.status_code == 403
        assert "did not come from a page" in answer.text
        assert browser.get("/items").status_code == 200


def test_there_are_no_personas_but_in_a_demo(house: House, browser: Browser) -> None:
    assert house.program.demo is None
    assert "/demo/sign-in" not in browser.get("/sign-in").text
    for answer in (browser.get("/demo/sign-in"), browser.post("/demo/sign-in", headers=OURS)):
        assert answer.status_code == 404


HERE, AWAY = "127.0.0.1", "192.0.2.7"


@pytest.mark.parametrize(
    ("listens", "client", "host", "status"),
    [
        (HERE, HERE, HERE, 303),
        (HERE, HERE, "localhost", 303),
        (HERE, HERE, "evil.example", 403),  # a name that was made to point here
        (HERE, AWAY, HERE, 403),  # through a proxy
        ("0.0.0.0", HERE, HERE, 404),  # noqa: S104 - a demo that others can reach has no personas
    ],
)
def test_the_personas_of_a_demo_are_for_its_own_machine(
    house: House, listens: str, client: str, host: str, status: int
) -> None:
    demo = Demo([], "harbor", [(ANN, "accepts")], list)
    settings = house.program.settings
    program: Any = SimpleNamespace(demo=demo, settings=settings, ledger=house.ledger)
    app = make_app(program, ConsoleSettings(http_host=listens))
    transport = httpx.ASGITransport(app, client=(client, 1))

    async def status_of(email: str) -> int:
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as here:
            data = {"email": email}
            return (await here.post("/demo/sign-in", data=data, headers=OURS)).status_code

    assert asyncio.run(status_of(ANN)) == status
    assert asyncio.run(status_of("eve@harbor.example")) in (403, 404)
