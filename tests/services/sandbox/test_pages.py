"""The ERP's own pages: its books to look at, and a switch that only this machine turns."""

import httpx
import pytest

from gatepost_sandbox.front_office import POSITIONS, toggled
from gatepost_sandbox.serving import Sandbox

HTML = {"Accept": "text/html"}


def test_what_is_written_stands_in_the_books(erp: httpx.Client) -> None:
    # Given a commitment with a line, whose title is no markup
    body = {"number": "SC-77", "title": "Steel <b>A", "vendor": "V-100", "total": "12400.00"}
    lines = [{"external_id": "l-1", "amount": "12400.00"}]
    record = erp.post("/erp/commitments", json={**body, "lines": lines, "mark": "gp-77"}).json()

    # When a person opens the books
    page = erp.get("/books", headers=HTML, params={"kind": "commitment"})

    # Then it is there, and so is all of it behind its link
    assert "Steel &lt;b&gt;A" in page.text
    assert "12,400.00" in page.text
    assert "unsafe" not in page.headers["content-security-policy"]
    whole = erp.get(f"/books/{record['id']}", headers=HTML).text
    assert "gp-77" in whole
    assert record["lines"][0]["id"] in whole
    assert erp.get("/books/PO-999999").status_code == 404


@pytest.mark.parametrize("position", POSITIONS, ids=lambda each: each.mode)
def test_a_button_turns_the_switch(sandbox: Sandbox, erp: httpx.Client, position: object) -> None:
    mode = position.mode  # type: ignore[attr-defined]
    as_a_browser = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    turned = erp.post("/switch", data={"mode": mode}, headers=as_a_browser)
    assert turned.status_code == 303
    assert sandbox.switch.shows().mode is mode
    assert f'value="{mode}"' in erp.get("/books").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},  # another site's form
        {"Origin": "http://127.0.0.1:1"},  # another program's of this machine
        {"Host": "evil.example"},  # a name that was made to point here
    ],
)
def test_nobody_else_turns_it(sandbox: Sandbox, erp: httpx.Client, headers: dict[str, str]) -> None:
    assert erp.post("/switch", data={"mode": "down"}, headers=headers).status_code == 403
    assert sandbox.switch.shows().mode == "ok"


def test_a_key_of_the_demo_turns_it_too(sandbox: Sandbox) -> None:
    assert "refuses" in toggled(sandbox.switch)
    assert sandbox.switch.shows().mode == "refuse"
    assert "works again" in toggled(sandbox.switch)
    assert sandbox.switch.shows().mode == "ok"
