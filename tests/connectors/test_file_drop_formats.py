"""What stands in a dropped file, to the letter; and what a CSV file cannot hold."""

from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from gatepost.connectors.filedrop.config import Format
from gatepost.connectors.filedrop.formats import encoded
from gatepost.connectors.filedrop.mapping import record_of
from gatepost.connectors.port import ExportItem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost.testing.conformance import an_item
from tests.connectors.filedrop_erp import read_file
from tests.journeys import company

GOLDEN: Final = Path(__file__).parent / "golden/filedrop"
ADDRESS: Final = {"lines": ["Quay 1", "Gate 4"], "city": "Port Calder", "postal_code": "00120"}
EVENTS: Final = {
    Kind.PROJECT: company.corrected(company.project("pm-13"), address=ADDRESS),
    Kind.SUB_JOB: company.sub_job("pm-14"),
    Kind.COMMITMENT: company.commitment("pm-15", title='Steel, "tower B"\nand Béton'),
    Kind.CHANGE_ORDER: company.change_order("pm-16", parent="pm-15"),
    Kind.INVOICE: company.invoice("pm-17", parent="pm-15"),
}


def exported(kind: Kind) -> ExportItem:
    """The item of an event as its connector sees it."""
    sending, _ = read_sent(read(orjson.dumps(EVENTS[kind])))
    return ExportItem(
        mark=sending.ref.item_id,
        key=f"{sending.ref.item_id}:1",
        kind=kind,
        external_id=sending.ref.external_id,
        revision=sending.revision,
        number=sending.number,
        title=sending.title,
        content=sending.content,
        entries={"accounting_date": "2026-11-30"} if kind is Kind.COMMITMENT else {},
        project=sending.project,
        project_origin=Origin("J-1") if sending.project else None,
        parent_origin=None if kind is Kind.PROJECT else Origin("P-1"),
        vendor_origin="V-100" if kind is Kind.COMMITMENT else None,
        origin=Origin("C-9") if kind is Kind.CHANGE_ORDER else None,
    )


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("kind", list(Kind))
def test_an_item_becomes_the_file_in_its_golden_file(kind: Kind, form: Format) -> None:
    expected = (GOLDEN / f"{kind}.{form}").read_bytes()
    assert encoded(record_of(exported(kind)), form, FileDropConnector.profile) == expected


def test_both_formats_say_the_same_and_nothing_is_lost() -> None:
    # Given a title with everything that has to be quoted, in both formats
    table = read_file(GOLDEN / "commitment.csv")
    document = read_file(GOLDEN / "commitment.jsonl")

    # Then any reader of CSV has it back, and the lines one by one
    assert table["title"] == document["title"] == 'Steel, "tower B"\nand Béton'
    for row, line in zip(table["rows"], document["lines"], strict=True):
        assert row["line"] == line["line"]
        assert row["line_amount"] == line["amount"]
        assert row["mark"] == document["mark"]


CSV = FileDropConnector(FileDropConfig(folder="/srv/drop"))
KEEPS = FileDropConnector(
    FileDropConfig.model_validate({"folder": "/srv/drop", "formulas": "keep"})
)
JSONL = FileDropConnector(FileDropConfig.model_validate({"folder": "/srv/drop", "format": "jsonl"}))


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        # A spreadsheet would run these.
        ({"title": '=HYPERLINK("https://x.example")'}, ["formula"]),
        ({"title": "+1 more crane"}, ["formula"]),
        ({"title": "- demolition"}, ["formula"]),
        ({"title": "@SUM(A1)"}, ["formula"]),
        ({"number": "\t=1"}, ["formula"]),
        ({"entries": {"erp_number": "=1+1"}}, ["formula"]),
        # An amount is an amount, however it is signed.
        ({"number": "-12.50"}, []),
        # In the middle it is a text like any other.
        ({"title": "Tower B = C, 2 + 2"}, []),
        # What many readers end a file or a cell at.
        ({"title": "Tower\x00B"}, ["control_character"]),
        ({"title": "Tower\x1bB"}, ["control_character"]),
        # Line breaks are quoted.
        ({"title": "Tower\nB"}, []),
    ],
)
def test_what_csv_readers_would_take_for_something_else_is_refused_not_changed(
    changes: dict[str, Any], rules: list[str]
) -> None:
    item = an_item(Kind.COMMITMENT, **changes)
    assert [problem.rule for problem in CSV.validate(item)] == rules
    assert [each.rule for each in KEEPS.validate(item)] == [r for r in rules if r != "formula"]
    assert not JSONL.validate(item)
    field = next(iter(changes))
    assert CSV.preview(item)[field] == changes[field]


def test_a_line_is_named_by_its_place() -> None:
    item = an_item(Kind.COMMITMENT)
    item.content["lines"][1]["description"] = "=1"
    item.content["lines"][0]["description"] = "-"
    found = [problem.field for problem in CSV.validate(item)]
    assert found == ["lines[0].line_description", "lines[1].line_description"]


def test_the_parts_of_a_list_stay_apart() -> None:
    broken = an_item(Kind.SUB_JOB)
    broken.content["cost_codes"] = ["05-120", "03\n300"]
    assert [problem.rule for problem in CSV.validate(broken)] == ["line_break"]
    assert not JSONL.validate(broken)
