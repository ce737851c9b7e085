"""Changing a part of a directory: one person, some settings; the rest stays as it is stored.

A part is checked as the whole file is, and saved as it was shown: where the directory has become
another one meanwhile, what would change is told again instead.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from gatepost.domain.errors import FieldProblem, NotSendable
from gatepost.domain.people import ErpTool
from gatepost.ledger.directory_changes import (
    Change,
    Sections,
    Stored,
    change,
    differences,
    stored,
    take_turn,
)
from gatepost.ledger.directory_checks import KEYS, Finding, check, doubtful
from gatepost.ledger.directory_file import DirectoryFile
from gatepost.ledger.ledger import Ledger

Entry = Mapping[str, Any]

EDITOR: Final = "the caller: correct it and send it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to be otherwise.

    ``settings`` and ``entries`` name the fields that are to change; the others stay. An entry that
    is None is removed; ``added`` are new ones.
    """

    settings: Entry = field(default_factory=dict)
    entries: Mapping[str, Mapping[str, Entry | None]] = field(default_factory=dict)
    added: Mapping[str, Sequence[Entry]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit changes, or would; ``doubts`` are sentences on what may not be meant."""

    changes: tuple[Change, ...]
    doubts: tuple[str, ...] = ()
    is_saved: bool = False

    @property
    def mark(self) -> str:
        """What tells these changes from others."""
        text = json.dumps([asdict(each) for each in self.changes], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def foresee(ledger: Ledger, company: str, edit: Edit, *, by: str) -> Edited:
    """What the edit would change; nothing is.

    Raises:
        NotSendable: it cannot be; every reason is listed.

    """
    with ledger.database.reading() as connection:
        return _foreseen(company, stored(company, connection), edit, by)[1]


def save(
    ledger: Ledger, company: str, edit: Edit, *, by: str, channel: str, shown: str | None = None
) -> Edited:
    """Make the edit, with one row of history; again, it changes nothing.

    Args:
        ledger: where the directory is.
        company: whose.
        edit: what is to be otherwise.
        by: who wants it.
        channel: how they said so.
        shown: the mark of the changes they saw first. Where it would be others now, nothing is
            changed.

    Raises:
        NotSendable: it cannot be; every reason is listed.

    """
    with ledger.work() as work:
        take_turn(work)
        sections, edited = _foreseen(company, stored(company, work.connection), edit, by)
        if edited.changes and shown not in (None, edited.mark):
            return edited
        change(company, sections, work, by=by, channel=channel)
    return replace(edited, is_saved=True)


def _foreseen(company: str, before: Stored, edit: Edit, by: str) -> tuple[Sections, Edited]:
    wanted = _wanted(before.sections, edit)
    head = {"key": company, "name": before.sections["name"]}
    settings = {"settings": wanted["settings"]} if "settings" in wanted else {}
    lists = {name: each for name, each in wanted.items() if name in KEYS}
    read, findings = check(DirectoryFile, {"company": head | settings, **lists})
    if read is None or findings:
        raise NotSendable([_problem(each, lists, edit) for each in findings])
    as_read = read.model_dump(mode="json")
    sections = {name: _stored_as(as_read, name, each, edit) for name, each in wanted.items()}
    after = {**before.sections, **sections}
    doubts = tuple(_doubts(before.sections, after, by))
    return sections, Edited(differences(before.sections, sections), doubts)


def _wanted(before: Sections, edit: Edit) -> dict[str, Any]:
    """The sections that the edit touches, as it wants them."""
    found: dict[str, Any] = {}
    if edit.settings:
        found["settings"] = {**before["settings"], **edit.settings}
    for section in {*edit.entries, *edit.added}:
        key, changed = KEYS[section], edit.entries.get(section, {})
        kept = [entry for entry in before[section] if changed.get(entry[key], entry) is not None]
        found[section] = [{**entry, **(changed.get(entry[key]) or {})} for entry in kept]
        found[section] += [
            entry
            for entry in edit.added.get(section, ())
            if not any(entry.items() <= known.items() for known in kept)  # it was added just now
        ]
    return found


def _stored_as(as_read: Sections, section: str, wanted: Any, edit: Edit) -> Any:  # noqa: ANN401
    """What was touched, as it was read; what was not, as it stood."""
    if section == "settings":
        settings = as_read["company"]["settings"]
        return {name: settings[name] for name in wanted}
    key = KEYS[section]
    return [
        {name: read[name] for name in entry} if _is_touched(section, entry[key], edit) else entry
        for entry, read in zip(wanted, as_read[section], strict=True)
    ]


def _is_touched(section: str, key: str, edit: Edit) -> bool:
    new = [each.get(KEYS[section]) for each in edit.added.get(section, ())]
    return key in edit.entries.get(section, {}) or key in new


def _problem(finding: Finding, lists: Sections, edit: Edit) -> FieldProblem:
    """A finding as a reason; of what was edited it names the field alone."""
    section, *more = [str(step) for step in finding.place] or [""]
    named = ".".join(more[1:])
    if section in lists and more:
        entry = lists[section][int(more[0])]
        if not _is_touched(section, entry.get(KEYS[section]), edit):
            return FieldProblem(finding.field, "directory", str(finding), EDITOR)
    return FieldProblem(named or finding.field, "directory", finding.message, EDITOR)


def _doubts(before: Sections, after: Sections, by: str) -> Iterator[str]:
    """What an edit brings about that may not be meant."""
    was, is_now = _admins(before), _admins(after)
    if was and not is_now:
        yield (
            "nobody is an Admin of the ERP tool then: settings can be changed only by file, with "
            "gatepost directory apply"
        )
    elif by in was and by not in is_now:
        yield "you are no Admin of the ERP tool then, and cannot take this back yourself"
    known = set(_doubtful(before))
    yield from (each for each in _doubtful(after) if each not in known)


def _doubtful(sections: Sections) -> Iterator[str]:
    for finding in doubtful(sections):
        project = sections["projects"][int(finding.place[1])]
        yield f"{project['name']} has an approver who cannot approve: {finding.message}"


def _admins(sections: Sections) -> set[str]:
    people = sections["people"]
    return {each["email"].lower() for each in people if each.get("erp_tool") == ErpTool.ADMIN}
