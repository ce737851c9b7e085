"""Deciding from the command line on what a filter matches; previewing, taking back, sending."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatepost.ledger.directory_file import apply, parse
from gatepost_sandbox import upstream

from .conftest import Gate, Gatepost, Said, catalogue, eventually

ANN = ("--as", "ann@harbor.example")
Says = Callable[..., Said]


@pytest.fixture
def says(gate: Gate, gatepost: Gatepost) -> Says:
    return lambda *arguments, **more: gatepost(*arguments, database_url=gate.database_url, **more)


def sends(says: Says, *names: str) -> None:
    assert says("send", "-", stdin=catalogue(*names)).code == 0
    for name in names:
        eventually(lambda name=name: name in says("items", "list", "--limit", 500).out)  # type: ignore[misc]


def state(says: Says, subject: str) -> str:
    return str(says("items", "show", subject, "--json").json["state"])


def test_all_that_a_filter_matches_are_decided_once_it_is_confirmed(says: Says) -> None:
    # Given sub jobs that wait
    sends(says, "pm-201", "pm-202", "pm-205")
    sub_jobs = ("--all-matching", "--list", "ready_to_export", "--kind", "sub_job")

    # When that is not confirmed, nothing is decided
    asked = says("reject", *sub_jobs, *ANN, "--comment", "closed", stdin="n\n")
    assert asked.code == 1
    assert "reject 3 items (3 sub jobs) as ann@harbor.example?" in asked.err
    assert says("reject", *sub_jobs, *ANN, "--comment", "closed").code == 1, "nobody answers"
    assert state(says, "harbor/sub_job/pm-202") == "sent"

    # When one that lacks something is among them, nothing is done and it says why
    bare = says("reject", *sub_jobs, "--yes", *ANN)
    assert (bare.code, bare.out.count("short explanation")) == (1, 3)

    # When it is confirmed, then all are; and then none is left to match
    done = says("reject", *sub_jobs, *ANN, "--comment", "the budget is closed", stdin="y\n")
    assert (done.code, done.out.count("done")) == (0, 3)
    assert state(says, "harbor/sub_job/pm-202") == "rejected"
    assert says("reject", *sub_jobs, "--yes", *ANN, "--comment", "no").code == 4


@pytest.mark.parametrize(
    "words",
    [
        ("--all-matching",),  # everything there is
        ("--all-matching", "harbor/sub_job/pm-201", "--kind", "sub_job"),  # which of the two?
        ("harbor/sub_job/pm-201", "--kind", "sub_job"),
        (),
        ("--all-matching", "--kind", "colour"),
    ],
)
def test_a_filter_that_is_not_clear_decides_nothing(says: Says, words: tuple[str, ...]) -> None:
    assert says("accept", *words, "--yes", *ANN).code == 2


def test_what_would_be_written_is_shown_and_an_acceptance_taken_back(
    gate: Gate, says: Says
) -> None:
    # Given a company that leaves ten minutes
    text = upstream.directory().replace("http://127.0.0.1:9009", gate.sandbox.http_url)
    settings = "[company.settings]\n"
    apply(gate.program.database, parse(text.replace(settings, f"{settings}grace_seconds = 600\n")))
    sends(says, "pm-12", "pm-551")
    subject = "harbor/commitment/pm-551"

    # When a preview is asked for, then it is what an acceptance would write
    shown = says("items", "preview", subject, "--entry", "accounting_date=2026-11-30", "--json")
    assert (shown.code, shown.json["writes"], shown.json["errors"]) == (0, "create", [])
    assert shown.json["record"]["accounting_date"] == "2026-11-30"
    assert shown.json["record"]["erp_number"] == shown.json["record"]["number"]
    assert "create over books (sandbox)" in says("items", "preview", subject).out
    wrong = says("items", "preview", subject, "--entry", "accounting_date=soon")
    assert (wrong.code, "against it: entries.accounting_date" in wrong.out) == (1, True)
    assert says("items", "preview", "harbor/commitment/nobody").code == 4

    # When it is accepted and taken back, then it waits again
    assert says("accept", subject, *ANN, "--entry", "erp_number=").code == 0
    assert says("items", "show", subject, "--json").json["entries"] == {}
    assert says("take-back", subject).code == 0
    assert state(says, subject) == "sent"
    assert says("take-back", subject, *ANN).code == 4, "there is nothing to take back"


def test_an_event_that_contradicts_one_before_it_in_the_file_is_refused(says: Says) -> None:
    # Given a revision that comes twice with different words, and an id that is used twice
    first: dict[str, Any] = json.loads(catalogue("pm-203"))
    other = {**first, "id": "another", "data": {**first["data"], "title": "Something else"}}
    taken = {**first, "data": {**first["data"], "external_id": "pm-203-b"}}

    # When all are sent in one file, the first of them twice
    events = (first, first, other, taken)
    said = says("send", "-", "--json", stdin="\n".join(map(json.dumps, events)))

    # Then both are refused with their reason, and the repeat is no contradiction
    assert (said.code, said.json["sent"]) == (3, 2)
    assert [each["errors"][0]["rule"] for each in said.json["refused"]] == ["conflict"] * 2
    assert "came before with other content" in said.json["refused"][0]["reason"]
    assert "another event came from" in said.json["refused"][1]["reason"]
    eventually(lambda: says("items", "show", "harbor/sub_job/pm-203").code == 0)
    kept = says("quarantine", "list", "--json").json["items"]
    assert [each["reason"] for each in kept] == ["conflict"] * 2
