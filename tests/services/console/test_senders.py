"""What a sender sees: what the badges mean, where an item is, for whom it waits, what to correct."""

from __future__ import annotations

import re
from collections.abc import Callable

from gatepost.domain.lifecycle import LIFECYCLE, State, Step
from gatepost_console.badges import badge
from gatepost_console.lifecycle_words import sender_can, who_has_it

from .browsing import Browser
from .conftest import ANN, UMA, House, Source
from .test_item_page import text_of

Browsers = Callable[[str], Browser]


def way(html: str) -> list[tuple[str, str]]:
    """The stops of an item's way: how far each is, and what it says."""
    found = re.findall(r'<li class="stop is-([a-z-]+)".*?>(.*?)</li>', html, re.DOTALL)
    return [(mark, text_of(said)) for mark, said in found]


def test_every_badge_is_explained_as_it_stands_at_the_source(house: House) -> None:
    with Browser(house) as nobody:  # nobody need be signed in
        page = nobody.get("/badges")
    for state in State:
        assert badge(state).strip() in page.text
        assert who_has_it(state) in text_of(page.text)
        assert sender_can(state) in text_of(page.text)


def test_what_a_sender_can_do_is_what_the_life_cycle_allows() -> None:
    for state, steps in LIFECYCLE.items():
        said = sender_can(state)
        assert ("Take it back" in said) == (Step.RETRIEVE in steps)
        assert ("Nothing" in said) == (not {Step.SEND, Step.RETRIEVE} & set(steps))


def test_a_sender_sees_for_whom_it_waits_and_then_what_to_correct(
    browsers: Browsers, source: Source, house: House
) -> None:
    # Given a commitment that Uma sent
    item_id = source.sent("commitment")
    known = source.api.get(f"/v1/items/{item_id}").json()

    # When she opens it, then it says who may approve it, and since when it waits
    uma = browsers(UMA)
    stops = way(uma.get(f"/items/{item_id}").text)
    assert [mark for mark, _ in stops] == ["done", "now", "to-do", "to-do"]
    assert "Ann Ode or Bo Lind since" in stops[1][1]

    # And when it is rejected, then who did, why, and the way to where it is corrected
    with house.client(acting=ANN) as api:
        body = {"revision": 1, "comment": "the vendor is another one", "reason_code": "vendor"}
        assert api.post(f"/v1/items/{item_id}/reject", json=body).status_code == 200
    page = uma.get(f"/items/{item_id}").text
    assert [mark for mark, _ in way(page)] == ["done", "wrong", "to-do", "to-do"]
    said = text_of(page)
    assert "Ann Ode sent it back: the vendor is wrong." in said
    assert "the vendor is another one" in said
    assert f'href="{known["url"]}" rel="noopener noreferrer">Correct it there' in page

    # And for those who decide the page has no such way
    assert way(browsers(ANN).get(f"/items/{item_id}").text) == []


def test_what_failed_says_why_and_who_can_mend_it(
    browsers: Browsers, source: Source, house: House
) -> None:
    item_id = source.sent("commitment")
    house.sandbox.switch.put({"mode": "refuse", "message": "October is closed."})
    with house.client(acting=ANN) as api:
        assert api.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).status_code == 200
    source.becomes(item_id, "failed")
    page = browsers(UMA).get(f"/items/{item_id}").text
    stops = way(page)
    assert [mark for mark, _ in stops] == ["done", "done", "wrong", "to-do"]
    assert "by Ann Ode" in stops[1][1]
    said = text_of(page)
    assert "October is closed." in said
    assert "Who can change that: accounting" in said
