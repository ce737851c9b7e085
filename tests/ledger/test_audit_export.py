"""The export for an auditor holds by itself, and what is done to it is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gatepost.ledger.audit_export import NotAnExport, Span, verify_lines
from tests.ledger.chains import chain, lines, record, verdict, with_seals
from tests.ledger.office import Office


@pytest.fixture
def recorded(office: Office) -> Office:
    return with_seals(office)


def test_an_export_holds_by_itself(recorded: Office) -> None:
    record(recorded, "pm-9")
    found = verify_lines(lines(recorded))
    inside = verdict(recorded)
    assert found == inside
    assert (found.holds, found.seals, found.unsealed) == (True, 4, 1)


def test_an_export_of_a_span_begins_at_the_first_seal_with_a_row_in_it(recorded: Office) -> None:
    third = chain(recorded)[2]
    since = datetime.fromisoformat(third.first_at)
    part = lines(recorded, Span(since=since, until=datetime(2999, 1, 1, tzinfo=UTC)))
    found = verify_lines(part)
    assert (found.holds, found.seals, found.head) == (True, 2, verdict(recorded).head)
    nothing = verify_lines(lines(recorded, Span(until=datetime(2001, 1, 1, tzinfo=UTC))))
    assert (nothing.holds, nothing.seals) == (True, 0)


OF_SEAL_2 = re.compile(rb'"se(q|al)":2\b')
LINES_CASES: list[tuple[str, Callable[[list[bytes]], list[bytes]]]] = [
    # a word in every row
    ("row_changed", lambda all: [each.replace(b'"ann"', b'"bob"') for each in all]),
    # the last row
    ("row_missing", lambda all: all[:-1]),
    # two rows of a seal in each other's place
    ("rows_reordered", lambda all: [*all[:-2], all[-1], all[-2]]),
    # a row twice
    ("row_inserted", lambda all: [*all, all[-1]]),
    # a row of another seal
    ("row_inserted", lambda all: [*all, all[2]]),
    # a seal without its rows: they stand under the one before it
    ("row_inserted", lambda all: [each for each in all if b'"seq":2' not in each]),
    # a seal and its rows
    ("seal_missing", lambda all: [each for each in all if not OF_SEAL_2.search(each)]),
    # the last seal and its rows
    ("seal_missing", lambda all: all[:-3]),
    # what a seal says of itself
    (
        "seal_changed",
        lambda all: [each.replace(b'"first_at":"2', b'"first_at":"1') for each in all],
    ),
]


@pytest.mark.parametrize(("kind", "change"), LINES_CASES)
def test_what_was_done_to_an_export_is_found(
    recorded: Office, kind: str, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    changed = change(lines(recorded))
    assert changed != lines(recorded)
    found = verify_lines(changed).broken
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "line 1: not an export"),
        (b"{}", "line 1: not an export"),
        (b'{"form": "gatepost.audit.v1"}\nnonsense', "line 2: not JSON"),
        (b'{"form": "gatepost.audit.v1"}\n[]', "line 2: no JSON object"),
        (b'{"form": "gatepost.audit.v1"}\n{"a": 1}', "line 2: neither a seal nor a row"),
        (b'{"form": "gatepost.audit.v1"}\n{"seal": {"seq": 1}}', "line 2: a seal lacks something"),
        (b'{"form": "gatepost.audit.v1"}\n{"history": {"id": "1"}, "seal": 1}', "no seal stands"),
    ],
)
def test_what_is_no_export_is_said_with_its_line(text: bytes, said: str) -> None:
    with pytest.raises(NotAnExport, match=said):
        verify_lines(text.splitlines())
