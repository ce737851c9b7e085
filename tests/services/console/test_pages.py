"""The pages: what holds for each of them, what whom is shown, lists, errors, files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest

from gatepost_console.pages.static_files import static_files, static_url

from .browsing import Browser
from .conftest import ANN, BO, CARLA, OMAR, RITA, UMA, House, Source

PAGES = (
    "/sign-in",
    "/items",
    "/items?list=ready_to_export",
    "/items?list=ready_to_import",
    "/items?list=archived",
    "/items?list=archived&records=1",
    "/items?list=failed_to_export&kind=invoice&q=steel",
    "/nothing",
)


@pytest.fixture
def ann(browsers: Callable[[str], Browser]) -> Browser:
    return browsers(ANN)


def _links(page: httpx.Response, words: str) -> list[str]:
    """Where links with these words lead."""
    found = re.findall(r'<a[^>]*href="([^"]*)"[^>]*>(.*?)</a>', page.text, re.DOTALL)
    return [unescape(address) for address, text in found if words in text]


def _numbers(page: httpx.Response) -> list[str]:
    """The numbers of the items shown, in their order."""
    return re.findall(r"data-open><span[^>]*>[^<]*</span> ([^<]*)</a>", page.text)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_and_loads_nothing_but_our_own_files(ann: Browser, path: str) -> None:
    answer = ann.get(path, follow_redirects=True)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    for part in ("script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src=)", answer.text)
    assert not re.search(r'(?:src|href|action)="(?!/|#)', answer.text), "an address elsewhere"
    for form in re.findall(r'<form[^>]*method="post".*?</form>', answer.text, re.DOTALL):
        assert 'name="form_token"' in form


def test_a_file_is_kept_for_long_because_its_address_names_its_content(ann: Browser) -> None:
    for name, known in static_files().items():
        answer = ann.get(static_url(name))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert hashlib.sha256(answer.content).hexdigest().startswith(known.mark)
    for path in ("/static/0000000000000000/app.css", "/static/x/../app.py", "/static/x/app.py"):
        assert ann.get(path).status_code == 404
    assert sum(len(each.body) for each in static_files().values()) < 64 * 1024


def test_the_api_answers_with_problem_documents_whoever_asks(ann: Browser) -> None:
    for path in ("/v1/items", "/v1/nothing", "/v1", "/v1/items/x"):
        assert ann.get(path).headers["content-type"] == "application/problem+json"
    answer = ann.get("/nothing", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    # A session is no token: pages and API do not mix
    assert ann.get("/v1/lists").status_code == 401


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nothing", 404, "There is nothing here"),
        ("/items?list=sideways", 422, "List is one of ready_to_import"),
        ("/items?since=yesterday", 422, "Since is a day"),
        ("/items?cursor=abc", 422, "cursor"),
        ("/items?list=ready_to_import&cursor=abc", 422, "cursor"),
    ],
)
def test_an_error_is_a_page_that_says_why_and_who_can_fix_it(
    ann: Browser, path: str, status: int, says: str
) -> None:
    answer = ann.get(path)
    assert answer.status_code == status
    assert says in answer.text
    assert "Who can change that:" in answer.text
    assert 'href="/"' in answer.text


def test_a_fault_shows_no_details(
    ann: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the password is 1234")

    from gatepost_console.pages import item_lists

    monkeypatch.setattr(item_lists, "rows_of", fails)
    answer = ann.get("/items")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "1234" not in answer.text


def test_a_list_shows_what_somebody_decides_by(ann: Browser, source: Source) -> None:
    item_id = source.sent("commitment")
    (item,) = [
        each
        for each in source.api.get("/v1/items?limit=1").json()["items"]
        if each["item_id"] == item_id
    ]
    page = ann.get("/items?list=ready_to_export")
    row = re.search(rf"<tr[^>]*data-row>((?:(?!</tr>).)*{item_id}.*?)</tr>", page.text, re.DOTALL)
    assert row
    for words in (item["number"], item["title"], "Aker Steel AS", "Harbor Bridge", "USD"):
        assert words in unescape(row[1])
    for words in ("Uma Berg", "badge-blue", ">Sent<", f'value="{item_id}@1"'):
        assert words in row[1]
    total = f"{float(item['total']):,.2f}"
    assert total in row[1]
    (count,) = re.findall(r'data-count="ready_to_export">([\d,]+)<', page.text)
    live = ann.get("/lists/counts", headers={"Accept": "application/json"}).json()["lists"]
    assert live["ready_to_export"] >= int(count.replace(",", "")) > 0


@pytest.mark.parametrize(
    ("who", "sees", "chooses", "reads_amounts"),
    [
        (ANN, True, True, True),  # an approver
        (BO, True, True, True),
        (RITA, True, False, True),  # reads only: looks, and chooses nothing
        (OMAR, True, False, True),  # an operator who may read
        (UMA, False, False, True),  # a sender: what is her own, with its amounts
        (CARLA, False, False, True),  # made it: it is hers too
    ],
)
def test_everybody_sees_what_their_rights_let_them(
    browsers: Callable[[str], Browser],
    source: Source,
    who: str,
    sees: bool,
    chooses: bool,
    reads_amounts: bool,
) -> None:
    item_id = source.sent("commitment")
    browser = browsers(who)
    path = "/items?created_by=me" if who == CARLA else "/items"
    page = browser.get(path)
    assert (item_id in page.text) is True
    assert ("data-count" in page.text) is sees
    assert (f'value="{item_id}@1"' in page.text) is chooses
    assert ('class="currency"' in page.text) is reads_amounts
    assert browser.get("/lists/counts").status_code == (200 if sees else 403)


def test_a_sender_sees_nobody_else_s_items(
    browsers: Callable[[str], Browser], source: Source
) -> None:
    event = source.event("commitment")
    event["data"]["sent_by"] = {"email": "someone@harbor.example", "name": "Someone"}
    event["data"]["created_by"] = {"email": "someone@harbor.example", "name": "Someone"}
    assert source.send(event).status_code in (202, 422)
    for path in ("/items", f"/items?sent_by={CARLA}", "/items?list=ready_to_export&q=steel"):
        page = browsers(UMA).get(path)
        assert "Someone" not in page.text
        assert "data-row" not in page.text or "Uma Berg" in page.text


def test_filters_stand_in_the_address_and_are_kept(ann: Browser, source: Source) -> None:
    item_id = source.sent("commitment", title="Quayside ladders")
    found = ann.get(
        "/items?list=ready_to_export&kind=commitment&q=quayside&project=&sent_by=" + UMA
    )
    assert item_id in found.text
    assert 'value="quayside"' in found.text
    assert re.search(rf'<option value="{UMA}" selected>', found.text)
    (older,) = _links(found, "Sent <")
    assert "q=quayside" in older
    assert "sort=oldest" in older
    for nothing in ("&kind=invoice", "&since=2999-01-01", "&until=1999-01-01", "&sent_by=" + ANN):
        page = ann.get("/items?list=ready_to_export&q=quayside" + nothing)
        assert item_id not in page.text
        assert "Nothing matches" in page.text
    today = ann.get("/items?list=ready_to_export&q=quayside&since=1999-01-01&until=2998-01-01")
    assert item_id in today.text


def test_pages_of_a_list_lead_on_and_back(
    ann: Browser, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given five items on pages of two
    from gatepost.ledger import listing

    for _ in range(5):
        source.sent("commitment", title="Turning pages")
    usual = listing.page
    monkeypatch.setattr(listing, "page", lambda *args, **more: usual(*args, limit=2, **more))
    for order in ("newest", "oldest"):
        # When somebody goes on to the end and back, then nothing is twice, and nothing left out
        on, seen = "Older" if order == "newest" else "Newer", []
        page = ann.get(f"/items?q=turning+pages&sort={order}")
        seen = [_numbers(page)]
        while links := _links(page, on):
            page = ann.get(links[0])
            seen.append(_numbers(page))
        assert [len(each) for each in seen] == [2, 2, 1]
        back = "Newer" if order == "newest" else "Older"
        again = [seen[-1]]
        while links := _links(page, back):
            page = ann.get(links[0])
            again.append(_numbers(page))
        assert again == seen[::-1]


def test_an_empty_list_says_what_would_stand_there(browsers: Callable[[str], Browser]) -> None:
    newcomer = browsers("ann@acme.example")  # of a company that has not begun
    assert "Refresh of the connection" in newcomer.get("/items?list=ready_to_import").text
    assert "put away" in newcomer.get("/items?list=archived").text
    assert "Nothing has been sent yet" in newcomer.get("/items").text


def test_what_people_write_is_shown_as_text(ann: Browser, source: Source) -> None:
    item_id = source.sent("commitment", title='<script>alert("x")</script>')
    page = ann.get("/items?q=alert").text
    assert item_id in page
    assert "<script>alert" not in page
    assert "<img src=x" not in ann.get('/items?q="><img src=x>').text
