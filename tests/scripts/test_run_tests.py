"""Which groups of tests run, and which tests a group has."""

from pathlib import Path
from typing import Final

import pytest
from _pytest.mark.expression import Expression
from scripts.run_tests import GROUPS, chosen, counted, told

LENT: Final = {"ODOO_URL": "http://odoo:8069", "ODOO_DB": "test", "ODOO_API_KEY": "key"}
HINT: Final = "not run: a real Odoo: ODOO_URL=... ODOO_DB=... ODOO_API_KEY=... make test GROUP=odoo"


def collects(expression: str, *marks: str) -> bool:
    return Expression.compile(expression).evaluate(lambda name, /, **_: name in marks)


@pytest.mark.parametrize(
    ("asked", "given", "names", "hints"),
    [
        # Nobody lends an Odoo: it is named, and nothing fails for it.
        ("", {}, "embedded servers browser erp", [HINT]),
        ("", {**LENT, "ODOO_API_KEY": ""}, "embedded servers browser erp", [HINT]),
        ("odoo", {}, "", [HINT]),
        # One is lent.
        ("", LENT, "embedded servers browser erp odoo", []),
        ("odoo", LENT, "odoo", []),
        # Only what is asked for.
        ("servers", LENT, "servers", []),
        # A real Odoo is one of the real ERPs: it is run, or named.
        ("erp", {}, "erp", [HINT]),
        ("erp", LENT, "erp odoo", []),
        ("no-such-group", LENT, "", []),
    ],
)
def test_a_real_odoo_is_part_of_it_exactly_when_it_is_lent(
    asked: str, given: dict[str, str], names: str, hints: list[str]
) -> None:
    groups, said = chosen(asked, given)
    assert (" ".join(group.name for group in groups), said) == (names, hints)


@pytest.mark.parametrize(
    ("marks", "name"),
    [
        ((), "embedded"),
        (("servers",), "servers"),
        (("browser",), "browser"),
        (("erp",), "erp"),
        (("erp", "servers"), "erp"),
        (("odoo",), "odoo"),
    ],
)
def test_each_test_is_in_one_group(marks: tuple[str, ...], name: str) -> None:
    assert [group.name for group in GROUPS if collects(group.marked, *marks)] == [name]


def test_what_was_skipped_is_explained_in_a_few_lines(tmp_path: Path) -> None:
    # Given what pytest wrote of a group in which some tests ran
    why = ["no parents of its sub jobs", "no list", "no parents of its invoices"]
    cases = "".join(f'<testcase><skipped message="{each}\n here"/></testcase>' for each in why)
    head = '<testsuites><testsuite tests="5" failures="0" errors="0" skipped="3">'
    (tmp_path / "report.xml").write_text(f"{head}{cases}</testsuite></testsuites>")

    # Then each reason is told once, and the count is as it was
    outcome = counted(tmp_path / "report.xml")
    assert str(outcome) == "2 passed, 0 failed, 3 skipped"
    said = "  real ERPs: 3 skipped: 2 x no parents of its records here; 1 x no list here"
    assert told(GROUPS[3], outcome.skips) == [said]

    # And many reasons are no flood
    outcome.skips.update(f"it has no {number} of what is asked for" for number in range(100))
    lines = told(GROUPS[3], outcome.skips)
    assert (len(lines), lines[-1].endswith("...")) == (6, True)
