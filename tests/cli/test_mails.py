"""``gatepost mails``: who was written to, or was not, and why."""

from __future__ import annotations

import pytest

from gatepost.ledger import tables
from tests.cli.conftest import Gate, Gatepost, Said, catalogue, eventually

ANN = "ann@harbor.example"
COMMITMENT = "harbor/commitment/pm-551"


@pytest.fixture
def cli(gate: Gate, gatepost: Gatepost) -> Gatepost:
    def run(*arguments: object, **more: object) -> Said:
        return gatepost(*arguments, **{"database_url": gate.database_url, **more})

    return run


def test_the_log_says_who_was_alerted_and_who_was_not(cli: Gatepost, gate: Gate) -> None:
    # Given a commitment whose approvers are alerted, and a mail that was written
    cli("send", "-", stdin=catalogue("pm-12", "pm-551"))
    wanted = ("mails", "list", "--item", COMMITMENT)
    eventually(lambda: len(cli(*wanted, "--json").json["items"]) == 2)
    mail_id = cli(*wanted, "--to", ANN, "--json").json["items"][0]["id"]
    with gate.program.ledger.work() as work:
        texts = {
            "subject": "Please look",
            "text": "It awaits you.\n",
            "html": "<p>It awaits you.</p>",
        }
        work.change(tables.mails, mail_id, status="sent", **texts)

    # Then the log lists both, each with its reason
    said = cli(*wanted)
    assert said.out.count("it needs a decision") == 2
    assert "Please look" in said.out

    # And is searched by whatever is known of a mail
    for narrowed in (("--status", "sent"), ("--q", "PLEASE"), ("--to", ANN)):
        (found,) = cli(*wanted, *narrowed, "--json").json["items"]
        assert (found["id"], found["template"]) == (mail_id, "alert")
    assert not cli(*wanted, "--template", "summary", "--json").json["items"]
    assert not cli("mails", "list", "--company", "nobody", "--json").json["items"]

    # And one of them can be read
    shown = cli("mails", "show", mail_id)
    assert "It awaits you." in shown.out
    assert "<p>" not in shown.out
    assert cli("mails", "show", mail_id, "--json").json["html"] == "<p>It awaits you.</p>"


def test_the_log_is_read_page_by_page(cli: Gatepost) -> None:
    cli("send", "-", stdin=catalogue("pm-12", "pm-551"))
    eventually(lambda: len(cli("mails", "list", "--json").json["items"]) >= 4)
    everything = [mail["id"] for mail in cli("mails", "list", "--json").json["items"]]
    said = cli("mails", "list", "--limit", 3)
    cursor = said.err.rsplit(" ", 1)[1].strip()
    rest = cli("mails", "list", "--cursor", cursor, "--json").json["items"]
    assert [mail["id"] for mail in rest] == everything[3:]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("list", "--status", "lost"), 2),
        (("list", "--cursor", "!!"), 2),
        (("list", "--item", "pm-551"), 4),
        (("show", "no-id"), 4),
        (("show", "00000000-0000-0000-0000-000000000000"), 4),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(
    cli: Gatepost, arguments: tuple[str, ...], code: int
) -> None:
    said = cli("mails", *arguments)
    assert said.code == code
    assert said.err.startswith("gatepost: ")
