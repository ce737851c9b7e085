"""What the commands show and say: data on stdout, talk on stderr, plain wherever nobody looks."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Annotated, Any, Final, NoReturn

import typer

GAP: Final = "  "  # between the columns of a table
LONGEST_TEXT: Final = 60  # characters that are shown of somebody's text in a table
_TEXTS: Final = frozenset({"number", "title", "name"})  # ids and what an ERP said stay whole


class Exit(IntEnum):
    """How a command can end."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3  # of several, some were done and some were not
    NOT_ALLOWED = 4  # or not found


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def say(sentence: str) -> None:
    """Tell the person who runs the command something; it is no data."""
    typer.echo(sentence, err=True)


def warn(sentence: str) -> None:
    """The same, to be noticed."""
    typer.secho(sentence, err=True, fg="yellow", color=None if is_colourful() else False)


def fail(sentence: str, code: Exit = Exit.FAILED) -> NoReturn:
    """End the command with a sentence."""
    colour = None if is_colourful() else False
    typer.secho(f"gatepost: {sentence}", err=True, fg="red", color=colour)
    raise typer.Exit(code)


def is_colourful() -> bool:
    """Whether colours may be used: https://no-color.org has the last word."""
    return not os.environ.get("NO_COLOR") and sys.stderr.isatty()


def show(text: str) -> None:
    """Print a line of data."""
    typer.echo(text)


def show_json(document: object) -> None:
    """Print a document; times as ISO 8601, enumerations by their value."""
    typer.echo(json.dumps(document, default=_plain, indent=2, ensure_ascii=False))


def show_json_line(document: object) -> None:
    """Print a document as one line: of a stream that has no end."""
    typer.echo(json.dumps(document, default=_plain, ensure_ascii=False))


def show_rows(
    rows: Sequence[Mapping[str, Any]], *, as_json: bool, columns: Sequence[str], none: str
) -> None:
    """Print a list: as JSON whole, or as a table of the columns named; ``none`` is said of nothing.

    In a table long texts are cut: every row is as wide as the longest one.
    """
    if as_json:
        show_json({"items": list(rows)})
        return
    if not rows:
        say(none)
        return
    cells = [[_short(column, _cell(row.get(column))) for column in columns] for row in rows]
    heads = [column.replace("_", " ").upper() for column in columns]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    head = _line(heads, widths)
    show(typer.style(head, bold=True) if styled else head)
    for row_cells in cells:
        show(_line(row_cells, widths))


def show_fields(document: Mapping[str, Any]) -> None:
    """Print the fields of one thing, each on a line."""
    width = max((len(name) for name in document), default=0)
    for name, value in document.items():
        if value not in (None, "", [], {}, ()):
            show(f"{name.replace('_', ' '):{width}}{GAP}{_cell(value)}")


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    return GAP.join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _short(column: str, text: str) -> str:
    if column not in _TEXTS or len(text) <= LONGEST_TEXT:
        return text
    return text[: LONGEST_TEXT - 1].rstrip() + "…"


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, dict):
        return ", ".join(f"{name}={_cell(each)}" for name, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_cell(each) for each in value)
    return " ".join(str(value).split())


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a document holds
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
