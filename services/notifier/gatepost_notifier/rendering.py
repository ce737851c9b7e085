"""Rendering: a mail is a folder of templates, ``subject.txt``, ``body.txt`` and ``body.html``."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from gatepost_notifier.inlining import InlinedLoader
from gatepost_notifier.wording import one_line

SUBJECT_LIMIT: Final = 180  # characters; a longer one ends in an ellipsis

# Two environments: what is text must not be escaped, and what is HTML must be.
_TEXT: Final = Environment(
    loader=PackageLoader("gatepost_notifier", "templates"),
    autoescape=False,  # noqa: S701 - plain text; HTML has the other one
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_HTML: Final = Environment(
    loader=InlinedLoader(),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail as its reader gets it."""

    subject: str
    text: str
    html: str


def render(mail: str, **facts: Any) -> Rendered:
    """Write a mail from its facts. A fact that a template names and nobody gave is an error."""
    subject_template, text_template, html_template = _templates(mail)
    subject = one_line(subject_template.render(facts), SUBJECT_LIMIT)
    facts["subject"] = subject
    return Rendered(subject, text_template.render(facts) + "\n", html_template.render(facts))


@lru_cache(maxsize=64)
def _templates(mail: str) -> tuple[Template, Template, Template]:
    return (
        _TEXT.get_template(f"{mail}/subject.txt"),
        _TEXT.get_template(f"{mail}/body.txt"),
        _HTML.get_template(f"{mail}/body.html"),
    )
