"""Every place of a TOML document has its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from gatepost.ledger.toml_lines import Place, TomlLines

CASES: list[tuple[str, Place, int]] = [
    ("a = 1\nb = 2", ("b",), 2),
    # comments, blank lines, line ends of another system
    ("# a = 1\n\r\n  b = 2 # [x]", ("b",), 3),
    # tables, and keys with dots in them
    ("[a]\nb = 1\n[a.c]\nd = 2", ("a", "c", "d"), 4),
    ('a."b.c"."d\\u0041" = 1', ("a", "b.c", "dA"), 1),
    ("[ a . 'b c' ]\nd = 1", ("a", "b c", "d"), 2),
    # arrays of tables: the nth one, and the tables within it
    ("[[p]]\nx = 1\n[[p]]\nx = 2", ("p", 1, "x"), 4),
    ("[[p]]\n[[p]]\n[p.t]\nx = 1", ("p", 1, "t", "x"), 4),
    ("[[p]]\n[[p.q]]\n[[p]]\n[[p.q]]\n[[p.q]]\nx = 1", ("p", 1, "q", 1, "x"), 6),
    # arrays over several lines, with comments and a comma at the end
    ("a = [\n 1, # ]\n 2,\n]\nb = 1", ("a", 1), 3),
    ("a = [\n 1, # ]\n 2,\n]\nb = 1", ("b",), 5),
    ("a = [[1,\n2], [\n3]]", ("a", 1, 0), 3),
    # inline tables
    ("a = { b = 1, c.d = [2] }\ne = 1", ("a", "c", "d", 0), 1),
    ("p = [\n {x = 1},\n {x = 2}]", ("p", 1, "x"), 3),
    # strings that look like something else
    ('a = "[b]\\" # "\nc = 1', ("c",), 2),
    ("a = 'x = \"'\nc = 1", ("c",), 2),
    ('a = """\n[b]\nc = \\""" """\nd = 1', ("d",), 4),
    ('a = """x"""""\nd = 1', ("d",), 2),
    ("a = '''\nb = 1\n'''\nd = 1", ("d",), 4),
    ('a = ""\nb = \'\'\nd = ""', ("d",), 3),
    # values without quotes
    ("a = 2026-11-20T09:30:00Z\nb = -1.5e3\nc = inf", ("c",), 3),
    # what is not there: the nearest thing around it
    ("[[p]]\nx = 1\n[[p]]\ny = 1", ("p", 1, "email"), 3),
    ("a = 1", ("nothing", 3), 1),
    # a separator of lines that TOML does not know
    ('a = "\u2028"\nb = 1', ("b",), 2),
]


@pytest.mark.parametrize(("text", "place", "line"), CASES)
def test_each_place_has_its_line(text: str, place: Place, line: int) -> None:
    assert TomlLines(text).line_of(place) == line


@pytest.mark.parametrize("text", sorted({text for text, _, _ in CASES}))
def test_no_place_that_tomllib_reads_is_without_a_line(text: str) -> None:
    lines = TomlLines(text)
    for place in places(tomllib.loads(text)):
        lines.line_of(place)
        assert place in lines._lines


def places(value: object, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    steps = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for step, inner in steps:
        yield from places(inner, (*place, step))
