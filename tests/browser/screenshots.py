"""Pictures of every page, in every look: ``make screenshots`` writes them to build/screenshots.

They are of a demo of its own, once its story was told: there is something of everything in it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from gatepost.testing.servers.finding import chromium, provide
from gatepost.testing.servers.processes import free_port
from tests.browser.showing import LOOKS

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "build" / "screenshots"
PATIENCE: Final = 120.0  # seconds for the story of the demo
TOLD: Final = re.compile(r"change order CCO-1\S* +synced")  # the end of the story
ENOUGH: Final = 14  # items that have come, when the pictures are taken


@dataclass(frozen=True)
class Shot:
    """A page to take a picture of: as whom, where, and what to press when it is there."""

    name: str
    path: str
    persona: str = "Ann"
    press: tuple[str, ...] = ()  # what is clicked first, by its words


#: A new page has its line here.
SHOTS: Final = (
    Shot("sign-in", "/demo/sign-in", persona=""),
    Shot("ready-to-export", "/items?list=ready_to_export"),
    Shot("filters", "/items?list=ready_to_export&project=pm-12", press=("Filters (1)",)),
    Shot("failed-to-export", "/items?list=failed_to_export"),
    Shot("ready-to-import", "/items?list=ready_to_import"),
    Shot("synced", "/items?list=synced"),
    Shot("archived", "/items?list=archived"),
    Shot("all-items", "/items"),
    Shot("nothing-matches", "/items?q=gangway"),
    Shot("an-item", "/items?list=ready_to_export&kind=commitment", press=("SC-",)),
    Shot("decide-on-all", "/decisions?list=ready_to_export"),
    Shot("sent-by-me", "/items", persona="Uma"),
    Shot("route", "/operations", persona="Omar"),
    Shot("failures", "/operations/failures", persona="Omar"),
    Shot("connections", "/operations/connections", persona="Omar"),
    Shot("quarantine", "/operations/messages", persona="Omar"),
    Shot("parked", "/operations/messages?show=parked", persona="Omar"),
    Shot("workers", "/operations/workers", persona="Omar"),
    Shot("mails", "/operations/mails", persona="Omar"),
    Shot("badges", "/badges", persona="Uma"),
    Shot("next-morning", "/demo/next-morning", press=("Make it the next morning",)),
    Shot("settings-me", "/settings/me"),
    Shot("settings-people", "/settings/people", persona="Bo"),
    Shot("settings-person", "/settings/people/edit?email=rita@harbor.example", persona="Bo"),
    Shot("settings-company", "/settings/company", persona="Bo"),
    Shot("settings-webhooks", "/settings/webhooks", persona="Bo"),
    Shot("settings-tokens", "/settings/tokens", persona="Bo"),
    Shot("not-found", "/nothing"),
)


def main() -> int:
    provide(["chromium"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=as_root)
        for shot in SHOTS:
            take(browser, url, shot)
        browser.close()
    print(f"{len(SHOTS) * len(LOOKS)} pictures in {FOLDER.relative_to(ROOT)}")
    return 0


def take(browser: Browser, url: str, shot: Shot) -> None:
    """One page in every look."""
    for look, viewport, scheme in LOOKS:
        context = browser.new_context(viewport=viewport, color_scheme=scheme)
        page = context.new_page()
        if shot.persona:
            be(page, url, shot.persona)
        page.goto(url + shot.path)
        for words in shot.press:
            page.get_by_text(words).first.click()
        page.screenshot(path=FOLDER / f"{shot.name}-{look.replace(', ', '-')}.png")
        context.close()


def be(page: Page, url: str, persona: str) -> None:
    """Sign in with one click."""
    page.goto(f"{url}/demo/sign-in")
    page.get_by_role("button", name=persona, exact=True).click()


@contextmanager
def demo() -> Generator[str]:
    """A demo whose story was told; gives the console's address."""
    anywhere = {"GATEPOST_SANDBOX_HTTP_PORT": "0", "GATEPOST_SANDBOX_SMTP_PORT": "0"}
    with tempfile.TemporaryDirectory(prefix="gatepost-screenshots-") as folder:
        port, said = free_port(), Path(folder, "said")
        command = [sys.executable, "-m", "gatepost.cli", "demo", "--headless", "--port", str(port)]
        with said.open("w") as out:
            process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **anywhere}, stdout=out, stderr=out
            )
        try:
            await_story(said, process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez"):
                pass
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def await_story(said: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the demo has told the last of its story.

    Raises:
        RuntimeError: it ended, or did not come that far.

    """
    end = time.monotonic() + PATIENCE
    while not TOLD.search(text := said.read_text()) or text.count(" received ->") < ENOUGH:
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the demo did not tell its story:\n{text}")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
