"""A browser without a screen: follows forms and links as people do, and keeps cookies."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa

from gatepost.ledger import tables
from gatepost.ledger.sign_in_codes import code_of

from .conftest import NO_TLS, House

HTML = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "none"}
OURS = {"Sec-Fetch-Site": "same-origin"}
FOREIGN = {"Sec-Fetch-Site": "cross-site"}


class Browser(httpx.Client):
    """A client that is not told where forms come from: they carry their token, as it was written."""

    def __init__(self, house: House, **more: str) -> None:
        super().__init__(
            base_url=house.url,
            headers={"Accept": "text/html", **more},
            verify=NO_TLS,
            timeout=20,
            limits=httpx.Limits(keepalive_expiry=1),  # well before the server hangs up
        )
        self.house = house

    def sends(
        self, page: httpx.Response, action: str, /, to: str = "", **fields: str
    ) -> httpx.Response:
        """Fill in a form of a page and send it, or have one of its buttons send it elsewhere."""
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
        assert form, f"the page has no form to {action}"
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
        filled = {name: unescape(value) for name, value in hidden}
        return self.post(to or action, data=filled | fields)

    def asks_for_a_code(self, email: str, next_page: str = "") -> httpx.Response:
        page = self.get("/sign-in", params={"next": next_page} if next_page else {})
        return self.sends(page, "/sign-in", email=email)

    def signs_in(self, email: str, next_page: str = "") -> httpx.Response:
        page = self.asks_for_a_code(email, next_page)
        return self.sends(page, "/sign-in/code", code=latest_code(self.house, email))


def latest_code(house: House, email: str) -> str:
    """The code that the notifier would mail."""
    known = sa.select(tables.sign_ins.c.id).where(tables.sign_ins.c.email == email)
    with house.ledger.database.reading() as connection:
        newest = known.order_by(tables.sign_ins.c.id.desc()).limit(1)
        sign_in_id = connection.execute(newest).scalar_one()
    key = house.program.settings.secret_key
    assert key is not None
    return code_of(key.get_secret_value(), sign_in_id)


def another(code: str) -> str:
    """A code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def path_of(answer: httpx.Response) -> str:
    """Where a browser is sent to."""
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    assert not parts.netloc
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
