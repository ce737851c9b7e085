"""What is Tryton's own: the mapper, its drafts, its numbers, and its slowness."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.port import ExportItem
from gatepost.connectors.tryton import TrytonConfig, TrytonConnector
from gatepost.connectors.tryton.mapping import mapped
from gatepost.connectors.tryton.rest import decimal
from gatepost.connectors.tryton.stamps import Stamp, read_stamp, stamped
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from tests.connectors.tryton_erp import TrytonErp
from tests.ledger.office import until
from tests.services.exporter.test_mapping import exported

GOLDEN: Final = Path(__file__).parent / "golden" / "tryton"
PARENT: Final = Origin("12", "SC-15", lines=(("l-1", "31"), ("l-2", "32")))
ENTRIES: Final[dict[Kind, dict[str, str]]] = {
    Kind.PROJECT: {"job_code": "24-013"},
    Kind.SUB_JOB: {},
    Kind.COMMITMENT: {"erp_number": "SC-15"},
    Kind.CHANGE_ORDER: {},
    Kind.INVOICE: {"accounting_date": "2026-11-30"},
}
MARK: Final = "0f8c1a52-9d1e-5d0e-8f43-2d6a1c7b9e10"

# --- the mapper -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_an_item_becomes_the_record_in_its_golden_file(kind: Kind) -> None:
    item = replace(exported(kind), entries=ENTRIES[kind])
    if kind is not Kind.PROJECT:
        item = replace(item, parent_origin=PARENT)
    expected = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
    assert mapped(item) == expected


@pytest.mark.parametrize(
    ("line", "quantity", "price"),
    [
        # Quantity and price make the amount: both are kept.
        ({"quantity": "10", "unit_cost": "1240.00", "amount": "12400.00"}, "10", "1240.00"),
        # They make it once it is rounded to cents.
        ({"quantity": "3", "unit_cost": "0.3333", "amount": "1.00"}, "3", "0.3333"),
        # They do not: the amount is what counts.
        ({"quantity": "3", "unit_cost": "0.30", "amount": "1.00"}, "1", "1.00"),
        # A price of more decimals than Tryton keeps.
        ({"quantity": "2", "unit_cost": "0.50001", "amount": "1.00"}, "1", "1.00"),
        # A lump sum, and a credit.
        ({"amount": "7600.00"}, "1", "7600.00"),
        ({"amount": "-50.00"}, "1", "-50.00"),
    ],
)
def test_a_line_s_amount_is_never_another_one(
    line: dict[str, str], quantity: str, price: str
) -> None:
    content = {"lines": [{"external_id": "l-1", **line}]}
    (found,) = mapped(exported(Kind.COMMITMENT, content=content))["lines"]
    assert (found["quantity"], found["unit_price"]) == (quantity, price)


def test_an_item_without_lines_has_its_total_on_one() -> None:
    (line,) = mapped(exported(Kind.COMMITMENT, content={"total": "99.00"}))["lines"]
    assert line["unit_price"] == "99.00"


@pytest.mark.parametrize(
    ("note", "stamp"),
    [
        (f"Gatepost {MARK}:2 l-1", Stamp(MARK, 2, "l-1")),
        # An id may have spaces in it.
        (f"Gatepost {MARK}:1 line 7 b", Stamp(MARK, 1, "line 7 b")),
        # A record without lines has no line's id.
        (f"Gatepost {MARK}:1", Stamp(MARK, 1)),
        # Somebody has written above and below it.
        (f"call Ann\nGatepost {MARK}:1 l-1\nurgent", Stamp(MARK, 1, "l-1")),
        # Not one of ours.
        ("Gatepost is late again", None),
        (None, None),
    ],
)
def test_a_stamp_is_read_out_of_a_note(note: str | None, stamp: Stamp | None) -> None:
    assert read_stamp(note) == stamp


def test_a_new_stamp_leaves_what_else_is_in_the_note() -> None:
    note = stamped(f"Gatepost {MARK}:1 l-1\ncall Ann", Stamp(MARK, 2, "l-1"))
    assert note == f"Gatepost {MARK}:2 l-1\ncall Ann"


# --- a real Tryton --------------------------------------------------------------------------------


@pytest.fixture
def connector(tryton: TrytonErp) -> Iterator[TrytonConnector]:
    connector = tryton.connector()
    yield connector
    connector.close()


def ordered(tryton: TrytonErp, connector: TrytonConnector) -> tuple[ExportItem, Origin]:
    """A commitment that is in the books."""
    item = tryton.item(Kind.COMMITMENT)
    return item, connector.create(item)


def billing(
    tryton: TrytonErp, purchase: Origin, *lines: tuple[str, str], retained: str = ""
) -> ExportItem:
    """An invoice on that purchase."""
    billed = [{"commitment_line": name, "amount": amount} for name, amount in lines]
    content = {"billing_date": "2026-11-20", "lines": billed, "retainage": retained}
    return tryton.item(Kind.INVOICE, parent_origin=purchase, content=content)


@pytest.mark.erp
def test_a_call_that_was_given_up_leaves_a_record_which_is_found_later(tryton: TrytonErp) -> None:
    # Given a Tryton that takes its time, and a connector that does not wait for it
    item = tryton.item(Kind.PROJECT)
    hasty = tryton.connected(timeout=2.0)
    assert hasty.resolve(item) is None

    # When the time is over before Tryton has written it
    with tryton.tryton.slow():
        with pytest.raises(errors.OutcomeUnknown) as unknown:
            hasty.create(item)
        assert tryton.count(item) == 0

    # Then nobody knows; Tryton goes on, and the record is there and found
    assert unknown.value.silent
    until(lambda: tryton.count(item), "Tryton has written it")
    found = hasty.resolve(item)
    assert found is not None
    assert found.is_current

    # And nothing is written a second time
    assert hasty.create(item).id == found.origin.id
    assert tryton.count(item) == 1
    hasty.close()


@pytest.mark.erp
def test_whoever_creates_looks_first_and_one_at_a_time(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    item = tryton.item(Kind.COMMITMENT)
    with ThreadPoolExecutor(8) as pool:
        origins = list(pool.map(connector.create, [item] * 8))
    assert len({origin.id for origin in origins}) == 1
    assert tryton.count(item) == 1


@pytest.mark.erp
def test_a_commitment_its_change_and_a_bill_are_confirmed_and_posted_by_a_bookkeeper(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    # Given a commitment with a change order, and a bill on lines of both, less what is retained
    commitment, purchase = ordered(tryton, connector)
    lines = [{"external_id": "c-1", "amount": "300.00", "description": "Bolts"}]
    change = tryton.item(Kind.CHANGE_ORDER, parent_origin=purchase, content={"lines": lines})
    changed = connector.create(change)
    bill = connector.create(
        billing(tryton, purchase, ("l-1", "1000.00"), ("c-1", "300.00"), retained="130.00")
    )

    # When a bookkeeper takes them through Tryton
    for action in ("quote", "confirm", "process"):
        for origin in (purchase, changed):
            tryton.does("purchase.purchase", origin.id, action)
    tryton.does("account.invoice", bill.id, "post")

    # Then what is owed is there, the job is charged with the cost, and Tryton has made no other bill
    job = str(commitment.parent_origin.id) if commitment.parent_origin else ""
    posted = tryton.read("account.invoice", bill.id, "state", "total_amount")
    assert posted["state"] == "posted"
    assert posted["total_amount"]["decimal"] == "1170.00"
    charged = tryton.read("analytic_account.account", job, "debit", "credit")
    assert (charged["debit"]["decimal"], charged["credit"]["decimal"]) == ("1300.00", "0.00")
    order = tryton.read("purchase.purchase", purchase.id, "invoices")
    assert order["invoices"] == [int(bill.id)]
    other = tryton.read("purchase.purchase", changed.id, "origin", "reference")
    assert other["origin"] == f"purchase.purchase,{purchase.id}"
    assert other["reference"] == f"{purchase.code} {change.number}"

    # And a purchase that was confirmed is not changed any more
    with pytest.raises(errors.Permanent, match="back to draft"):
        connector.update(replace(commitment, revision=2, origin=purchase))


@pytest.mark.erp
def test_a_line_of_a_bookkeeper_s_stays_when_an_item_is_changed(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    # Given a purchase to which somebody has added a line
    item, purchase = ordered(tryton, connector)
    freight = {"type": "line", "quantity": 1.0, "unit_price": decimal("75.00")}
    tryton.adds_line("purchase.purchase", purchase.id, freight)

    # When the item comes again with one line changed, one gone and one new
    first, second = item.content["lines"]
    lines = [{**first, "amount": "13000.00"}, {**second, "external_id": "l-3"}]
    content = {**item.content, "lines": lines}
    changed = connector.update(replace(item, revision=2, origin=purchase, content=content))

    # Then the line that stayed is the same line, and the bookkeeper's is there
    assert dict(changed.lines)["l-1"] == dict(purchase.lines)["l-1"]
    assert [name for name, _ in changed.lines] == ["l-1", "l-3"]
    read = connector.look_up(RecordKind.COMMITMENT, purchase.id)
    assert read is not None
    assert {line["unit_price"] for line in read.data["lines"]} == {"13000.00", "100.00", "75.00"}


@pytest.mark.erp
def test_what_a_bookkeeper_has_chosen_stays_when_an_item_is_changed(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    # Given a bill that somebody has put on another account
    _, purchase = ordered(tryton, connector)
    bill = billing(tryton, purchase, ("l-1", "1000.00"))
    origin = connector.create(bill)
    chosen = tryton.account("5.2.1")
    tryton.charges(origin.lines[0][1], chosen)

    # When it comes again with another amount
    lines = [{"commitment_line": "l-1", "amount": "900.00"}]
    content = {**bill.content, "lines": lines}
    connector.update(replace(bill, revision=2, origin=origin, content=content))

    # Then the amount is the new one, and the account the one that was chosen
    fields = ("untaxed_amount", "lines.account")
    read = tryton.read("account.invoice", origin.id, *fields)
    assert read["untaxed_amount"]["decimal"] == "900.00"
    assert [line["account"] for line in read["lines"]] == [chosen]


@pytest.mark.erp
def test_a_job_is_changed_when_something_is_charged_to_it(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    # Given a project and a sub job of it, each with a purchase charged to it
    project = tryton.item(Kind.PROJECT)
    above = connector.create(project)
    sub_job = tryton.item(Kind.SUB_JOB, parent_origin=above)
    below = connector.create(sub_job)
    for job in (above, below):
        connector.create(tryton.item(Kind.COMMITMENT, parent_origin=job))

    # When they come again with other names, then they have them, and are where they were
    for item, origin in ((project, above), (sub_job, below)):
        content = {**item.content, "name": "Renamed"}
        connector.update(replace(item, revision=2, origin=origin, content=content))
        found = connector.resolve(replace(item, revision=2))
        assert found is not None
        assert found.is_current
        assert tryton.read("analytic_account.account", origin.id, "name")["name"] == "Renamed"
    read = connector.look_up(RecordKind.SUB_JOB, below.id)
    assert read is not None
    assert read.parent == above.id

    # And a sub job to which nothing is charged goes below another project
    moved = tryton.item(Kind.SUB_JOB, parent_origin=above)
    at = connector.create(moved)
    other = connector.create(tryton.item(Kind.PROJECT))
    connector.update(replace(moved, revision=2, origin=at, parent_origin=other))
    parent = tryton.read("analytic_account.account", at.id, "parent")["parent"]
    assert parent == int(other.id)


@pytest.mark.erp
def test_a_job_that_is_not_active_any_more_is_still_there(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    item = tryton.item(Kind.PROJECT)
    job = connector.create(item)
    tryton.tryton.call("PUT", f"analytic_account.account/{job.id}", {"active": False})
    assert [origin.id for origin in connector.find(item.mark, Kind.PROJECT)] == [job.id]
    assert connector.look_up(RecordKind.PROJECT, job.id) is not None


@pytest.mark.erp
def test_what_stands_in_the_way_is_said_and_nothing_is_written(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    item, purchase = ordered(tryton, connector)
    same_number = replace(tryton.item(Kind.COMMITMENT), number=item.number)
    refused: list[tuple[ExportItem, type[errors.ConnectorError], str]] = [
        (same_number, errors.DuplicateFound, item.number),
        (tryton.item(Kind.COMMITMENT, vendor_origin="V-100"), errors.ReferenceNotFound, "V-100"),
        (
            billing(tryton, purchase, ("l-9", "1.00")),
            errors.ReferenceNotFound,
            "no line l-9",
        ),
    ]
    for each, error, said in refused:
        with pytest.raises(error, match=said):
            connector.create(each)
        assert tryton.count(each) == 0


@pytest.mark.erp
def test_a_record_that_somebody_has_copied_is_not_guessed_at(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    item, purchase = ordered(tryton, connector)
    tryton.does("purchase.purchase", purchase.id, "copy")
    with pytest.raises(errors.OutcomeUnknown, match="several records"):
        connector.resolve(item)


@pytest.mark.erp
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"api_key": "somebody's"}, "refuses the key"),
        ({"database": "elsewhere"}, "no such database"),
        ({"company": "Somebody else"}, "no company Somebody else"),
        ({"jobs": "Machines"}, "analytic root Machines"),
        ({"expense_account": "5.9.9"}, r"account 5\.9\.9"),
        ({"retainage_account": "2.9.9"}, r"account 2\.9\.9"),
    ],
)
def test_a_connection_that_is_set_up_wrongly_says_how(
    tryton: TrytonErp, options: dict[str, str], said: str
) -> None:
    with pytest.raises(errors.ConfigurationError, match=said):
        tryton.connected(**options).check()


def test_retainage_needs_an_account() -> None:
    given = {"url": "http://127.0.0.1:9", "database": "erp", "api_key": "k"}
    item = exported(Kind.INVOICE)
    for account, problems in (("", ["retainage_account"]), ("2.3.7", [])):
        options = TrytonConfig.model_validate({**given, "retainage_account": account})
        assert [each.rule for each in TrytonConnector(options).validate(item)] == problems
