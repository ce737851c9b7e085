"""The settings: whose they are, what a form changes, what it refuses, and secrets shown once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog

from gatepost.ledger import directory_toml, tables, tokens
from gatepost.ledger import webhooks as webhook_rooms
from gatepost.ledger.directory_file import PersonEntry, SettingsEntry, apply, parse
from gatepost_console import sessions
from gatepost_console.pages.settings import company_form, words
from gatepost_console.settings import ConsoleSettings
from gatepost_sandbox import upstream

from .browsing import OURS, Browser, path_of
from .conftest import ANN, BO, CARLA, OMAR, RITA, House
from .test_item_page import text_of

Browsers = Callable[[str], Browser]

PEOPLE, COMPANY = "/settings/people", "/settings/company"


@pytest.fixture(autouse=True)
def as_it_was(house: House) -> Iterator[None]:
    """The directory stands again afterwards as others expect it."""
    yield
    directory = upstream.directory().replace("http://127.0.0.1:9009", house.sandbox.http_url)
    apply(house.program.database, parse(directory))


@pytest.fixture
def bo(browsers: Browsers) -> Browser:
    """An Admin of the ERP tool."""
    return browsers(BO)


def changes(house: House) -> list[dict[str, Any]]:
    """The company's own history, oldest first."""
    history = tables.history
    rows = sa.select(history).where(history.c.item_id.is_(None), history.c.company == "harbor")
    with house.ledger.database.reading() as connection:
        return [dict(each) for each in connection.execute(rows.order_by(history.c.id)).mappings()]


def saved(browser: Browser, shown: httpx.Response, action: str, **fields: Any) -> str:
    """Press Save on what was shown; gives where that leads."""
    assert "This is what changes" in text_of(shown.text), text_of(shown.text)
    return path_of(browser.sends(shown, action, do="save", **fields))


# --- who sees and does what ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "may_open", "may_not"),
    [
        # an Admin of the ERP tool keeps it all
        (BO, ["me", "people", "people/new", "company", "webhooks", "tokens", "directory.toml"], []),
        # who reads, and an approver who is no Admin, look; so does an operator
        (RITA, ["me", "people", "company"], ["people/new", "webhooks", "tokens", "directory.toml"]),
        (ANN, ["me", "people", "company"], ["people/edit?email=x", "webhooks", "directory.toml"]),
        (OMAR, ["me", "people", "company"], ["tokens"]),
        # a sender has their own
        (CARLA, ["me"], ["people", "company", "webhooks", "tokens"]),
    ],
)
def test_everybody_sees_what_is_theirs(
    browsers: Browsers, who: str, may_open: list[str], may_not: list[str]
) -> None:
    browser = browsers(who)
    pages = {each: browser.get(f"/settings/{each}") for each in may_open}
    assert {each: page.status_code for each, page in pages.items()} == dict.fromkeys(may_open, 200)
    for each in may_not:
        assert browser.get(f"/settings/{each}").status_code == 403, each
    for name in ("People and rights", "Company", "Webhooks", "API tokens"):
        assert (f"<span>{name}</span>" in pages["me"].text) == (
            name.split()[0].lower() in " ".join([*may_open, "api" if "tokens" in may_open else ""])
        )


@pytest.mark.parametrize("who", [ANN, RITA, CARLA])
def test_who_is_no_admin_changes_nothing_but_their_own(
    house: House, browsers: Browsers, who: str
) -> None:
    before, rows = house.ledger.directory().version, len(changes(house))
    browser = browsers(who)
    form = {"do": "save", "erp_tool": "admin", "email": who, "name": "Me", "grace_seconds": "1"}
    for path in (
        f"people/edit?email={who}",
        "people/new",
        f"people/remove?email={BO}",
        "company",
        "company/sync",
        "webhooks",
        "tokens",
    ):
        answer = browser.post(f"/settings/{path}", data=form, headers=OURS)
        assert answer.status_code == 403, path
        assert "An Admin of the ERP tool can grant it".lower() in text_of(answer.text).lower()
    # Their own form takes what is theirs to set, and no right
    mine = browser.get("/settings/me")
    assert browser.sends(mine, "/settings/me", do="save", erp_tool="admin", summary_hour="7",
                         time_zone="UTC", daily_summary="1", alerts="1").status_code == 303  # fmt: skip
    assert (house.ledger.directory().version, len(changes(house))) == (before, rows)


def test_the_code_of_a_mail_is_not_enough_to_change_settings(house: House) -> None:
    # Given an Admin who came by the code of a mail that asks for a decision
    channel = sessions.MAIL_LINK
    secret = sessions.begin(
        house.ledger, ConsoleSettings(), company="harbor", email=BO, channel=channel
    )
    with Browser(house) as browser:
        browser.cookies.set("gatepost_session", secret)
        # Then they look, and change nothing
        assert "An Admin of the ERP tool can change these" in browser.get(PEOPLE).text
        for path in ("tokens", "webhooks", "people/new", "directory.toml"):
            answer = browser.get(f"/settings/{path}")
            assert answer.status_code == 403
            assert "sign out, and sign in again" in answer.text
        assert browser.post(COMPANY, headers=OURS, data={"do": "save"}).status_code == 403


# --- one's own -----------------------------------------------------------------------------------


def test_somebody_sets_their_own_summary_and_zone(house: House, browsers: Browsers) -> None:
    ann = browsers(ANN)
    page = ann.get("/settings/me")
    assert "Decides on everything" in page.text
    # When a zone is wrong, what was typed stays, with the reason
    refused = ann.sends(
        page, "/settings/me", do="save", summary_hour="30", time_zone="Europe/Zürich"
    )
    assert refused.status_code == 422
    assert "there is no time zone Europe/Zürich" in text_of(refused.text)
    assert "Hour of the summary" in text_of(refused.text)
    assert 'value="Europe/Zürich"' in refused.text
    assert 'value="30" selected' in refused.text
    # When it is right, it is shown or saved at once
    fields = {"summary_hour": "6", "time_zone": "Europe/Zurich", "alerts": "1"}
    shown = ann.sends(page, "/settings/me", do="show", **fields)
    assert "Daily summary: yes becomes no" in text_of(shown.text)
    assert house.ledger.directory().company("harbor").people[ANN].daily_summary is True
    assert path_of(ann.sends(page, "/settings/me", do="save", **fields)).endswith("did=saved")
    person = house.ledger.directory().company("harbor").people[ANN]
    assert (person.daily_summary, person.summary_hour, person.time_zone) == (
        False,
        6,
        "Europe/Zurich",
    )
    assert person.can_push_to_accounting
    (row,) = changes(house)[-1:]
    assert (row["by"], row["channel"], row["what"]) == (ANN, "console", "directory changed")
    again = ann.sends(page, "/settings/me", do="save", **fields)
    assert path_of(again).endswith("did=unchanged")
    assert changes(house)[-1]["id"] == row["id"]


def test_somebody_signs_out_of_one_browser_and_of_all(house: House) -> None:
    with Browser(house) as here, Browser(house) as there, Browser(house) as other:
        for each in (here, there):
            each.signs_in(RITA)
        other.signs_in(ANN)
        page = here.get("/settings/me")
        (one,) = re.findall(
            r'name="session" value="([^"]+)"><button aria-label="Sign out the', page.text
        )
        # When a browser is signed out from another, then that one alone is out
        form = {"session": one}
        answer = here.post("/settings/me/sign-out", data=form | _token(page))
        assert path_of(answer) == "/settings/me?did=signed_out"
        assert path_of(there.get("/settings/me")).startswith("/sign-in")
        # Nobody signs somebody else out
        (theirs,) = re.findall(r'name="session" value="([^"]+)"', other.get("/settings/me").text)[
            :1
        ]
        here.post("/settings/me/sign-out", data={"session": theirs} | _token(page))
        assert other.get("/settings/me").status_code == 200
        # Everywhere is here too
        assert path_of(here.post("/settings/me/sign-out", data=_token(page))) == "/sign-in"
        assert path_of(here.get("/settings/me")).startswith("/sign-in")


def _token(page: httpx.Response) -> dict[str, str]:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found
    return {"form_token": found[1]}


# --- people --------------------------------------------------------------------------------------

NEW = {
    "name": "Eve Moor",
    "email": "Eve@harbor.example",
    "erp_tool": "standard",
    "can_push_to_accounting": "1",
    "kinds": ["invoice", "commitment"],
    "amount_limit": "50000.00",
    "summary_hour": "8",
    "time_zone": "Europe/Oslo",
    "projects": ["pm-13"],
}


def test_somebody_is_added_shown_first_changed_and_removed(house: House, bo: Browser) -> None:
    # When an Admin fills in the form, then they see what it changes, and nothing has
    action = f"{PEOPLE}/new"
    shown = bo.sends(bo.get(action), action, do="show", **NEW)  # type: ignore[arg-type]
    assert "Eve Moor" not in bo.get(PEOPLE).text
    assert "The project Harbor Bridge Approaches" in text_of(shown.text)
    # When they save it, then she is there, with her project, in one row of history
    rows = len(changes(house))
    assert saved(bo, shown, action, **NEW) == f"{PEOPLE}?did=saved"
    eve = house.ledger.directory().company("harbor").people["eve@harbor.example"]
    assert (str(eve.amount_limit), sorted(eve.kinds)) == ("50000.00", ["commitment", "invoice"])
    assert len(changes(house)) == rows + 1
    listed = text_of(bo.get(PEOPLE).text)
    assert "Decides on commitments and invoices, accepts up to 50,000.00" in listed
    # Sent again, nothing changes and nobody is there twice
    again = bo.sends(bo.get(action), action, do="save", **NEW)  # type: ignore[arg-type]
    assert path_of(again).endswith("did=unchanged")
    # When her limit is taken away
    edit = f"{PEOPLE}/edit?email=eve%40harbor.example"
    page = bo.get(edit)
    assert 'value="50000.00"' in page.text
    fewer = {**NEW, "amount_limit": "", "projects": []}
    shown = bo.sends(page, edit, do="show", **fewer)  # type: ignore[arg-type]
    assert "Amount limit: 50,000.00 becomes not set" in text_of(shown.text)
    saved(bo, shown, edit, **fewer)
    assert (
        house.ledger.directory().company("harbor").people["eve@harbor.example"].amount_limit is None
    )
    # When she is removed, it is asked first
    remove = f"{PEOPLE}/remove?email=eve%40harbor.example"
    asked = bo.sends(bo.get(edit), remove, do="show")
    assert "eve@harbor.example" in house.ledger.directory().company("harbor").people
    assert saved(bo, asked, remove) == f"{PEOPLE}?did=removed"
    assert "eve@harbor.example" not in house.ledger.directory().company("harbor").people


def test_every_reason_is_given_and_what_was_typed_stays(house: House, bo: Browser) -> None:
    action, version = f"{PEOPLE}/new", house.ledger.directory().version
    wrong = {**NEW, "email": "eve", "amount_limit": "5O000", "time_zone": "Oslo", "erp_tool": ""}
    page = bo.sends(bo.get(action), action, do="save", **wrong)  # type: ignore[arg-type]
    assert page.status_code == 422
    said = text_of(page.text)
    for reason in (
        "E-mail: ",
        "Amount limit: ",
        "such as 50000.00",
        "Time zone: there is no time zone Oslo",
        "Level on the ERP tool: ",
    ):
        assert reason in said
    for typed in ('value="eve"', 'value="5O000"', 'value="Oslo"', 'value="invoice" checked'):
        assert typed in page.text
    assert house.ledger.directory().version == version
    taken = bo.sends(bo.get(action), action, do="save", **{**NEW, "email": ANN})  # type: ignore[arg-type]
    assert "each may be named once" in text_of(taken.text)
    assert bo.get(f"{PEOPLE}/edit?email=nobody@x").status_code == 404


def test_the_last_admin_is_warned_and_a_change_meanwhile_is_shown_anew(
    house: House, bo: Browser
) -> None:
    edit = f"{PEOPLE}/edit?email=bo%40harbor.example"
    fields = {"name": "Bo Lind", "erp_tool": "standard", "can_push_to_accounting": "1",
              "kinds": ["project", "sub_job", "commitment", "change_order", "invoice"],
              "summary_hour": "7", "time_zone": "UTC", "daily_summary": "1", "alerts": "1",
              "projects": ["pm-12"]}  # fmt: skip
    shown = bo.sends(bo.get(edit), edit, do="show", **fields)  # type: ignore[arg-type]
    assert "Level on the ERP tool: Admin becomes Standard" in text_of(shown.text)
    assert "nobody is an Admin of the ERP tool then" in text_of(shown.text)
    # When the directory has changed since, Save shows what would change now
    directory = upstream.directory().replace('"Bo Lind"', '"Bo Lindh"')
    directory = directory.replace("http://127.0.0.1:9009", house.sandbox.http_url)
    apply(house.program.database, parse(directory))
    anew = bo.sends(shown, edit, do="save", **fields)  # type: ignore[arg-type]
    assert "Name: Bo Lindh becomes Bo Lind" in text_of(anew.text)
    assert house.ledger.directory().company("harbor").people[BO].erp_tool == "admin"


# --- company -------------------------------------------------------------------------------------


def test_every_setting_of_the_directory_has_its_place_and_its_sentence() -> None:
    shown = {each.name for each in company_form.SETTINGS} | {"prefill"}
    assert shown == set(SettingsEntry.model_fields)
    for name in (*SettingsEntry.model_fields, *PersonEntry.model_fields):
        assert words.field_name(name) != name.replace("_", " "), name


def test_the_company_is_set_once_it_was_seen_what_that_changes(house: House, bo: Browser) -> None:
    fields: dict[str, Any] = {
        "auto_accept": ["commitment", "invoice"],
        "self_acceptance": "1",
        "grace_seconds": "30",
        "second_approval_above": "100000",
        "reject_comment": "required",
        "prefill_all": "some",
    }
    page = bo.get(COMPANY)
    mistakes = {"grace_seconds": "soon", "second_approval_above": "a lot"}
    wrong = bo.sends(page, COMPANY, do="save", **(fields | mistakes))
    assert wrong.status_code == 422
    said = text_of(wrong.text)
    assert "a whole number stands here" in said
    assert "such as 50000.00" in said
    assert 'value="soon"' in wrong.text
    shown = bo.sends(page, COMPANY, do="show", **fields)
    said = text_of(shown.text)
    for each in (
        "Accepted without a person: Invoices becomes Invoices, Commitments",
        "Accepting what one sent: no becomes yes",
        "A second approver above: not set becomes 100,000",
    ):
        assert each.split(": ")[0] in said
    assert house.ledger.directory().company("harbor").settings.grace_seconds == 0
    assert saved(bo, shown, COMPANY, **fields) == f"{COMPANY}?did=saved"
    now = house.ledger.directory().company("harbor").settings
    assert (now.grace_seconds, now.self_acceptance, now.prefill) == (30, True, frozenset())
    assert changes(house)[-1]["channel"] == "console"
    # Who only looks sees it, in words
    assert bo.get(COMPANY).text.count("<form") > 2


def test_a_sync_is_scheduled_and_one_that_cannot_be_is_refused(house: House, bo: Browser) -> None:
    action, page = f"{COMPANY}/sync", bo.get(COMPANY)
    wrong = bo.sends(page, action, do="show", mode="every", every_hours="500")
    assert wrong.status_code == 422
    assert 'value="500"' in wrong.text
    shown = bo.sends(page, action, do="show", mode="daily", hour="5", zone="Europe/Oslo")
    assert "off" in text_of(shown.text)
    saved(bo, shown, action, mode="daily", hour="5", zone="Europe/Oslo")
    assert "daily at 05:00 (Europe/Oslo)" in text_of(bo.get(COMPANY).text)
    off = bo.sends(bo.get(COMPANY), action, do="show", mode="off")
    saved(bo, off, action, mode="off")
    with house.ledger.database.reading() as connection:
        rows = connection.execute(sa.select(tables.connections)).mappings().all()
    (books,) = [each for each in rows if each["company"] == "harbor"]
    assert (books["sync"], books["options"]["url"]) == (None, house.sandbox.http_url)


def test_the_directory_is_offered_as_the_file_it_would_be(house: House, bo: Browser) -> None:
    answer = bo.get("/settings/directory.toml")
    assert answer.text == directory_toml.as_toml(house.ledger, "harbor")
    assert 'filename="harbor.toml"' in answer.headers["content-disposition"]
    assert house.sandbox.http_url not in answer.text
    assert "gatepost directory apply" in bo.get(COMPANY).text


# --- secrets -------------------------------------------------------------------------------------


def _whole_database(house: House) -> str:
    with house.ledger.database.reading() as connection:
        return repr(
            [connection.execute(table.select()).all() for table in tables.metadata.sorted_tables]
        )


def test_a_token_is_made_shown_once_and_revoked(house: House, bo: Browser) -> None:
    page = bo.get("/settings/tokens")
    # When nothing is ticked, every reason is given and the name stays
    refused = bo.sends(page, "/settings/tokens", name="")
    assert refused.status_code == 422
    assert refused.text.count('class="wrong"') == 2
    kept = bo.sends(page, "/settings/tokens", name="Nightly <b>import</b>")
    assert "Nightly &lt;b&gt;import" in kept.text
    # When it is right, its secret is on that page, works, and is nowhere else
    with structlog.testing.capture_logs() as logged:
        made = bo.sends(page, "/settings/tokens", name="Nightly import", scopes="items:read")
    (secret,) = re.findall(r'value="(gp_[^"]+)"', made.text)
    assert made.headers["cache-control"] == "no-store"
    known = tokens.verify(house.ledger, secret)
    assert known is not None
    assert known.company == "harbor"
    assert secret not in bo.get("/settings/tokens").text
    assert secret not in _whole_database(house) + repr(logged)
    row = changes(house)[-1]
    assert (row["what"], row["by"], row["detail"]["name"]) == ("token made", BO, "Nightly import")
    # When it is revoked it is asked first, and it is out at once
    path = f"/settings/tokens/{known.id}/revoke"
    asked = bo.get(path)
    assert tokens.verify(house.ledger, secret)
    assert path_of(bo.sends(asked, path)) == "/settings/tokens?did=revoked"
    assert tokens.verify(house.ledger, secret) is None
    assert changes(house)[-1]["what"] == "token revoked"
    # Another company's is not there
    (other,) = [each.id for each in tokens.listed(house.ledger, "acme")][:1]
    assert bo.get(f"/settings/tokens/{other}/revoke").status_code == 404


def test_a_webhook_is_added_tried_paused_replayed_and_removed(house: House, bo: Browser) -> None:
    page = bo.get("/settings/webhooks")
    refused = bo.sends(page, "/settings/webhooks", url="https://u:p@10.0.0.1/#x", events="synced")
    assert refused.status_code == 422
    assert len(re.findall("<li><strong>", refused.text)) >= 2
    assert 'value="https://u:p@10.0.0.1/#x"' in refused.text
    assert 'value="synced" checked' in refused.text
    with structlog.testing.capture_logs() as logged:
        made = bo.sends(
            page, "/settings/webhooks", url="https://pm.harbor.example/h", events="synced"
        )
    (secret,) = re.findall(r'value="(whsec_[^"]+)"', made.text)
    (hook,) = webhook_rooms.listed(house.ledger, "harbor")
    at = f"/settings/webhooks/{hook.id}"
    assert secret not in _whole_database(house) + repr(logged) + bo.get(at).text

    def presses(action: str, **fields: str) -> str:
        answer = bo.sends(bo.get(at), f"{at}/{action}", **fields)
        return text_of(bo.get(path_of(answer)).text)

    assert "A test event was left for it" in presses("test")
    assert "Paused" in presses("pause")
    assert webhook_rooms.listed(house.ledger, "harbor")[0].state == "disabled"
    assert "paused by Bo Lind" in bo.get("/settings/webhooks").text
    assert "told of what happens from now on" in presses("enable")
    assert "will be posted again" in presses("replay", since="1d")
    renewed = bo.sends(bo.get(at), f"{at}/renew")
    assert re.findall(r'value="(whsec_[^"]+)"', renewed.text) not in ([], [secret])
    assert "Removed" in presses("remove")
    assert webhook_rooms.listed(house.ledger, "harbor") == []
    assert bo.get(at).status_code == 404
