"""What is QuickBooks' own: its qbXML, its statuses, its message sets, its moods."""

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.quickbooks import QuickBooksConfig, QuickBooksConnector
from gatepost.connectors.quickbooks import connector as connector_module
from gatepost.connectors.quickbooks.messages import Request, set_id, written
from gatepost.connectors.quickbooks.models import ListQuery
from gatepost.connectors.quickbooks.statuses import error_of, kept_out, trouble
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.testing.quickbooks import CompanyFile
from gatepost.testing.quickbooks.schema import ParseError
from gatepost_exporter.calling_in.post import Post
from tests.connectors.quickbooks_erp import QuickBooks
from tests.services.exporter.test_mapping import exported

GOLDEN: Final = Path(__file__).parent / "golden" / "quickbooks"


@pytest.fixture
def connector(quickbooks: QuickBooks) -> QuickBooksConnector:
    return quickbooks.connected()


# --- the mapper -----------------------------------------------------------------------------------

ENTRIES: Final[dict[Kind, dict[str, str]]] = {
    Kind.PROJECT: {"customer": "80000001-1600000001"},
    Kind.SUB_JOB: {},
    Kind.COMMITMENT: {"erp_number": "SC-15"},
    Kind.CHANGE_ORDER: {"description": "Bolts", "transaction_date": "2026-11-30"},
    Kind.INVOICE: {"accounting_date": "2026-11-30"},
}
PARENT: Final = Origin("1A-1", "SC-15", lines=(("l-1", "B-L"), ("l-2", "C-L")))


@pytest.mark.parametrize("kind", list(Kind))
def test_an_item_becomes_the_record_in_its_golden_file(
    connector: QuickBooksConnector, kind: Kind
) -> None:
    item = replace(exported(kind), entries=ENTRIES[kind])
    if kind is not Kind.PROJECT:
        item = replace(item, parent_origin=PARENT, project_origin=Origin("80000002-1600000002"))
    expected = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
    assert connector.preview(item) == expected


@pytest.mark.parametrize(
    ("kind", "content", "field", "rule"),
    [
        # Never cut: one character more than the schema takes.
        (Kind.PROJECT, {"name": "x" * 42}, "content.name", "max_length"),
        (Kind.PROJECT, {"code": "9" * 100}, "number", "max_length"),
        (Kind.SUB_JOB, {"code": "9" * 100}, "content.code", "max_length"),
        (Kind.PROJECT, {"address": {"city": "x" * 32}}, "BillAddress.City", "max_length"),
        # A sixth line of an address finds no place, and is not dropped.
        (Kind.PROJECT, {"address": {"lines": ["x" * 9] * 9}}, "BillAddress.Addr5", "max_length"),
        # What XML has no way to say.
        (Kind.PROJECT, {"name": "bell \x07"}, "content.name", "forbidden_character"),
        # More decimals than money has there.
        (Kind.INVOICE, {"lines": [{"amount": "1.005"}]}, "ItemLineAdd[0].Amount", "format"),
        (Kind.INVOICE, {"retainage": "much"}, "ExpenseLineAdd[0].Amount", "format"),
    ],
)
def test_what_quickbooks_cannot_hold_is_refused_before_it_is_asked(
    quickbooks: QuickBooks, kind: Kind, content: dict[str, Any], field: str, rule: str
) -> None:
    item = quickbooks.item(kind, parent_origin=PARENT)
    item = replace(item, content={**item.content, **content})
    found = [(each.field, each.rule) for each in quickbooks.connector().validate(item)]
    assert (field, rule) in found


def test_retainage_needs_an_account(quickbooks: QuickBooks) -> None:
    item = quickbooks.item(Kind.INVOICE, parent_origin=PARENT)
    item = replace(item, content={**item.content, "retainage": "100.00"})
    (problem,) = quickbooks.connected(retainage_account="").validate(item)
    assert (problem.field, problem.rule) == ("content.retainage", "retainage_account")
    assert not quickbooks.connected().validate(item)


# --- the published schema, for those who have it --------------------------------------------------

SCHEMA: Final = """<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:element name="QBXML">
<x:complexType><x:sequence><x:element name="QBXMLMsgsRq"><x:complexType><x:sequence>
<x:element name="VendorQueryRq"><x:complexType><x:sequence>
<x:element name="ListID" type="x:string"/></x:sequence><x:attribute name="requestID"/>
</x:complexType></x:element></x:sequence><x:attribute name="onError"/>
</x:complexType></x:element></x:sequence></x:complexType></x:element></x:schema>"""


def test_every_request_meets_the_published_schema_where_it_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a folder with a schema: this one knows a single question
    (tmp_path / "a-types.xsd").write_text(SCHEMA.replace('"QBXML"', '"Types"'))
    (tmp_path / "qbxmlops130.xsd").write_text(SCHEMA)
    monkeypatch.setenv("QBXML_XSD_DIR", str(tmp_path))
    books = CompanyFile()
    known = Request("VendorQueryRq", ListQuery(ListID=books.enter_vendor("Aker Steel AS")))

    # Then what is of it is answered, and nothing else is
    assert "Aker Steel AS" in books.process(written([known]))
    with pytest.raises(ParseError, match=r"published schema.*FullName"):
        books.process(written([Request("VendorQueryRq", ListQuery(FullName="Aker"))]))

    # And a folder without one is said at once
    monkeypatch.setenv("QBXML_XSD_DIR", str(tmp_path / "nothing"))
    with pytest.raises(LookupError, match="QBXML_XSD_DIR"):
        CompanyFile()

    # And so is one that is cut off, or no schema at all
    for at, text in enumerate((SCHEMA[:-30], SCHEMA.replace("x:sequence", "x:squence"))):
        broken = tmp_path / str(at)
        broken.mkdir()
        (broken / "qbxmlops130.xsd").write_text(text)
        monkeypatch.setenv("QBXML_XSD_DIR", str(broken))
        with pytest.raises(LookupError, match=r"qbxmlops130.xsd in .* cannot be read as a schema"):
            CompanyFile()


# --- statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1000, errors.OutcomeUnknown),  # an internal error: who knows
        (1010, errors.Unavailable),
        (1030, errors.Unsupported),
        (3040, errors.ValidationFailed),  # an amount it cannot read
        (3100, errors.DuplicateFound),
        (3120, errors.ReferenceNotFound),
        (3140, errors.ReferenceNotFound),
        (3170, errors.Busy),
        (3171, errors.PeriodClosed),
        (3175, errors.Busy),  # somebody has it open
        (3180, errors.Busy),
        (3200, errors.Busy),
        (3210, errors.ValidationFailed),
        (3231, errors.Unavailable),  # not done, for one before it failed
        (3250, errors.ConfigurationError),  # a feature that is switched off
        (3261, errors.ConfigurationError),  # a permission that is missing
        (9002, errors.OutcomeUnknown),
        (12, errors.OutcomeUnknown),  # nobody has heard of it
    ],
)
def test_a_status_is_one_of_the_closed_set(code: int, error: type[errors.ConnectorError]) -> None:
    found = error_of(code, "as QuickBooks says it")
    assert type(found) is error
    assert (found.erp_code, "as QuickBooks says it" in found.message) == (str(code), True)


@pytest.mark.parametrize(
    ("hresult", "error"),
    [
        ("0x80040400", errors.ValidationFailed),  # it could not read the request
        ("0x80040408", errors.Unavailable),  # it could not be started
        ("0x8004040A", errors.ConfigurationError),  # another company file is open
        ("0x80040416", errors.Unavailable),  # none is open
        ("0x80040402", errors.OutcomeUnknown),
        ("garbage", errors.OutcomeUnknown),
    ],
)
def test_what_the_web_connector_could_not_do_is_one_too(
    hresult: str, error: type[errors.ConnectorError]
) -> None:
    assert type(trouble(hresult, "as it says it")) is error


@pytest.mark.parametrize(
    ("hresult", "message", "said"),
    [
        ("0x80040414", "A modal dialog box is showing", "it has a dialog open"),
        ("0x80040408", "", "it could not be started (0x80040408)"),
        ("0x80040420", "", "denied access"),
        ("0x80040422", "", "single-user mode"),
        # In the Web Connector's own words, where there are none of ours.
        ("0x80040499", "The moon is full", "The moon is full (0x80040499)"),
        ("garbage", "", "garbage"),
    ],
)
def test_why_quickbooks_could_not_be_opened_is_said_and_nothing_was_done(
    hresult: str, message: str, said: str
) -> None:
    found = kept_out(hresult, message)
    assert (type(found), said in found.message) == (errors.Unavailable, True)
    assert type(kept_out("0x8004040A", "another")) is errors.ConfigurationError


def test_a_locked_record_is_busy_and_nothing_is_written(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    item = quickbooks.item(Kind.PROJECT)
    quickbooks.books.refusals = [3175]
    with pytest.raises(errors.Busy):
        connector.create(item)
    assert quickbooks.count(item) == 0


# --- never twice, never over -----------------------------------------------------------------------


def test_what_was_refused_once_is_written_later_although_its_answer_was_kept(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    # Given an order that is refused, three times, for an item QuickBooks does not have
    item = quickbooks.item(Kind.COMMITMENT)
    lines = [{**item.content["lines"][0], "cost_code": f"99-{item.mark[:4]}"}]
    item = replace(item, content={**item.content, "lines": lines})
    for _ in range(3):
        with pytest.raises(errors.ReferenceNotFound):
            connector.create(item)

    # When accounting has entered it, then the same order is written: no kept refusal is believed
    quickbooks.books.enter_items(f"99-{item.mark[:4]}")
    connector.create(item)
    assert quickbooks.count(item) == 1


def test_a_kept_answer_is_recovered_and_confirmed_by_the_record(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    # Given a job whose answer was lost, and which somebody has renamed since
    item = quickbooks.item(Kind.PROJECT)
    with quickbooks.losing_answers(), pytest.raises(errors.OutcomeUnknown):
        connector.create(item)
    (job,) = quickbooks.books.marked(item.mark)
    quickbooks.books.edit(job["ListID"], Name="Renamed")
    assert any(
        f'newMessageSetID="{set_id(item.key)}"' in each for each in quickbooks.books.requests
    )

    # Then it is found all the same, by the answer that was kept: nothing is searched through
    asked = len(quickbooks.books.requests)
    found = connector.resolve(item)
    since = "".join(quickbooks.books.requests[asked:])
    assert f'oldMessageSetID="{set_id(item.key)}"' in since
    assert "iterator=" not in since

    # And known to be no longer as it was written
    assert found is not None
    assert (found.origin.id, found.is_current) == (job["ListID"], False)

    # And so is one whose kept answer QuickBooks has lost too: by its mark, among all jobs
    found = connector.resolve(replace(item, key=str(uuid.uuid4())))
    assert found is not None
    assert found.origin.id == job["ListID"]


def test_a_name_or_a_number_that_others_have_is_not_taken_over(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    for kind in (Kind.PROJECT, Kind.COMMITMENT, Kind.INVOICE):
        item = quickbooks.item(kind)
        connector.create(item)
        stranger = replace(item, mark=str(uuid.uuid4()), key=str(uuid.uuid4()))
        with pytest.raises(errors.DuplicateFound):
            connector.create(stranger)
        assert quickbooks.count(stranger) == 0


def test_a_quickbooks_that_is_too_old_is_asked_for_nothing() -> None:
    post = Post(30.0)
    post.version = "8.0"
    with pytest.raises(errors.ConfigurationError, match=r"speaks qbXML 8\.0; 13\.0 is needed"):
        QuickBooksConnector(QuickBooksConfig(), post).check()
    assert post.collect(0.0) is None


def test_customers_jobs_and_sub_jobs_are_told_apart_and_drift_is_seen(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    sub_job = quickbooks.item(Kind.SUB_JOB)
    origin = connector.create(sub_job)
    listed = {
        kind: {each.origin.id for each in connector.list_records(kind, None).records}
        for kind in (RecordKind.CUSTOMER, RecordKind.PROJECT, RecordKind.SUB_JOB, RecordKind.VENDOR)
    }
    assert listed[RecordKind.CUSTOMER] == {quickbooks.customer}
    assert listed[RecordKind.VENDOR] == {quickbooks.vendor()}
    assert origin.id in listed[RecordKind.SUB_JOB]
    assert sub_job.parent_origin is not None
    assert sub_job.parent_origin.id in listed[RecordKind.PROJECT]
    record = connector.look_up(RecordKind.SUB_JOB, origin.id)
    assert record is not None
    assert (record.parent, record.mark) == (sub_job.parent_origin.id, sub_job.mark)
    assert record.data["Name"] == connector.preview(sub_job)["Name"]


def test_a_list_whose_place_was_forgotten_is_read_from_its_beginning(
    quickbooks: QuickBooks, connector: QuickBooksConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a list read half-way when QuickBooks hung up
    monkeypatch.setattr(connector_module, "PAGE", 2)
    for _ in range(3):
        connector.create(quickbooks.item(Kind.PROJECT))
    first = connector.list_records(RecordKind.CUSTOMER, None)
    assert first.next_cursor
    quickbooks.books.hang_up()

    # When it is gone on with, then it begins anew, and its end is reached
    page, records = connector.list_records(RecordKind.CUSTOMER, first.next_cursor), 0
    assert page.records == first.records
    while page.next_cursor:
        page, records = connector.list_records(RecordKind.CUSTOMER, page.next_cursor), records + 1
    assert records
