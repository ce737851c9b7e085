"""The floors of the house that no other tool keeps: sizes, two readers, one clock."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grimp
import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
LINES_IN_A_FILE: Final = 350
LINES_IN_A_FUNCTION: Final = 60
FILES: Final = sorted(
    file
    for room in ("shared", "services")
    for file in (ROOT / room).rglob("*.py")
    if "migrations" not in file.parts  # written once, by a tool, read by nobody
)

#: Who may do what is otherwise left to the runtime: (below this path, this call): because.
MAY: Final = {
    ("services/sandbox/", "time.sleep"): "its ERP is slow when it is told to be",
    (
        "services/sandbox/",
        "datetime.now",
    ): "the ERP is somebody else's computer, with its own clock",
    ("services/sandbox/", "uuid.uuid4"): "the ERP and the simulated upstream give ids of their own",
    ("services/sandbox/", ".commit"): "the ERP keeps its own books",
}

#: What one service alone may read from shared/: below this module: because.
ONE_READER_IS_ENOUGH: Final = {
    "gatepost.cli": "the command line is read by people",
    "gatepost.testing": "read by tests, ours and a stranger's",
    "gatepost.connectors": "strangers write connectors against it",
}


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_file_can_be_read_in_one_go(file: Path) -> None:
    lines = len(file.read_text().splitlines())
    assert lines <= LINES_IN_A_FILE, f"{lines} lines: part it by what happens there"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_function_fits_on_a_screen(file: Path) -> None:
    long = [
        f"{node.name} has {length} lines"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_IN_A_FUNCTION
    ]
    assert not long


@pytest.mark.parametrize(
    "file", [file for file in FILES if (ROOT / "services") in file.parents], ids=_name
)
def test_clock_ids_waits_and_commits_come_from_the_runtime(file: Path) -> None:
    refused = [
        f"line {line}: {call}"
        for line, call in _forbidden(file.read_text())
        if not any(_name(file).startswith(path) and call == what for path, what in MAY)
    ]
    assert not refused, "ask `work` for it, or give the reason in MAY"


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("import datetime\ndatetime.datetime.now(datetime.UTC)", "datetime.now"),
        ("from datetime import datetime\ndatetime.now()", "datetime.now"),
        ("from datetime import datetime as dt\ndt.now()", "datetime.now"),
        ("import time\ntime.sleep(1)", "time.sleep"),
        ("from time import sleep\nsleep(1)", "time.sleep"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("from uuid import uuid4 as new\nnew()", "uuid.uuid4"),
        ("session.commit()", ".commit"),
        ("work.now\nitem.accept()", None),
    ],
)
def test_a_forbidden_call_is_seen_however_it_is_imported(code: str, call: str | None) -> None:
    assert [what for _, what in _forbidden(code)] == ([call] if call else [])


def test_what_is_shared_has_two_readers() -> None:
    """A module of the core that one service alone imports belongs in that service."""
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    packages = [Path(path).name for path in hatch["build"]["targets"]["wheel"]["packages"]]
    graph = grimp.build_graph(*packages, cache_dir=None)
    if empty := [name for name in packages if not graph.find_children(name)]:
        pytest.skip(f"nobody lives in {', '.join(empty)} yet: the second reader may come")
    lonely = {}
    for module in sorted(graph.modules):
        if module.count(".") < 2 or module.startswith(tuple(ONE_READER_IS_ENOUGH)):
            continue
        readers = {
            reader.partition(".")[0] for reader in graph.find_modules_that_directly_import(module)
        }
        if module.startswith("gatepost.") and len(readers) == 1 and readers != {"gatepost"}:
            lonely[module] = readers.pop()
    assert not lonely, "move each into the one service that reads it"


def _forbidden(code: str) -> Iterator[tuple[int, str]]:
    """Each call that services leave to the runtime, by the name it has where it comes from."""
    tree = ast.parse(code)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            known |= {a.asname: a.name for a in node.names if a.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            first, _, rest = called.partition(".")
            called = f"{known.get(first, first)}{'.' + rest if rest else ''}"
            for what in ("datetime.now", "datetime.utcnow", "time.sleep", "uuid.uuid4", ".commit"):
                if called == what or called.endswith(("." + what).replace("..", ".")):
                    yield node.lineno, what
