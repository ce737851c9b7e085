"""Changing a directory: what differs, written at once, with its place in the history.

A section that is not named stays as it is. Where nothing differs, nothing is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from gatepost.ledger import erp_readings, summary_plan, tables
from gatepost.ledger.directory import read
from gatepost.ledger.directory_checks import KEYS
from gatepost.ledger.tables import companies, connections, directory_state
from gatepost.ledger.work import Work

Sections = Mapping[str, Any]
"""``name``, ``settings``, ``people``, ``projects``, ``vendors``, ``connections``: those that are named."""

_COLUMNS: Final = ("name", "settings", "people", "projects", "vendors")
_FRESH: Final = {"failures": 0, "paused": False, "paused_because": ""}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after; of a secret one, only that it differs."""

    name: str
    before: Any = None
    after: Any = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a section that was added, changed or removed."""

    section: str
    key: str
    what: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What was changed, or would be, and the company's version afterwards."""

    version: int
    changes: tuple[Change, ...]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many entries of which section were added, changed or removed."""
        counted: dict[str, dict[str, int]] = {}
        for each in self.changes:
            of_section = counted.setdefault(each.section, {})
            of_section[each.what] = of_section.get(each.what, 0) + 1
        return counted


@dataclass(frozen=True, slots=True)
class Stored:
    """A company as it is stored; version 0 and no sections where there is none."""

    version: int = 0
    sections: dict[str, Any] = field(default_factory=dict)


def stored(key: str, connection: sa.Connection) -> Stored:
    """The company as it stands in the database."""
    row = connection.execute(sa.select(companies).where(companies.c.key == key)).mappings().first()
    if row is None:
        return Stored()
    theirs = sa.select(connections).where(connections.c.company == key)
    state = (*_FRESH, "company", "open_until", "last_contact_at", "sync_message_id")
    entries = [
        {name: value for name, value in entry.items() if name not in state}
        for entry in connection.execute(theirs.order_by(connections.c.key)).mappings()
    ]
    sections = {name: row[name] for name in _COLUMNS}
    return Stored(row["version"], {**sections, "connections": entries})


def take_turn(work: Work) -> int:
    """Wait for whoever else changes a directory; services only read the version, which is given."""
    locked = sa.select(directory_state.c.version).with_for_update()
    version: int = work.connection.execute(locked).scalar_one()
    return version


def change(key: str, sections: Sections, work: Work, *, by: str, channel: str) -> Applied:
    """Make the named sections of a company what is given, and tell what that changed."""
    version = take_turn(work)
    before = stored(key, work.connection)
    found = differences(before.sections, sections)
    if not found:
        if before.version:
            summary_plan.follow(work, key)  # a plan that was lost is made again
        return Applied(before.version, found)
    version += 1
    work.connection.execute(sa.update(directory_state).values(version=version))
    _write(key, {**before.sections, **sections}, version, work.connection)
    for each in found:
        _arrange_sync(key, each, work)
    work.add(
        tables.history,
        id=work.new_id(),
        item_id=None,
        company=key,
        what="directory changed",
        revision=version,
        by=by,
        channel=channel,
        comment="",
        detail={"changes": [asdict(each) for each in found]},
        at=work.now,
    )
    work.changed_directory = read(work.connection)
    summary_plan.follow(work, key)
    return Applied(version, found)


def differences(before: Sections, after: Sections) -> tuple[Change, ...]:
    """What differs between the stored sections and those that are named."""
    return tuple(_differences(before, after))


def _differences(before: Sections, after: Sections) -> Iterator[Change]:
    company = {name: after[name] for name in ("name",) if name in after}
    company |= {f"settings.{name}": each for name, each in after.get("settings", {}).items()}
    was = {"name": before.get("name")}
    was |= {f"settings.{name}": each for name, each in before.get("settings", {}).items()}
    if fields := _fields(was, company):
        yield Change("company", "", "changed" if before else "added", fields)
    for section, key in KEYS.items():
        if section in after:
            old = {entry[key]: entry for entry in before.get(section, ())}
            new = {entry[key]: entry for entry in after[section]}
            yield from _of_section(section, old, new)


def _of_section(section: str, old: Sections, new: Sections) -> Iterator[Change]:
    for key, entry in new.items():
        if key not in old:
            yield Change(section, key, "added", _fields({}, entry))
        elif fields := _fields(old[key], entry):
            yield Change(section, key, "changed", fields)
    for key in old:
        if key not in new:
            yield Change(section, key, "removed")


def _fields(before: Sections, after: Sections) -> tuple[FieldChange, ...]:
    found = []
    for name, value in after.items():
        old = before.get(name)
        if name == "options":
            found += _options(old or {}, value)
        elif not before or old != value:  # what is not there is None
            found.append(FieldChange(name, old, value))
    return tuple(found)


def _options(before: Sections, after: Sections) -> list[FieldChange]:
    """Which options differ; their values are never told, each may hold a credential."""
    names = sorted({*before, *after})
    return [
        FieldChange(f"options.{name}", secret=True)
        for name in names
        if (name in before) != (name in after) or before.get(name) != after.get(name)
    ]


def _arrange_sync(company: str, made: Change, work: Work) -> None:
    """A schedule that is new or another one holds from now on."""
    for field_change in made.fields:
        if (made.section, field_change.name) == ("connections", "sync"):
            erp_readings.arrange(work, company, made.key, field_change.after)


def _write(key: str, sections: Sections, version: int, connection: sa.Connection) -> None:
    values = {**{name: sections[name] for name in _COLUMNS}, "version": version}
    _store(connection, companies, {"key": key}, values)
    entries = sections.get("connections", [])
    stale = connections.c.key.not_in([entry["key"] for entry in entries])
    connection.execute(sa.delete(connections).where(connections.c.company == key, stale))
    for entry in entries:
        values = {name: value for name, value in entry.items() if name != "key"}
        _store(connection, connections, {"company": key, "key": entry["key"]}, values)


def _store(
    connection: sa.Connection, table: sa.Table, identity: dict[str, Any], values: dict[str, Any]
) -> None:
    """Update or insert; what the breaker and a pause know of a connection is kept."""
    same = sa.and_(*(table.c[name] == value for name, value in identity.items()))
    if connection.execute(sa.update(table).where(same).values(**values)).rowcount == 0:
        fresh = {name: value for name, value in _FRESH.items() if name in table.c}
        connection.execute(sa.insert(table).values(**identity, **fresh, **values))
