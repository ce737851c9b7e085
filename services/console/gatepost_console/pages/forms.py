"""Forms: what a page sends, and that it was one of our pages.

A browser says where a request comes from (``Sec-Fetch-Site``). Where it does not, as over plain
HTTP from another machine, the form must carry the token that was written into the page.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import Depends, Request

from gatepost_console.pages.cookies import browser_secret, session_secret
from gatepost_console.problems import single

TOKEN: Final = "form_token"  # noqa: S105 - the name of a field
MOST_FIELDS: Final = 2000
READER: Final = "you: correct it and send the form again"
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_OURS: Final = ("same-origin", "none")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each with all its values."""

    fields: Mapping[str, Sequence[str]]

    def text(self, name: str, limit: int = 300) -> str:
        """A field's value; empty where it is not there.

        Raises:
            Problem: it is longer than that.

        """
        values = self.fields.get(name)
        # A form sends CRLF where its reader typed one line break (WHATWG HTML, 4.10.22).
        value = values[0].replace("\r\n", "\n").strip() if values else ""
        if len(value) > limit:
            raise single(422, "invalid", f"{name} has more than {limit} characters", READER)
        return value

    def is_ticked(self, name: str) -> bool:
        """Whether a box is ticked; a browser sends nothing of one that is not."""
        return name in self.fields

    def texts(self, name: str) -> Sequence[str]:
        """All values of a field."""
        return self.fields.get(name, ())


def token_of(secret: str) -> str:
    """What a page's forms carry: nobody makes it who does not know the browser's secret."""
    return hashlib.sha256(f"gatepost form 1\0{secret}".encode()).hexdigest()[:32]


async def _form(request: Request) -> Form:
    try:
        text = (await request.body()).decode()
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise single(422, "invalid", "the form cannot be read", READER) from None
    if any("\0" in value for values in fields.values() for value in values):
        raise single(422, "invalid", "a NUL character is in the form", READER)
    return Form(fields)


TheForm = Annotated[Form, Depends(_form)]


async def must_be_ours(request: Request) -> None:
    """Pass, or refuse what was not sent from one of our pages.

    Raises:
        Problem: 403; whoever meant it sends the form once more.

    """
    came_from = request.headers.get("sec-fetch-site")
    if request.method in _SAFE or came_from in _OURS:
        return
    given = (await _form(request)).text(TOKEN) if came_from is None else ""
    for secret in (session_secret(request), browser_secret(request)):
        if secret and hmac.compare_digest(given.encode(), token_of(secret).encode()):
            return
    raise single(
        403,
        "not_from_here",
        "the form did not come from a page of this console, or the page was an old one",
        "you: open the page again and send it from there",
    )
