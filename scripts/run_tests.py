"""Runs the groups of tests side by side and says what came of each: ``make test``.

``run_tests.py servers`` runs one group. With ``CI`` set, a group that cannot run here is a failure;
one that needs what somebody would have to lend it is not.
The last line is ``N passed, N failed``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from gatepost.testing.servers import ServersMissing
from gatepost.testing.servers.finding import SERVERS, VARIABLES, provide

ROOT = Path(__file__).resolve().parent.parent
_KINDS = re.compile("projects|sub jobs|commitments|change orders|invoices")  # one reason for all
NOTHING_COLLECTED = 5  # pytest's exit code
#: What the tests need, and no more: pytest rewrites every module of a plugin that it finds by
#: itself, in each of its processes, and schemathesis has many.
PLUGINS = ("-p", "xdist", "-p", "timeout", "-p", "hypothesispytest")


@dataclass(frozen=True)
class Group:
    """Tests that need the same things to be here."""

    name: str
    title: str
    marked: str
    workers: int = 1  # side by side; for two cores, as most tests wait for half of their time
    needs: tuple[str, ...] = ()  # installed for it, where we may
    asked_only: bool = False
    yields: int = 10  # niceness: the others let the group that takes longest go first
    rooms: tuple[str, ...] = ("tests",)  # where they are: to collect all takes each process seconds
    lent: tuple[str, ...] = ()  # variables that name what nobody can install for it


_ERPS = ("tests/connectors", "tests/journeys")
_LENT = ("ODOO_URL", "ODOO_DB", "ODOO_API_KEY")
GROUPS = (
    Group("embedded", "embedded (SQLite)", "not (servers or browser or erp or odoo)", 3),
    Group(
        "servers", "real servers", "servers and not (browser or erp or odoo)", 2, SERVERS, yields=0
    ),
    Group("browser", "browser", "browser", 2, ("chromium",), rooms=("tests/browser",)),
    Group("erp", "real ERPs", "erp", needs=SERVERS, rooms=_ERPS),
    # Its journey is told on one stack: that the other is the same is known without it.
    Group("odoo", "a real Odoo", "odoo and not servers", rooms=_ERPS, lent=_LENT),
)


@dataclass
class Outcome:
    """What came of a group, or of all of them."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    skips: Counter[str] = field(default_factory=Counter)  # why, and how often
    why_not: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def ran(self) -> bool:
        return bool(self.passed or self.failed)

    def add(self, other: Outcome) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def main(asked: str = "") -> int:
    groups, hints = chosen(asked, os.environ)
    if not groups and not hints:
        print(f"there is no group {asked}, only {', '.join(group.name for group in GROUPS)}")
        return 2
    total, left_out, skips = Outcome(), [], []
    # Side by side: the groups share nothing.
    pool = ThreadPoolExecutor(len(GROUPS))
    running = [(group, pool.submit(timed, group)) for group in groups]
    for group, ending in running:
        outcome = announced(group, ending)
        total.add(outcome)
        if outcome.failed:
            print(outcome.said)
        if outcome.why_not:
            left_out.append(f"not run: {group.title}: {outcome.why_not[0]}")
        elif outcome.skips:
            skips += told(group, outcome.skips)
    print(*skips, *left_out, *hints, total, sep="\n")
    return int(total.failed > 0 or bool(left_out and os.environ.get("CI")))


def chosen(asked: str, given: Mapping[str, str]) -> tuple[list[Group], list[str]]:
    """The groups to run, and a line for each that could be and is not.

    What is lent is one of the real ERPs for whoever asks for those.
    """
    groups, hints = [], []
    for group in GROUPS:
        is_here = all(given.get(name) for name in group.lent)
        is_meant = asked in ("", group.name) or (asked == "erp" and group.lent)
        if is_meant and is_here and (asked or not group.asked_only):
            groups.append(group)
        elif is_meant:
            command = " ".join([*(f"{name}=..." for name in group.lent), "make test"])
            hints.append(f"not run: {group.title}: {command} GROUP={group.name}")
    return groups, hints


def told(group: Group, skips: Counter[str]) -> list[str]:
    """Why tests of a group were skipped, the most frequent reason first; at most six lines."""
    said = "; ".join(f"{count} x {why}" for why, count in skips.most_common())
    text = f"{group.title}: {skips.total()} skipped: {said}"
    return textwrap.wrap(
        text, 120, initial_indent="  ", subsequent_indent="    ", max_lines=6, placeholder=" ..."
    )


def announced(group: Group, ending: Future[tuple[Outcome, float]]) -> Outcome:
    """Wait for it, on one line of output."""
    print(f"  {group.title} {'.' * (36 - len(group.title))} ", end="", flush=True)
    outcome, seconds = ending.result()
    if outcome.ran:
        print(f"{outcome!s:<34} {seconds:>6.1f} s", flush=True)
    else:
        print("not run" if outcome.why_not else "none yet", flush=True)
    return outcome


def timed(group: Group) -> tuple[Outcome, float]:
    began = time.monotonic()
    return run(group), time.monotonic() - began


def run(group: Group) -> Outcome:
    try:
        provide(group.needs)
    except ServersMissing as missing:
        return Outcome(why_not=[str(missing)])
    with tempfile.TemporaryDirectory(prefix="gatepost-tests-") as scratch:
        report = Path(scratch, "report.xml")
        words = ["-m", "pytest", "-q", "-m", group.marked, f"--junitxml={report}", "--color=auto"]
        words += [*PLUGINS, "-n", str(workers(group)), *group.rooms]
        done = subprocess.run(
            ["nice", "-n", str(group.yields), sys.executable, *words],
            cwd=ROOT,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        outcome = counted(report) if report.exists() else Outcome()
    outcome.said = done.stdout
    if done.returncode not in (0, NOTHING_COLLECTED) and not outcome.failed:
        outcome.failed = 1  # it did not get as far as failing a test
    return outcome


def surroundings() -> dict[str, str]:
    """The environment of the tests. What was compiled once is kept: many of them start programs."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def workers(group: Group) -> int:
    """How many processes run it, each with servers of its own; servers that were given are one's."""
    lent = group.name == "servers" and any(os.environ.get(VARIABLES[name]) for name in SERVERS)
    return 0 if lent or group.workers == 1 else group.workers


def counted(report: Path) -> Outcome:
    """What pytest counted, and why tests were skipped; if all were, that is why it did not run."""
    suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314
    if suite is None:
        return Outcome()
    number = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
    failed, skipped = number["failures"] + number["errors"], number["skipped"]
    outcome = Outcome(number["tests"] - failed - skipped, failed, skipped)
    why = [" ".join(each.get("message", "").split()) for each in suite.iter("skipped")]
    if outcome.ran:
        outcome.skips.update(_KINDS.sub("records", each) for each in why)
    else:
        outcome.why_not = why
    return outcome


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:2]))
    except KeyboardInterrupt:
        sys.exit(130)
