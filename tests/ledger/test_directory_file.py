"""The directory file: everything against it at once, and only what differs is written."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gatepost.ledger import tables
from gatepost.ledger.database import Database
from gatepost.ledger.directory_file import (
    DirectoryFile,
    DirectoryFileError,
    apply,
    doubts,
    parse,
    plan,
)
from gatepost.ledger.ledger import Ledger
from tests.journeys.company import ANN, BO, DIRECTORY, RITA
from tests.ledger.databases import NOBODY

TEXT = DIRECTORY.replace("ERP_URL", NOBODY)
HEAD = '[company]\nkey = "acme"\nname = "Acme"\n'

PERSON = HEAD + '[[people]]\nemail = "a@b"\nname = "A"\n'
TWICE = '[[{0}]]\n{1} = "x@y"\nname = "X"\n[[{0}]]\n{1} = "x@y"\nname = "Y"\n'
CONNECTION = HEAD + '[[connections]]\nkey = "b"\nconnector = "sandbox"\n'

CASES: list[tuple[str, int, str]] = [
    # a table and a key that are missing
    ("", 1, "company: it is missing"),
    (HEAD + '[[people]]\nname = "Ann"', 4, "people[0].email: it is missing"),
    # keys nobody knows, with and without one that is like them
    (HEAD + "[[poeple]]", 4, "poeple: there is no such key here; did you mean people?"),
    (HEAD + "colour = 1", 4, "company.colour: there is no such key here; known are key, name,"),
    # one of a few words
    (PERSON + 'erp_tool = "admim"', 7, '.erp_tool: "admim" is not known here; did you mean admin?'),
    (
        PERSON + 'kinds = ["invoice",\n"projct"]',
        8,
        '.kinds[1]: "projct" is not known here; did you',
    ),
    (
        PERSON + 'kinds = ["po"]',
        7,
        '.kinds[0]: "po" is not known here; known are project, sub_job,',
    ),
    (PERSON + 'tools.commitment = "admin"', 7, ".tools.commitment: "),
    (PERSON + 'tools.commitments = "all"', 7, '.tools.commitments: "all" is not known here'),
    # numbers, zones, addresses, keys
    (HEAD + "[company.settings]\ngrace_seconds = -1", 5, "grace_seconds: input should be greater"),
    # a number and a yes are no texts
    (
        HEAD + '[company.settings]\ngrace_seconds = "5"',
        5,
        'grace_seconds: a whole number stands here, without quotation marks; not "5"',
    ),
    (PERSON + 'summary_hour = "7"', 7, "people[0].summary_hour: a whole number stands here"),
    (PERSON + 'operator = "yes"', 7, "people[0].operator: true or false stands here"),
    (PERSON.replace("a@b", "a\u200b@b"), 5, "people[0].email: it has a character in it that can"),
    (PERSON + 'time_zone = "Mars"', 7, "people[0].time_zone: there is no time zone Mars"),
    (PERSON.replace("a@b", "ab"), 5, 'people[0].email: "ab": this is no e-mail address'),
    (HEAD.replace('"acme"', '"a/b"'), 2, 'company.key: "a/b": a key has no slash and no space'),
    # what always needs a person
    (HEAD + '[company.settings]\nauto_accept = ["project"]', 5, "settings.auto_accept: project"),
    # named twice, people in any letters
    (
        HEAD + TWICE.format("vendors", "external_id"),
        8,
        "vendors[1].external_id: x@y is named before",
    ),
    (
        HEAD + TWICE.format("people", "email").replace("x@y", "X@y", 1),
        8,
        "named before, as people[0]",
    ),
    # connectors and what they take
    (
        CONNECTION.replace("sandbox", "sap"),
        6,
        "connections[0].connector: there is no connector sap",
    ),
    (CONNECTION + 'profile = "x"', 7, "connections[0].profile: there is no profile x"),
    # an unknown profile of an unknown connector: both are told
    (
        CONNECTION.replace("sandbox", "sap") + 'profile = "x"',
        7,
        "connections[0].profile: there is no profile x",
    ),
    (
        CONNECTION + "options = { url = 3 }",
        7,
        "connections[0].options.url: input should be a valid",
    ),
    # no TOML at all
    ("[company]\nkey == 3", 2, "not TOML: Invalid value"),
    ("[company]\nkey = ", 2, "not TOML: Invalid value"),
]


@pytest.mark.parametrize(("text", "line", "said"), CASES)
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(DirectoryFileError) as refused:
        parse(text, "f.toml")
    assert any(
        each.startswith(f"f.toml:{line}: ") and said in each
        for each in str(refused.value).splitlines()
    ), str(refused.value)


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file() -> None:
    texts = [text.removeprefix(HEAD) for text, _, _ in CASES if text.startswith(PERSON)]
    with pytest.raises(DirectoryFileError) as refused:
        parse(HEAD + "\n".join(texts), "f.toml")
    lines = [each.line for each in refused.value.findings]
    assert len(lines) >= len(texts)
    assert lines == sorted(lines)


def test_options_are_never_shown() -> None:
    text = (
        HEAD + '[[connections]]\nkey="b"\nconnector="sandbox"\noptions={url="x", timeout="hunter2"}'
    )
    with pytest.raises(DirectoryFileError) as refused:
        parse(text)
    assert "options.timeout" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("email", "said"),
    [
        # approves
        (ANN, None),
        # looks
        (RITA, f"{RITA} is no accounting approver"),
        # is nobody
        ("eve@acme.example", "eve@acme.example is not among the people"),
    ],
)
def test_a_project_whose_approver_cannot_approve_is_doubted(email: str, said: str | None) -> None:
    text = HEAD + TEXT[TEXT.index("[[people]]") : TEXT.index("[[projects]]")]
    text += f'[[projects]]\nexternal_id = "p"\nname = "P"\napprovers = [\n"{BO}",\n"{email}"]'
    found = doubts(text, "f.toml", parse(text))
    if said is None:
        assert found == []
    else:
        assert f"f.toml:{text.count(chr(10)) + 1}: projects[0].approvers[1]: {said}" in str(
            found[0]
        )


# --- applying ------------------------------------------------------------------------------------


def changed(*replacements: tuple[str, str]) -> DirectoryFile:
    text = TEXT
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return parse(text)


def entries(database: Database) -> list[sa.RowMapping]:
    of_directory = tables.history.c.item_id.is_(None)
    with database.reading() as connection:
        found = connection.execute(tables.history.select().where(of_directory)).mappings().all()
    return sorted(found, key=lambda row: row["revision"])


def version(database: Database) -> int:
    return Ledger(database).directory().version


def test_applying_the_same_again_changes_nothing(database: Database) -> None:
    before = (version(database), len(entries(database)))
    assert apply(database, parse(TEXT)).changes == ()
    assert (version(database), len(entries(database))) == before


def test_what_differs_is_told_field_by_field_and_kept_in_the_history(database: Database) -> None:
    # Given a file with a person more, a right less, another option and a person less
    file = changed(
        ('email = "rita@', 'email = "rico@'),
        ('erp_tool = "admin"', 'erp_tool = "standard"'),
        (NOBODY, "http://user:hunter2@127.0.0.1:9"),
    )
    # When it is planned, and applied
    planned = plan(database, file)
    applied = apply(database, file, by="root")
    # Then both tell the same, and nothing of what may be secret
    assert planned.changes == applied.changes
    told = {(each.section, each.key, each.what): each.fields for each in applied.changes}
    assert set(told) == {
        ("connections", "books", "changed"),
        ("people", "rico@acme.example", "added"),
        ("people", BO, "changed"),
        ("people", RITA, "removed"),
    }
    (right,) = told["people", BO, "changed"]
    assert (right.name, right.before, right.after) == ("erp_tool", "admin", "standard")
    (option,) = told["connections", "books", "changed"]
    assert (option.name, option.secret, option.before, option.after) == (
        "options.url",
        True,
        None,
        None,
    )
    # And it stands in the history
    row = entries(database)[-1]
    assert (row["what"], row["by"], row["channel"]) == ("directory changed", "root", "cli")
    assert row["revision"] == version(database) == applied.version
    assert "hunter2" not in str(row["detail"])
    assert BO in str(row["detail"])


def test_a_plan_changes_nothing(database: Database) -> None:
    before = version(database)
    assert plan(database, changed(("Acme Builders", "Acme"))).changes
    assert version(database) == before
    assert Ledger(database).directory().company("acme").name == "Acme Builders"


def test_a_pause_outlives_a_changed_connection_and_not_a_removed_one(database: Database) -> None:
    books = tables.connections
    with database.transaction() as connection:
        connection.execute(sa.update(books).values(paused=True))
    apply(database, changed(('connector = "sandbox"', 'connector = "sandbox"\nper_minute = 5')))
    with database.reading() as connection:
        row = connection.execute(books.select()).mappings().one()
    assert (row["per_minute"], row["paused"]) == (5, True)
    apply(database, parse(TEXT).model_copy(update={"connections": []}))
    with database.reading() as connection:
        assert connection.execute(books.select()).all() == []
