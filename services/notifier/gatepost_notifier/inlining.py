"""Puts the style sheet into the templates' own elements: once for each template, when it is read.

Many mail programs drop style sheets, so each element carries its style. Doing that to a template
instead of to every mail made of it costs nothing when mails are written. The inliner must not
trip over the template's own marks, so they stand aside meanwhile.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import css_inline
from jinja2 import BaseLoader, Environment, PackageLoader

_PACKAGE: Final = "gatepost_notifier"
_MARK: Final = re.compile(r"({%.*?%}|{{.*?}}|{#.*?#})", re.DOTALL)
_PLACE: Final = re.compile("<!--\ue000(\\d+)\ue001-->|\ue000(\\d+)\ue001")


class InlinedLoader(BaseLoader):
    """The templates of this service, the HTML ones with their style inlined."""

    def __init__(self) -> None:
        self._files = PackageLoader(_PACKAGE, "templates")

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, path, fresh = self._files.get_source(environment, template)
        return (with_style(source) if Path(template).suffix == ".html" else source), path, fresh


def with_style(source: str) -> str:
    """The source of an HTML template with the style sheet in its elements.

    The dark colours cannot be inlined: a whole document gets them into its head. Statements stand
    between elements, where an HTML comment may stand too; expressions anywhere text may.
    """
    marks: list[str] = []

    def aside(match: re.Match[str]) -> str:
        marks.append(match[0])
        place = f"\ue000{len(marks) - 1}\ue001"
        return place if match[0].startswith("{{") else f"<!--{place}-->"

    plain = _MARK.sub(aside, source)
    if "</head>" in plain:
        styled = css_inline.inline(plain, extra_css=_sheet("style.css"))
        styled = styled.replace("</head>", f"<style>\n{_sheet('dark.css')}</style>\n</head>")
    else:
        styled = css_inline.inline_fragment(plain, _sheet("style.css"))
    return _PLACE.sub(lambda match: marks[int(match[1] or match[2])], styled)


@cache
def _sheet(name: str) -> str:
    return (files(_PACKAGE) / "templates" / "_frame" / name).read_text(encoding="utf-8")
