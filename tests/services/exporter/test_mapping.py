"""The mapper of the sandbox ERP, against golden files: what is written, to the letter."""

import copy
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from gatepost.connectors.port import ExportItem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.ledger.mapping import request_hash
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost_exporter.sandbox import record_of
from tests.journeys import company

EVENTS = {
    Kind.PROJECT: company.project("pm-13"),
    Kind.SUB_JOB: company.sub_job("pm-14"),
    Kind.COMMITMENT: company.commitment("pm-15"),
    Kind.CHANGE_ORDER: company.change_order("pm-16", parent="pm-15"),
    Kind.INVOICE: company.invoice("pm-17", parent="pm-15"),
}


def exported(kind: Kind, **changes: Any) -> ExportItem:
    """The item of an event as its connector sees it."""
    sending, _ = read_sent(read(orjson.dumps(EVENTS[kind])))
    values: dict[str, Any] = {
        "mark": sending.ref.item_id,
        "key": f"{sending.ref.item_id}:1",
        "kind": kind,
        "external_id": sending.ref.external_id,
        "revision": 1,
        "number": sending.number,
        "title": sending.title,
        "content": sending.content,
        "entries": {} if kind is Kind.PROJECT else {"account": "5100"},
        "parent_origin": None if kind is Kind.PROJECT else Origin("PARENT-1"),
        "vendor_origin": "V-100" if kind is Kind.COMMITMENT else None,
    }
    return ExportItem(**{**values, **changes})


@pytest.mark.parametrize("kind", list(Kind))
def test_an_item_becomes_the_record_in_its_golden_file(kind: Kind, golden: Path) -> None:
    expected = json.loads((golden / f"{kind}.json").read_text(encoding="utf-8"))
    assert record_of(exported(kind)) == expected


@pytest.mark.parametrize("kind", list(Kind))
def test_the_mapper_leaves_its_item_alone_and_says_the_same_twice(kind: Kind) -> None:
    item = exported(kind)
    before = copy.deepcopy(item)
    assert record_of(item) == record_of(item)
    assert item == before


def test_the_hash_of_a_request_is_that_of_its_record() -> None:
    record = record_of(exported(Kind.COMMITMENT))
    backwards = dict(reversed(record.items()))
    assert request_hash(record) == request_hash(backwards)
    changed = record_of(exported(Kind.COMMITMENT, entries={"account": "5200"}))
    assert request_hash(changed) != request_hash(record)


def test_content_cannot_name_what_is_gateposts_own() -> None:
    # Given content with fields of the record's own names
    content = {**EVENTS[Kind.COMMITMENT]["data"]["content"], "mark": "forged", "parent": "forged"}
    record = record_of(exported(Kind.COMMITMENT, content=content))
    assert (record["mark"], record["parent"]) == (exported(Kind.COMMITMENT).mark, "PARENT-1")


def test_entries_cannot_name_what_is_gateposts_own() -> None:
    entries = {"mark": "forged", "revision": "99", "account": "5100"}
    record = record_of(exported(Kind.COMMITMENT, entries=entries))
    assert (record["mark"], record["revision"]) == (exported(Kind.COMMITMENT).mark, 1)
    assert record["account"] == "5100"
