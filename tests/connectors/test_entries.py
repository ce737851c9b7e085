"""Entries: what is asked for at accept time, and what is said of a wrong one."""

import pytest

from gatepost.connectors.entries import (
    Entry,
    EntryType,
    Prefill,
    entry_problems,
    prefilled,
)
from gatepost.connectors.profile import load_profile, profile_names, read_profile
from gatepost.domain.kinds import Kind

ASKED = (
    Entry("erp_number", "Sage ID", required=True, max_length=5, prefill=Prefill.NUMBER),
    Entry("erp_job_id", "Job ID", pattern="[0-9]{2}-[0-9]{3}", hint="it looks like 26-012"),
    Entry("accounting_date", "Accounting date", EntryType.DATE, prefill=Prefill.BILLING_DATE),
    Entry("customer", "Customer", EntryType.CHOICE, options="customer"),
)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"erp_number": "12345"}, []),  # as long as it may be
        ({"erp_number": "東" * 5}, []),  # characters
        ({"erp_number": "123456"}, [("erp_number", "max_length")]),
        ({}, [("erp_number", "missing")]),
        ({"erp_number": "  "}, [("erp_number", "missing")]),
        ({"erp_number": "1", "erp_job_id": "26-012"}, []),
        ({"erp_number": "1", "erp_job_id": "26-0123"}, [("erp_job_id", "format")]),
        ({"erp_number": "1", "erp_job_id": ""}, []),  # not required: as if it were not there
        ({"erp_number": "1", "accounting_date": "2026-02-28"}, []),
        ({"erp_number": "1", "accounting_date": "2026-02-29"}, [("accounting_date", "date")]),
        ({"erp_number": "1", "accounting_date": "20260228"}, [("accounting_date", "date")]),
        ({"erp_number": "1", "customer": "C-10"}, []),
        ({"erp_number": "1", "customer": "C-99"}, [("customer", "not_offered")]),
        ({"erp_number": "1", "colour": "red"}, [("colour", "unknown_entry")]),
        (
            {"colour": "red", "erp_job_id": "x", "accounting_date": "soon"},
            [
                ("colour", "unknown_entry"),
                ("erp_number", "missing"),
                ("erp_job_id", "format"),
                ("accounting_date", "date"),
            ],
        ),
    ],
)
def test_everything_wrong_with_the_entries_is_said_at_once(
    given: dict[str, str], refused: list[tuple[str, str]]
) -> None:
    found = entry_problems(ASKED, given, "Sage 100", {"customer": {"C-10", "C-11"}})
    assert [(each.field, each.rule) for each in found] == [
        (f"entries.{name}", rule) for name, rule in refused
    ]
    assert all(each.message and each.who_can_fix for each in found)


def test_a_list_that_was_not_read_yet_refuses_no_choice() -> None:
    assert entry_problems(ASKED, {"erp_number": "1", "customer": "C-99"}, "Sage 100") == []


def test_a_wrong_format_is_explained_in_words() -> None:
    (problem,) = entry_problems(ASKED, {"erp_number": "1", "erp_job_id": "12"}, "Sage 100")
    assert problem.message == 'Job ID is "12"; it looks like 26-012'


def test_entries_begin_with_what_the_item_has_already() -> None:
    content = {"billing_date": "2026-11-20"}
    assert prefilled(ASKED, number="SC-1", title="Steel", content=content) == {
        "erp_number": "SC-1",
        "accounting_date": "2026-11-20",
    }
    assert prefilled(ASKED, number="", title="", content={}) == {}


def test_what_the_erp_would_not_take_is_begun_with_only_where_it_must_be_entered() -> None:
    optional = (Entry("job", "Job", max_length=5, prefill=Prefill.NUMBER),)
    assert prefilled(optional, number="123456", title="", content={}) == {}
    assert prefilled(optional, number="12345", title="", content={}) == {"job": "12345"}
    assert prefilled(ASKED, number="123456", title="", content={}) == {"erp_number": "123456"}


def test_a_profile_answers_for_its_kinds() -> None:
    desktop = load_profile("quickbooks_desktop")
    (customer,) = desktop.entries_of(Kind.PROJECT)
    assert (customer.name, customer.type, customer.options) == ("customer", "choice", "customer")
    assert customer.required
    (problem,) = desktop.entry_problems(Kind.PROJECT, {})
    assert (problem.field, problem.rule) == ("entries.customer", "missing")
    assert desktop.entries_of(Kind.SUB_JOB) == ()
    (unasked,) = desktop.entry_problems(Kind.SUB_JOB, {"customer": "C-1"})
    assert unasked.message == "QuickBooks Desktop has no entry customer here; it asks for none"


# By hand: what has to be entered, and cannot be left as the item has it.
@pytest.mark.parametrize(
    ("key", "kind", "required"),
    [
        ("quickbooks_desktop", Kind.PROJECT, {"customer"}),
        ("quickbooks_desktop", Kind.COMMITMENT, {"erp_number"}),
        ("sage_300_cre", Kind.CHANGE_ORDER, {"erp_number"}),
        ("sage_300_cre", Kind.INVOICE, {"erp_number", "accounting_date"}),
        ("sage_100", Kind.PROJECT, {"erp_job_id"}),
        ("acumatica", Kind.PROJECT, set()),
        ("xero", Kind.COMMITMENT, set()),
    ],
)
def test_what_an_erp_insists_on(key: str, kind: Kind, required: set[str]) -> None:
    assert {each.name for each in load_profile(key).entries_of(kind) if each.required} == required


@pytest.mark.parametrize("kind", Kind)
def test_the_sandbox_insists_on_nothing(kind: Kind) -> None:
    assert load_profile("sandbox").entry_problems(kind, {}) == []


@pytest.mark.parametrize("key", profile_names())
def test_what_an_entry_begins_with_fits_where_the_item_did(key: str) -> None:
    profile = load_profile(key)
    for kind, kind_profile in profile.kinds.items():
        for entry in profile.entries_of(kind):
            limit = kind_profile.limits.get(entry.prefill or "")
            if entry.max_length and limit:
                assert entry.max_length >= limit, f"{kind}: {entry.name}"


@pytest.mark.parametrize(
    "entry",
    [
        '{ name = "a", label = "A", type = "choice" }',  # of what?
        '{ name = "a", label = "A", options = "customer" }',
        '{ name = "a", label = "A", type = "colour" }',
        '{ name = "a", label = "A", type = "choice", options = "colour" }',
        '{ name = "a", label = "A", prefill = "colour" }',
        '{ name = "a", label = "A", pattern = "(" }',
        '{ name = "a" }',
        '{ name = "a", label = "A", length = 3 }',
    ],
)
def test_a_mistake_in_an_entry_is_found_when_the_profile_is_read(entry: str) -> None:
    with pytest.raises(ValueError, match="entries"):
        read_profile("t", f'title = "T"\n[kinds.project]\nentries = [{entry}]')
