"""A page in a real browser, and what must hold for each: no errors, no violations, nobody kept out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

AXE: Final = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP: Final[ViewportSize] = {"width": 1360, "height": 860}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
PATIENCE: Final = 60_000  # milliseconds; what is waited for takes a fraction of one, as a rule

expect.set_options(timeout=PATIENCE)

Scheme = Literal["light", "dark"]
LOOKS: Final[list[tuple[str, ViewportSize, Scheme]]] = [
    ("desktop, light", DESKTOP, "light"),
    ("desktop, dark", DESKTOP, "dark"),
    ("phone, light", PHONE, "light"),
    ("phone, dark", PHONE, "dark"),
]


@contextmanager
def window(
    browser: Browser, *, scripts: bool = True, viewport: ViewportSize = DESKTOP
) -> Generator[Page]:
    """A window of a browser that was never here; at its end it must not have complained."""
    context = browser.new_context(viewport=viewport, java_script_enabled=scripts)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    said: list[str] = []

    def hears(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(f"{message.location.get('url')}: {message.text}")

    page.on("console", hears)
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert said == [], "the browser complained"


def must_be_in_order(page: Page) -> None:
    """Whoever looks at it, however: nobody is kept out, and nothing sticks out of a phone."""
    for name, viewport, scheme in LOOKS:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        found = violations(page)
        assert found == [], f"{page.url} ({name}) {found}"
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"{page.url} ({name}) is {width} px wide"


def violations(page: Page) -> list[str]:
    """What axe finds: the rule, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())  # not a script tag: the policy lets none in
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    result: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{each['id']}: {each['help']} at {[node['target'] for node in each['nodes']][:5]}"
        for each in result["violations"]
    ]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")
