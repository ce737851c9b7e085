"""The mail that ends a trip: a folder with its subject, its text and its HTML, by Jinja2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SUBJECT: Final = _TEMPLATES.get_template("subject.txt")
_TEXT: Final = _TEMPLATES.get_template("body.txt")
_HTML: Final = _TEMPLATES.get_template("body.html")


class Mail(NamedTuple):
    """A rendered mail."""

    subject: str
    text: str
    html: str


def synced_mail(facts: Mapping[str, Any]) -> Mail:
    """The mail that tells an item's sender that the ERP has it."""
    return Mail(
        subject=_SUBJECT.render(facts).strip(),
        text=_TEXT.render(facts),
        html=_HTML.render(facts),
    )
