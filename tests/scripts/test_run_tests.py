"""Which groups of tests run, and which tests a group has."""

from typing import Final

import pytest
from _pytest.mark.expression import Expression
from scripts.run_tests import GROUPS, chosen

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
        ("erp", {}, "erp", []),
        # A real Odoo is one of the real ERPs.
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
