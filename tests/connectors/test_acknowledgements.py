"""Acknowledgements: what the ERP says to a file, and what that leads to."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from gatepost.connectors.filedrop.acknowledgements import Unreadable, read_acknowledgement
from gatepost.connectors.filedrop.answering import NOT_THERE, NothingToAnswer, is_there
from gatepost.connectors.filedrop.config import Format
from gatepost.connectors.filedrop.dropping import NotAcknowledged, NotTaken
from gatepost.connectors.filedrop.names import Folder
from gatepost.connectors.port import ExportItem, Found, Refused
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import an_item
from tests.connectors.filedrop_erp import Bookkeeping, dropped, lying_there


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("validation", errors.ValidationFailed),
        ("reference_not_found", errors.ReferenceNotFound),
        ("duplicate", errors.DuplicateFound),
        ("unsupported", errors.Unsupported),
        ("record_gone", errors.RecordGone),
        ("period_closed", errors.PeriodClosed),
        ("busy", errors.Busy),  # not now: tried again by itself
        ("E-4711", errors.ValidationFailed),  # a code of its own: a person reads its message
        ("", errors.ValidationFailed),
    ],
)
def test_a_refusal_becomes_the_outcome_it_names(
    drop: FileDropConnector, erp: Bookkeeping, code: str, expected: type[Exception]
) -> None:
    # Given a file the ERP refused
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    erp.answers = lambda _: {"status": "refused", "code": code, "message": "Period 11 is over"}
    erp.take_all()

    # Then that is the outcome, with its words and its code
    found = drop.resolve(item)
    assert isinstance(found, Refused)
    assert type(found.error) is expected
    assert "Period 11 is over" in found.error.message
    assert found.error.erp_code == code
    assert drop.find(item.mark, Kind.COMMITMENT) == []

    # And a retry is a file of its own, which the ERP may take
    erp.answers = lambda _: {}
    dropped(drop, item)
    with pytest.raises(errors.AnswerAwaited):
        drop.resolve(item)
    erp.take_all()
    assert isinstance(drop.resolve(item), Found)
    assert len(erp.books) == 1


WHOLE: Final = {
    "csv": b"mark,status,erp_id\r\nMARK,accepted,PO-1\r\n",
    "jsonl": b'{"mark": "MARK", "status": "accepted", "erp_id": "PO-1"}\n',
}


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        # Half of it is there: the ERP is writing it at this moment.
        (lambda whole: whole[:-2], "line break"),
        (lambda whole: b"", "line break"),
        # It is of another item, or names no record.
        (lambda whole: whole.replace(b"MARK", b"another"), "another mark"),
        (lambda whole: whole.replace(b"PO-1", b""), "it names no erp_id"),
        (
            lambda whole: whole.replace(b"accepted", b"fine"),
            "read: status: it has to be accepted, refused or gone$",
        ),
        # It is something else altogether.
        (lambda whole: whole.decode().encode("utf-16"), "UTF-16"),
        (lambda whole: whole.replace(b"PO-1", b"PO-\xe9"), "not in UTF-8"),
        (lambda whole: whole.replace(b"PO-1", b"PO-\x7f"), "cannot be seen"),
        (lambda whole: b"[]\n", "it (is no object|has no)"),
        (lambda whole: b" " * 1_100_000, "too large"),
    ],
)
def test_what_is_no_whole_acknowledgement_is_waited_for_and_said(
    drop: FileDropConnector, erp: Bookkeeping, broken: Callable[[bytes], bytes], why: str
) -> None:
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    [name] = lying_there(erp)
    whole = WHOLE[name.rpartition(".")[2]]
    answer = erp.folder / Folder.ACKNOWLEDGEMENTS / name
    answer.write_bytes(broken(whole).replace(b"MARK", item.mark.encode()))
    with pytest.raises(errors.AnswerAwaited, match=why):
        drop.resolve(item)
    answer.write_bytes(whole.replace(b"MARK", item.mark.encode()))
    found = drop.resolve(item)
    assert isinstance(found, Found)
    assert found.origin.id == "PO-1"


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("mark;status;erp_id\nMARK;accepted;7\n", "no column mark.*it has: mark;status"),
        ("Mark,Status\nMARK,accepted\n", "it has: Mark, Status"),
        # An id that was cut at a comma would name another record.
        ("mark,status,erp_id\nMARK,accepted,1,200\n", "row 1 has more cells"),
        # Two rows that do not say the same: of two items, of two records, yes and no.
        ("mark,status,erp_id\nMARK,accepted,7\nother,accepted,8\n", "row 2 has another mark"),
        ("mark,status,erp_id\nMARK,accepted,7\nMARK,accepted,8\n", "row 2 has another erp_id"),
        ("mark,status,erp_id\nMARK,accepted,7\nMARK,refused,\n", "row 2 has another status"),
        # Of the file that this one has replaced.
        ("mark,revision,status,erp_id\nMARK,7,accepted,7\n", "of revision 7, the file of 1"),
    ],
)
def test_a_table_that_could_be_read_in_two_ways_is_not_believed(
    erp: Bookkeeping, table: str, why: str
) -> None:
    item = an_item(Kind.COMMITMENT)
    drop = FileDropConnector(FileDropConfig(folder=str(erp.folder)))
    dropped(drop, item)
    erp.write(f"commitment_{item.mark}_1.csv", table.replace("MARK", item.mark).encode())
    with pytest.raises(errors.AnswerAwaited, match=why):
        drop.resolve(item)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"message": "Period 11\r\n\x1b[31mis over"}, "the ERP refused it: Period 11 [31mis over"),
        ({"code": "E-7"}, "the ERP refused it: with the code E-7"),
        ({}, "the ERP refused it: it gave no reason"),
        # Nothing is a way to leave something out.
        ({"message": None, "erp_id": None, "lines": None}, "the ERP refused it: it gave no reason"),
    ],
)
def test_a_refusal_is_one_sentence_that_can_be_shown_anywhere(
    said: dict[str, str | None], shown: str
) -> None:
    content = json.dumps({"mark": "m", "revision": 1, "status": "refused", **said}).encode() + b"\n"
    refusal = read_acknowledgement(content, Format.JSONL, "m").refusal
    assert refusal.message == shown


def test_half_of_the_lines_are_no_answer(drop: FileDropConnector, erp: Bookkeeping) -> None:
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    [name] = lying_there(erp)
    erp.acknowledge(name, ["l-1"], mark=item.mark, status="accepted", erp_id="PO-1")
    with pytest.raises(errors.AnswerAwaited, match="lines"):
        drop.resolve(item)


def test_a_record_the_erp_deleted_is_gone_and_the_item_can_be_written_anew(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    [name] = lying_there(erp)
    erp.take_all()
    assert isinstance(drop.resolve(item), Found)
    erp.acknowledge(name, [], mark=item.mark, status="gone", erp_id="E-1")
    assert drop.look_up(RecordKind.COMMITMENT, "E-1") is None
    assert drop.find(item.mark, Kind.COMMITMENT) == []
    assert drop.resolve(item) is None

    # An update of it is dropped for nobody; once it is unlinked it is written as a new one
    with pytest.raises(errors.RecordGone):
        drop.update(replace(item, revision=2, origin=Origin("E-1")))
    dropped(drop, item)
    assert len(lying_there(erp)) == 1


def test_an_id_no_acknowledgement_named_is_not_said_to_be_gone(drop: FileDropConnector) -> None:
    with pytest.raises(errors.Unsupported, match="no acknowledgement"):
        drop.look_up(RecordKind.COMMITMENT, "linked-by-hand")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "status: it is missing"),
        ({"status": "refused", "revision": "two"}, "revision: it has to be a whole number"),
        ({"status": "refused", "revision": 1.5}, "revision: it has to be a whole number"),
        ({"status": "refused", "code": ["x"]}, "code: it has to be a text"),
        ({"status": "refused", "code": "x" * 201}, "code: it has more than 200 characters"),
        ({"status": "accepted", "erp_id": "1", "lines": 3}, "lines: it has to be a list"),
        ({"status": "accepted", "erp_id": "1", "lines": ["7"]}, "lines.0: it has to be an object"),
        (
            {"status": "accepted", "erp_id": "1", "lines": [{"line": 1}]},
            "lines.0.erp_id: it is mis",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_our_words(said: dict[str, Any], why: str) -> None:
    content = json.dumps({"mark": "m", **said}).encode() + b"\n"
    with pytest.raises(Unreadable, match=f"^{why}"):
        read_acknowledgement(content, Format.JSONL, "m")


def test_an_answer_that_never_comes_is_looked_for_ever_less_often_and_then_unknown(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    note = erp.folder / Folder.SENT / f"commitment_{item.mark}_1.json"
    waits = []
    for hours in (0, 0.5, 24):
        at = time.time() - hours * 3600
        os.utime(note, (at, at))
        with pytest.raises(errors.AnswerAwaited) as awaited:
            drop.resolve(item)
        waits.append(awaited.value.retry_after)
    assert waits == [60.0, pytest.approx(360.0, abs=60), 900.0]

    # When it is overdue, and the ERP has not even taken the file
    os.utime(note, (0, 0))
    found = drop.resolve(item)

    # Then it is taken back, people are told so, and a retry drops it again under the same name
    assert isinstance(found, Refused)
    assert isinstance(found.error, NotTaken)
    assert lying_there(erp) == []
    assert "_1." in dropped(drop, item)
    assert len(lying_there(erp)) == 1


@pytest.fixture
def silent(drop: FileDropConnector, erp: Bookkeeping) -> tuple[ExportItem, str]:
    """An item whose file was taken long ago, and the file's name."""
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    [name] = lying_there(erp)
    os.utime(erp.folder / Folder.SENT / f"{name.partition('.')[0]}.json", (0, 0))
    (erp.folder / Folder.OUTGOING / name).unlink()
    return item, name


def test_a_file_the_erp_took_and_keeps_silent_about_is_never_dropped_again_unasked(
    drop: FileDropConnector, erp: Bookkeeping, silent: tuple[ExportItem, str]
) -> None:
    item, name = silent

    # Given that nobody knows, however often it is looked, and whatever revision it has by now
    for revision in (1, 1, 2):
        with pytest.raises(NotAcknowledged, match="after 72 hours") as unknown:
            drop.resolve(replace(item, revision=revision))
        assert "gatepost connection answer" in unknown.value.who_can_fix

    # When somebody has looked, and it is not there
    drop.answer(name, NOT_THERE)

    # Then it is tried again, and another file is dropped
    found = drop.resolve(item)
    assert isinstance(found, Refused)
    assert isinstance(found.error, errors.Busy)
    assert "_2." in dropped(drop, item)
    assert len(lying_there(erp)) == 1


def test_a_record_somebody_found_in_the_silent_erp_is_the_item_s(
    drop: FileDropConnector, silent: tuple[ExportItem, str]
) -> None:
    item, name = silent
    drop.answer(name, is_there("PO,7", "2026-7"))
    origin = Origin("PO,7", "2026-7", name)
    assert drop.resolve(item) == Found(origin, is_current=True)

    # And it is said once
    with pytest.raises(NothingToAnswer, match="already: accepted"):
        drop.answer(name, NOT_THERE)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("{name}", "has not taken"),  # it lies there: it will be taken back, or read
        ("../{name}", "no file"),
        ("commitment_{mark}_2.{form}", "no file"),
        ("commitment_{mark}_1.txt", "no file"),
        ("invoice_{mark}_1.{form}", "no file"),
    ],
)
def test_nobody_answers_for_a_file_the_erp_never_had(
    drop: FileDropConnector, erp: Bookkeeping, name: str, why: str
) -> None:
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    [lying] = lying_there(erp)
    form = lying.rpartition(".")[2]
    with pytest.raises(NothingToAnswer, match=why):
        drop.answer(name.format(name=lying, mark=item.mark, form=form), NOT_THERE)
    assert not any((erp.folder / Folder.ACKNOWLEDGEMENTS).iterdir())
