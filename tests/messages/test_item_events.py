"""The data of events: every problem of shape at once, amounts exact, what is unknown is kept."""

import random
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.domain.content import CommitmentContent, InvoiceContent, ProjectContent
from gatepost.domain.errors import NotSendable
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.messages.cloud_events import Envelope
from gatepost.messages.item_events import (
    ItemDecided,
    ItemRetrieved,
    digest_of_event,
    read_data,
    read_sent,
)
from tests.messages.writing import data, envelope

CONTENT: dict[str, Any] = data()["content"]


def places(**changes: Any) -> set[str]:
    """Where an event's data is refused."""
    return {problem.field for problem in refused(**changes)}


def refused(**changes: Any) -> list[Any]:
    with pytest.raises(NotSendable) as refusal:
        read_sent(envelope(**changes))
    assert all(problem.message and problem.who_can_fix for problem in refusal.value.problems)
    return list(refusal.value.problems)


def of(raw: dict[str, Any]) -> Envelope:
    return Envelope("7f6c", "https://pm.example/acme", "gatepost.item.sent.v1", "", raw)


# --- what is read --------------------------------------------------------------------------------


def test_an_event_becomes_a_sending_with_its_content() -> None:
    sending, content = read_sent(envelope())
    assert sending.ref == ItemRef("acme", Kind.COMMITMENT, "pm-558")
    assert (sending.revision, sending.status, sending.number) == (1, "approved", "SC-1001")
    assert (sending.total, sending.currency) == ("12400.00", "USD")
    assert (sending.created_by.name, sending.sent_by.name) == ("Carla Ruiz", "Uma Berg")
    assert isinstance(content, CommitmentContent)
    assert content.total == Decimal("12400.00")
    assert content.lines[0].unit_cost == Decimal("1240.00")


def test_addresses_are_read_in_lower_case() -> None:
    sending, _ = read_sent(envelope(sent_by={"email": "Uma@Acme.Example"}))
    assert sending.sent_by.email == "uma@acme.example"


def test_a_project_and_a_sub_job_are_called_by_what_they_contain() -> None:
    project = {"number": "12", "name": "Harbor Bridge"}
    sending, content = read_sent(
        envelope(kind="project", project=None, number="", title="", content=project)
    )
    assert (sending.number, sending.title) == ("12", "Harbor Bridge")
    assert isinstance(content, ProjectContent)
    sub_job = {"code": "02-100", "name": "East tower"}
    sending, _ = read_sent(envelope(kind="sub_job", number="", title="", content=sub_job))
    assert (sending.number, sending.title) == ("02-100", "East tower")
    assert sending.parent_ref == ItemRef("acme", Kind.PROJECT, "pm-12")


def test_an_invoices_money_is_its_commitments() -> None:
    invoice = {
        "billing_date": "2026-11-10",
        "lines": [{"commitment_line": "l-1", "amount": "620.00", "retainage": "62.00"}],
        "total": "620.00",
    }
    sending, content = read_sent(envelope(kind="invoice", parent="pm-558", content=invoice))
    assert isinstance(content, InvoiceContent)
    assert (sending.total, sending.currency) == ("620.00", None)
    assert sending.parent_ref == ItemRef("acme", Kind.COMMITMENT, "pm-558")


def test_unknown_fields_are_kept_and_ignored() -> None:
    wider = {**CONTENT, "colour": "red", "lines": [{**CONTENT["lines"][0], "bay": {"n": 4}}]}
    sending, _ = read_sent(envelope(weather="fair", content=wider))
    assert sending.content == wider


# --- what is refused -----------------------------------------------------------------------------


def test_all_missing_fields_are_reported_at_once_with_their_places() -> None:
    line = {"cost_code": "05-120"}
    found = places(
        external_id="",
        revision=0,
        status=None,
        created_by={"name": "Carla"},
        sent_by={"email": "no address"},
        content={"vendor": "v-7", "currency": "USD", "lines": [CONTENT["lines"][0], line]},
    )
    assert found == {
        "external_id",
        "revision",
        "status",
        "created_by.email",
        "sent_by.email",
        "content.contract_type",
        "content.total",
        "content.lines[1].external_id",
        "content.lines[1].amount",
    }


def test_an_empty_document_is_told_all_it_lacks() -> None:
    with pytest.raises(NotSendable) as refusal:
        read_sent(of({}))
    assert {problem.field for problem in refusal.value.problems} == {
        *("company", "kind", "external_id", "revision", "status"),
        *("created_by", "sent_by", "content"),
    }


@pytest.mark.parametrize("kind", ["memo", "", None, 7, ["commitment"], {"a": 1}, True])
def test_a_kind_that_is_none_is_refused_whatever_it_is(kind: object) -> None:
    assert places(kind=kind) == {"kind"}


@pytest.mark.parametrize("content", [None, [], "text", 7])
def test_content_is_an_object(content: object) -> None:
    assert places(content=content) == {"content"}


@pytest.mark.parametrize("revision", [0, -1, 2**31, 1.5, "one", None, 1e300])
def test_a_revision_is_a_number_from_1_on(revision: object) -> None:
    assert places(revision=revision) == {"revision"}


@pytest.mark.parametrize("key", ["a/b", "a b", "", "x" * 201, "a\n"])
def test_a_name_is_one_word_without_a_slash(key: str) -> None:
    assert places(external_id=key, company=key, project=key) == {
        *("external_id", "company", "project")
    }


def test_other_events_are_read_the_same_way() -> None:
    with pytest.raises(NotSendable) as refusal:
        read_data(ItemDecided, of({"company": "acme", "kind": "commitment", "decision": "maybe"}))
    assert {problem.field for problem in refusal.value.problems} == {
        *("external_id", "revision", "decision", "by")
    }
    with pytest.raises(NotSendable):
        read_data(ItemRetrieved, of({}))
    named = {"company": "acme", "kind": "invoice", "external_id": "pm-9", "by": "Uma@acme.example"}
    assert read_data(ItemRetrieved, of(named)).by == "uma@acme.example"


# --- money ---------------------------------------------------------------------------------------

PATHS = [("total",), ("retainage_percent",)] + [
    ("lines", 0, name) for name in ("amount", "quantity", "unit_cost")
]


def with_amount(path: tuple[Any, ...], amount: object) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(orjson.dumps(CONTENT))
    target: Any = content
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = amount
    return content


def place_of(path: tuple[Any, ...]) -> str:
    return "content" + "".join(f"[{step}]" if step == 0 else f".{step}" for step in path)


@pytest.mark.parametrize("path", PATHS, ids=place_of)
@pytest.mark.parametrize("number", [12400, 12400.0, 0.1, 0, True])
def test_an_amount_is_no_json_number(path: tuple[Any, ...], number: float) -> None:
    assert places(content=with_amount(path, number)) == {place_of(path)}


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "1\n", "1.", ".5", "+1", "--1", "1e3", "1E3", "0x1", "1,000.00", "1_0"),
        *("NaN", "Infinity", "1.1234567", "1234567890123456"),
        *("١٢", "１２"),  # digits, but not those an ERP reads
    ],
)
def test_an_amount_is_a_plain_decimal(text: str) -> None:
    assert places(content=with_amount(("total",), text)) == {"content.total"}


@settings(max_examples=50, deadline=None)
@given(
    st.decimals(
        min_value=-(10**15) + 1,
        max_value=10**15 - 1,
        allow_nan=False,
        allow_infinity=False,
        places=6,
    )
)
def test_an_amount_is_never_rounded(amount: Decimal) -> None:
    text = f"{amount:f}"
    sending, content = read_sent(envelope(content=with_amount(("total",), text)))
    assert isinstance(content, CommitmentContent)
    assert content.total == amount
    assert sending.total is not None
    assert Decimal(sending.total) == amount
    assert sending.content["total"] == text


# --- identity ------------------------------------------------------------------------------------


def test_an_items_id_is_made_of_its_name() -> None:
    ref = ItemRef("acme", Kind.COMMITMENT, "pm-558")
    assert ref.item_id == "a0619b50-18e1-538a-a4d7-6442c6b615ca"
    assert UUID(ref.item_id).version == 5
    assert ref.subject == "acme/commitment/pm-558"


def test_items_of_other_names_have_other_ids() -> None:
    names = [
        ItemRef(company, kind, external_id)
        for company in ("acme", "beta")
        for kind in Kind
        for external_id in ("1", "2")
    ]
    assert len({ref.item_id for ref in names}) == len(names)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=5), json_values, max_size=6), st.randoms())
def test_the_order_of_fields_makes_no_other_content(
    more: dict[str, Any], order: random.Random
) -> None:
    content = {**more, **CONTENT}
    shuffled = _shuffled(content, order)
    assert _digest(content=content) == _digest(content=shuffled)
    assert digest_of_event(envelope(content=content)) == digest_of_event(
        of(_shuffled(data(content=content), order))
    )


@pytest.mark.parametrize(
    "change",
    [
        {"status": "complete"},
        {"number": "SC-1002"},
        {"title": "Tower C"},
        {"project": "pm-13"},
        {"content": {**CONTENT, "total": "12400.000"}},
        {"content": {**CONTENT, "unknown": 1}},  # it may matter to the ERP
    ],
)
def test_what_accounting_sees_makes_other_content(change: dict[str, Any]) -> None:
    assert _digest(**change) != _digest()


@pytest.mark.parametrize(
    "change", [{"sent_by": {"email": "carla@acme.example"}}, {"url": "https://elsewhere.example"}]
)
def test_who_sends_it_and_from_where_makes_no_other_content(change: dict[str, Any]) -> None:
    assert _digest(**change) == _digest()
    assert digest_of_event(envelope(**change)) != digest_of_event(envelope())


def _digest(**changes: Any) -> str:
    return read_sent(envelope(**changes))[0].digest


def _shuffled(value: Any, order: random.Random) -> Any:  # noqa: ANN401 - any JSON document
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: _shuffled(value[name], order) for name in names}
    if isinstance(value, list):
        return [_shuffled(each, order) for each in value]
    return value
