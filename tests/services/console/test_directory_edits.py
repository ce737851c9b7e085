"""A part of the directory: checked as the file is, shown first, saved as it was shown."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.domain.errors import NotSendable
from gatepost.ledger import tables
from gatepost.ledger.database import Database
from gatepost.ledger.directory_file import DirectoryFileError, parse, plan
from gatepost.ledger.directory_toml import as_toml
from gatepost.ledger.ledger import Ledger
from gatepost_console.directory_edits import Edit, Edited, foresee, save
from tests.journeys.company import ANN, BO
from tests.ledger.databases import NOBODY
from tests.ledger.test_directory_file import entries

EVE = {"email": "eve@acme.example", "name": "Eve", "erp_tool": "standard", "amount_limit": None}


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


def saved(ledger: Ledger, edit: Edit, shown: str | None = None) -> Edited:
    return save(ledger, "acme", edit, by=BO, channel="console", shown=shown)


def person(email: str, **fields: Any) -> Edit:
    return Edit(entries={"people": {email: fields}})


def told(edited: Edited) -> list[tuple[str, str, list[str]]]:
    return [(each.key, each.what, [one.name for one in each.fields]) for each in edited.changes]


def test_what_was_shown_is_saved_once_and_the_rest_stays(ledger: Ledger) -> None:
    # Given what an edit would change
    edit = person(ANN, amount_limit="5000", summary_hour=9)
    shown = foresee(ledger, "acme", edit, by=BO)
    assert told(shown) == [(ANN, "changed", ["amount_limit", "summary_hour"])]
    before, rows = ledger.directory(), len(entries(ledger.database))
    # When it is saved, twice
    assert saved(ledger, edit, shown.mark).is_saved
    again = saved(ledger, edit, shown.mark)
    # Then it is there, alone, and has one row of history
    assert (again.is_saved, again.changes) == (True, ())
    now = ledger.directory().company("acme").people
    assert (str(now[ANN].amount_limit), now[ANN].summary_hour) == ("5000", 9)
    others = {email: each for email, each in now.items() if email != ANN}
    was = before.company("acme").people
    assert others == {email: each for email, each in was.items() if email != ANN}
    row = entries(ledger.database)[-1]
    assert len(entries(ledger.database)) == rows + 1
    assert (row["by"], row["channel"], row["what"]) == (BO, "console", "directory changed")
    # And a limit is taken away again
    assert saved(ledger, person(ANN, amount_limit=None)).changes
    assert ledger.directory().company("acme").people[ANN].amount_limit is None


def test_what_was_not_shown_is_not_saved(ledger: Ledger) -> None:
    edit = person(ANN, name="Ann Ode-Lind")
    shown = foresee(ledger, "acme", edit, by=BO)
    saved(ledger, person(ANN, name="Ann O."))
    # When the name has become another one meanwhile, then it is told what it would replace now
    answer = saved(ledger, edit, shown.mark)
    assert not answer.is_saved
    assert answer.changes[0].fields[0].before == "Ann O."
    assert ledger.directory().company("acme").people[ANN].name == "Ann O."
    assert saved(ledger, edit, answer.mark).is_saved


def test_people_are_added_once_and_removed(ledger: Ledger) -> None:
    edit = Edit(added={"people": [EVE]})
    assert told(saved(ledger, edit))[0][:2] == ("eve@acme.example", "added")
    assert saved(ledger, edit).changes == ()
    other = Edit(added={"people": [{**EVE, "name": "Another"}]})
    with pytest.raises(NotSendable, match="each may be named once"):
        saved(ledger, other)
    assert told(saved(ledger, Edit(entries={"people": {EVE["email"] or "": None}}))) == [
        ("eve@acme.example", "removed", [])
    ]


def test_everything_against_it_is_said_with_its_field(ledger: Ledger) -> None:
    edit = person(ANN, erp_tool="boss", amount_limit="5,0", time_zone="Mars/Base")
    with pytest.raises(NotSendable) as refused:
        foresee(ledger, "acme", edit, by=BO)
    found = {each.field: each.message for each in refused.value.problems}
    assert set(found) == {"erp_tool", "amount_limit", "time_zone"}
    assert "such as 50000.00" in found["amount_limit"]
    with pytest.raises(NotSendable) as refused:
        foresee(ledger, "acme", Edit(settings={"grace_seconds": "soon"}), by=BO)
    (only,) = refused.value.problems
    assert (only.field, only.message) == (
        "grace_seconds",
        'a whole number stands here, not "soon"',
    )


@pytest.mark.parametrize(
    ("edit", "doubt"),
    [
        # the only Admin makes themselves less
        (person(BO, erp_tool="standard"), "nobody is an Admin of the ERP tool then"),
        # a project's approver loses what it takes, or is gone
        (person(ANN, can_push_to_accounting=False), "Harbor Bridge has an approver who cannot"),
        (Edit(entries={"people": {ANN: None}}), "ann@acme.example is not among the people"),
        # nothing to doubt
        (person(ANN, name="Ann"), None),
    ],
)
def test_what_may_not_be_meant_is_doubted(ledger: Ledger, edit: Edit, doubt: str | None) -> None:
    doubts = foresee(ledger, "acme", edit, by=BO).doubts
    assert [doubt in each for each in doubts] == [True] if doubt else doubts == ()


def test_an_admin_who_is_not_the_only_one_is_told_that_they_cannot_go_back(ledger: Ledger) -> None:
    saved(ledger, person(ANN, erp_tool="admin"))
    assert foresee(ledger, "acme", person(ANN, erp_tool="standard"), by=BO).doubts == ()
    (doubt,) = foresee(ledger, "acme", person(BO, erp_tool="standard"), by=BO).doubts
    assert "cannot take this back yourself" in doubt


def test_a_sync_is_scheduled_and_options_are_neither_shown_nor_touched(ledger: Ledger) -> None:
    edit = Edit(entries={"connections": {"books": {"sync": {"hour": 5, "zone": "Europe/Oslo"}}}})
    assert told(saved(ledger, edit)) == [("books", "changed", ["sync"])]
    with ledger.database.reading() as connection:
        row = connection.execute(tables.connections.select()).mappings().one()
    assert row["sync_message_id"] is not None
    assert row["options"]["url"] == NOBODY
    with pytest.raises(NotSendable, match="either every_hours or the hour"):
        saved(ledger, Edit(entries={"connections": {"books": {"sync": {"zone": "UTC"}}}}))


def test_the_directory_as_a_file_is_the_directory(ledger: Ledger) -> None:
    saved(ledger, Edit(settings={"second_approval_above": "100", "prefill": []}))
    saved(ledger, person(ANN, name='Ann "the\nbold" Ødé \\', amount_limit="7"))
    text = as_toml(ledger, "acme")
    # It is not applied as it is: that would take the connections' options away
    assert NOBODY not in text
    with pytest.raises(DirectoryFileError, match="options"):
        parse(text)
    # With them it is what it was
    left_out = next(line for line in text.splitlines() if line.startswith("options"))
    options = ledger.directory().connections["acme"].options
    inline = ", ".join(f"{name} = {value!r}" for name, value in options.items())
    file = parse(text.replace(left_out, f"options = {{ {inline} }}"))
    assert plan(ledger.database, file).changes == ()
