"""The link in a mail: looking decides nothing; its reader decides, once, and nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.domain.people import EmailDecisions
from gatepost.ledger import decision_links, reading, tables
from gatepost.ledger.directory_file import apply, parse
from gatepost.ledger.mail_secrets import MailSecrets
from gatepost_console import sessions
from gatepost_console.settings import ConsoleSettings
from gatepost_sandbox import upstream

from .browsing import FOREIGN, Browser, another, path_of
from .conftest import ANN, BO, House, Source

KEY = "a key for the console alone"


@dataclass
class Letter:
    """A mail to somebody that asks for a decision on one item."""

    house: House
    secrets: MailSecrets
    item_id: str
    revision: int = 1

    @property
    def path(self) -> str:
        return f"/r/{self.secrets.token(self.item_id, self.revision)}"

    @property
    def code(self) -> str:
        return self.secrets.code

    @property
    def item(self) -> Item:
        return reading.item_of(self.house.ledger, self.item_id)

    def row(self) -> dict[str, Any]:
        where = tables.decision_links.c.mail_id == self.secrets.mail_id
        with self.house.ledger.database.reading() as connection:
            statement = sa.select(tables.decision_links).where(where)
            return dict(connection.execute(statement).mappings().one())

    def history(self) -> list[dict[str, Any]]:
        return reading.item_page(self.house.ledger, self.item_id).history

    def change(self, **columns: Any) -> None:
        where = tables.decision_links.c.mail_id == self.secrets.mail_id
        with self.house.ledger.database.transaction() as connection:
            connection.execute(sa.update(tables.decision_links).where(where).values(**columns))


def mailed(house: House, item_id: str, email: str = ANN, revision: int = 1) -> Letter:
    secrets = MailSecrets(KEY, str(uuid4()), email)
    with house.ledger.work() as work:
        decision_links.put(secrets, "harbor", item_id, revision, 14, work)
    return Letter(house, secrets, item_id, revision)


@pytest.fixture
def letter(house: House, source: Source) -> Letter:
    """To Ann, about a commitment that awaits a decision."""
    return mailed(house, source.sent())


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    with Browser(house) as client:
        yield client


def company(house: House, **settings: str) -> None:
    text = upstream.directory().replace("http://127.0.0.1:9009", house.sandbox.http_url)
    lines = "\n".join(f'{name} = "{value}"' for name, value in settings.items())
    apply(
        house.ledger.database,
        parse(text.replace("[company.settings]", f"[company.settings]\n{lines}")),
    )


@pytest.fixture
def settings(house: House) -> Iterator[Callable[..., None]]:
    yield lambda **named: company(house, **named)
    company(house)


def pressed(browser: Browser, letter: Letter, action: str, **fields: str) -> httpx.Response:
    page = browser.get(letter.path)
    return browser.sends(page, f"{letter.path}/{action}", **fields)


def test_looking_shows_the_item_and_changes_nothing(browser: Browser, letter: Letter) -> None:
    before = (letter.row(), letter.history())

    page = browser.get(letter.path)
    head = browser.head(letter.path)
    options = browser.options(letter.path)

    assert page.status_code == head.status_code == 200
    assert head.content == b""
    assert options.status_code == 405
    assert letter.item.number in page.text
    assert "Export to" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.headers["x-robots-tag"]
    assert (letter.row(), letter.history()) == before
    assert letter.item.state == "sent"


def test_the_code_decides_and_from_then_on_one_press_is_enough(
    browser: Browser, letter: Letter, source: Source
) -> None:
    accepted = pressed(browser, letter, "accept", code=f"{letter.code[:3]} {letter.code[3:]}")

    assert path_of(accepted) == f"{letter.path}?did=accept"
    assert letter.item.decision == "accept"
    assert letter.row()["spent_at"]
    (step,) = [row for row in letter.history() if row["what"] == "accepted"]
    assert (step["by"], step["channel"]) == (ANN, "mail")
    assert step["detail"]["proof"].startswith("the code of the mail")

    # A second visit says what became of it, wherever it is opened
    again = browser.get(letter.path)
    with Browser(browser.house) as elsewhere:
        there = elsewhere.get(letter.path)
    assert again.status_code == there.status_code == 200
    assert "Accepted by you" in again.text
    assert "from a mail" in there.text

    # And the next mail needs no code in this browser
    following = mailed(browser.house, source.sent())
    page = browser.get(following.path)
    assert 'name="code"' not in page.text
    rejected = browser.sends(page, f"{following.path}/reject", comment="The vendor is wrong")
    assert path_of(rejected) == f"{following.path}?did=reject"
    (step,) = [row for row in following.history() if row["what"] == "rejected"]
    assert "signed in with the code of a mail" in step["detail"]["proof"]


@pytest.mark.parametrize("code", ["", "000000x", "wrong"])
def test_without_the_code_nothing_is_decided_and_nothing_typed_is_lost(
    browser: Browser, letter: Letter, code: str
) -> None:
    given = another(letter.code) if code == "wrong" else code
    refused = pressed(browser, letter, "reject", comment="Look at line 2", code=given)

    assert refused.status_code == 422
    assert "Look at line 2" in refused.text
    assert "not the code" in refused.text
    assert letter.item.state == "sent"
    assert letter.row()["spent_at"] is None
    assert "gatepost_session" not in browser.cookies


def test_after_five_wrong_codes_only_signing_in_decides(browser: Browser, letter: Letter) -> None:
    for _ in range(decision_links.MOST_TRIES):
        pressed_with(browser, letter, another(letter.code))
    page = browser.get(letter.path)
    assert "a wrong code was typed too often" in page.text.lower()
    late = pressed_with(browser, letter, letter.code)
    assert late.status_code == 403
    assert letter.item.state == "sent"

    browser.signs_in(ANN)
    assert pressed(browser, letter, "accept").status_code == 303
    assert letter.item.decision == "accept"


def pressed_with(browser: Browser, letter: Letter, code: str) -> httpx.Response:
    """A form as it was on the page, sent by whatever means."""
    data = {"revision": "1", "code": code}
    return browser.post(
        f"{letter.path}/accept", data=data, headers={"Sec-Fetch-Site": "same-origin"}
    )


def test_a_decision_that_lacks_something_keeps_the_link_and_asks_for_no_second_code(
    browser: Browser, letter: Letter
) -> None:
    incomplete = pressed(browser, letter, "reject", comment="", code=letter.code)

    assert incomplete.status_code == 422
    assert "without a short explanation" in incomplete.text
    assert 'name="code"' not in incomplete.text
    assert letter.row()["spent_at"] is None
    done = browser.sends(incomplete, f"{letter.path}/reject", comment="Wrong vendor")
    assert done.status_code == 303
    assert letter.item.state == "rejected"


def test_somebody_else_is_told_whose_link_it_is(browser: Browser, letter: Letter) -> None:
    browser.signs_in(BO)

    page = browser.get(letter.path)
    posted = pressed_with(browser, letter, letter.code)

    assert page.status_code == posted.status_code == 403
    assert "This link is for Ann" in page.text
    assert f"/items/{letter.item_id}" in page.text
    assert letter.item.title not in page.text
    assert letter.item.state == "sent"


def test_what_changed_since_the_mail_is_shown_and_only_a_session_decides(
    browser: Browser, house: House, source: Source
) -> None:
    event = source.event()
    item_id = source.send(event).json()["item_id"]
    source.becomes(item_id, "sent")
    letter = mailed(house, item_id)
    sender = {"Gatepost-As": event["data"]["sent_by"]["email"]}
    source.api.post(f"/v1/items/{item_id}/retrieve", headers=sender)
    source.send(source.event(**{**event["data"], "revision": 2, "title": "Steel, and more of it"}))
    house.until(lambda: letter.item.revision == 2)

    page = browser.get(letter.path)
    assert "changed since the mail was written" in page.text
    assert "Steel, and more of it" in page.text
    assert "/accept" not in page.text
    late = pressed_with(browser, letter, letter.code)
    assert late.status_code == 409
    assert letter.item.state == "sent"

    browser.signs_in(ANN)
    assert pressed_with(browser, letter, "").status_code == 409  # a form of the older revision
    assert pressed(browser, letter, "accept").status_code == 303
    assert letter.item.decided_revision == 2


def test_who_decides_second_learns_who_decided_first(browser: Browser, letter: Letter) -> None:
    page = browser.get(letter.path)
    with Browser(browser.house) as other:
        other.signs_in(BO)
        theirs = mailed(browser.house, letter.item_id, BO)
        assert pressed(other, theirs, "reject", comment="Not ours").status_code == 303

    late = browser.sends(page, f"{letter.path}/accept", code=letter.code)

    assert late.status_code == 409
    assert "rejected it first" in late.text
    shown = browser.get(letter.path)
    assert shown.status_code == 200
    assert "Rejected by Bo" in shown.text
    assert "Not ours" in shown.text


def test_links_that_are_old_cut_or_of_nobody_lead_on(browser: Browser, letter: Letter) -> None:
    cut = browser.get(letter.path[:-4])
    letter.change(expires_at=letter.row()["created_at"] - timedelta(seconds=1))
    old, posted = browser.get(letter.path), pressed_with(browser, letter, letter.code)
    nobody = browser.get(mailed(browser.house, letter.item_id, "gone@harbor.example").path)

    assert (cut.status_code, old.status_code, posted.status_code) == (404, 410, 410)
    assert nobody.status_code == 403
    assert "not known" in cut.text
    assert f"/items/{letter.item_id}" in old.text
    for page in (cut, old, nobody):
        assert letter.item.title not in page.text
        assert "noindex" in page.headers["x-robots-tag"]
    assert letter.item.state == "sent"


@pytest.mark.parametrize(
    "wanted",
    [
        {"email_decisions": EmailDecisions.SIGN_IN.value},
        {"email_decisions": EmailDecisions.OFF.value},
        {"email_sign_in_above": "10.00"},
    ],
)
def test_where_the_company_wants_it_a_code_is_not_enough(
    browser: Browser,
    letter: Letter,
    source: Source,
    settings: Callable[..., None],
    wanted: dict[str, str],
) -> None:
    # Given a browser that has decided with a code before
    other = mailed(browser.house, source.sent())
    assert pressed(browser, other, "accept", code=other.code).status_code == 303

    settings(**wanted)
    page = browser.get(letter.path)

    assert "Sign in to decide" in page.text
    assert pressed_with(browser, letter, letter.code).status_code == 403
    # Nor is the session that the code began, on the item's own page or for many at once
    form = {"revision": "1", "comment": "no", "action": "reject", "chosen": f"{letter.item_id}@1"}
    ours = {"Sec-Fetch-Site": "same-origin"}
    own = browser.post(f"/items/{letter.item_id}/reject", data=form, headers=ours)
    assert own.status_code == 403
    many = browser.post("/decisions", data=form, headers=ours)
    assert "not enough to decide on this" in own.text
    assert "not enough to decide on this" in many.text
    assert letter.item.state == "sent"
    browser.signs_in(ANN, next_page=letter.path)
    assert pressed(browser, letter, "accept").status_code == 303


def test_a_form_from_elsewhere_decides_nothing(browser: Browser, letter: Letter) -> None:
    data = {"revision": "1", "code": letter.code}
    foreign = browser.post(f"{letter.path}/accept", data=data, headers=FOREIGN)
    bare = browser.post(f"{letter.path}/accept", data=data)

    assert foreign.status_code == bare.status_code == 403
    assert letter.item.state == "sent"
    assert letter.row()["tries"] == 0


def test_neither_token_nor_code_is_left_anywhere(
    browser: Browser, letter: Letter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pressed(browser, letter, "accept", code=another(letter.code))
    pressed(browser, letter, "accept", code=letter.code)
    metrics = browser.get("/metrics").text

    token = letter.path.rpartition("/")[2]
    rows = str([letter.row(), letter.history()])
    for secret in (token, letter.code):
        assert secret not in rows
        assert secret not in repr(letter.secrets)
        assert secret not in metrics
        # The client of this test logs where it goes; and pytest gives the access log a handler,
        # which it has not otherwise.
        foreign = ("httpx", "httpcore", "uvicorn.access")
        ours = [r.getMessage() for r in caplog.records if not r.name.startswith(foreign)]
        assert not [said for said in ours if secret in said]


def test_a_session_by_mail_outlives_some_nights(
    browser: Browser, letter: Letter, house: House, source: Source
) -> None:
    assert pressed(browser, letter, "accept", code=letter.code).status_code == 303
    where = (tables.sessions.c.email == ANN) & (tables.sessions.c.channel == "mail")
    with house.ledger.database.transaction() as connection:
        seen = (
            connection.execute(sa.select(tables.sessions.c.seen_at).where(where)).scalars().first()
        )
        assert seen is not None
        earlier = sa.update(tables.sessions).where(where)
        connection.execute(earlier.values(seen_at=seen - timedelta(days=3)))

    following = mailed(house, source.sent())
    page = browser.get(following.path)
    assert 'name="code"' not in page.text


def test_signing_out_everywhere_ends_every_session_of_one_person(house: House) -> None:
    def begun(company: str, email: str) -> str:
        who = {"company": company, "email": email, "channel": "test"}
        return sessions.begin(house.ledger, ConsoleSettings(), **who)

    theirs = [begun("harbor", "zoe@harbor.example") for _ in range(2)]
    others = [begun("harbor", "zed@harbor.example"), begun("acme", "zoe@harbor.example")]

    sessions.end_all(house.ledger, "harbor", "Zoe@harbor.example")

    still = [bool(sessions.find(house.ledger, ConsoleSettings(), s)) for s in (*theirs, *others)]
    assert still == [False, False, True, True]
