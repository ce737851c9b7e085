"""A company's directory as a directory file: what ``gatepost directory apply`` takes."""

from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from gatepost.ledger.directory import Directory
from gatepost.ledger.directory_changes import stored
from gatepost.ledger.directory_checks import KEYS
from gatepost.ledger.ledger import Ledger


def as_toml(ledger: Ledger, company: str) -> str:
    """The directory file of a company as it stands.

    The options of connections may hold credentials. A text stands in their place, so that nobody
    applies the file without having put them in.

    Raises:
        NotFound: there is no such company.

    """
    directory: Directory = ledger.directory()
    key = directory.company(company).key
    with ledger.database.reading() as connection:
        sections = stored(key, connection).sections
    document = tomlkit.document()
    head = {"key": key, "name": sections["name"], "settings": sections["settings"]}
    document.add("company", _table(head))
    for section in KEYS:
        if entries := [_without_options(each) for each in sections[section]]:
            document.add(section, AoT([_table(each) for each in entries]))
    return tomlkit.dumps(document)


def _without_options(entry: dict[str, Any]) -> dict[str, Any]:
    if not entry.get("options"):
        return entry
    names = ", ".join(sorted(entry["options"]))
    return {**entry, "options": f"left out, they may hold credentials; put yours here: {names}"}


def _table(values: dict[str, Any]) -> Table:
    """A table; the tables within an entry stand in its line, those of the company do not."""
    table = tomlkit.table()
    for name, value in values.items():
        if isinstance(value, dict) and name == "settings":
            table.add(name, _table(value))
        elif isinstance(value, dict):
            inline = tomlkit.inline_table()
            inline.update({key: each for key, each in value.items() if each is not None})
            table.add(name, inline)
        elif value is not None:
            table.add(name, value)
    return table
