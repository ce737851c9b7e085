"""What a gate must stand: each wrong input is answered with its reason, and nothing is lost."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from gatepost.ledger import directory_file, tables
from gatepost.messages.cloud_events import SIZE_LIMIT
from gatepost.messages.item_events import ITEM_DECIDED
from gatepost.messages.requests import Action
from tests.journeys.company import (
    ANN,
    DIRECTORY,
    RITA,
    Event,
    commitment,
    corrected,
    event,
    invoice,
)
from tests.journeys.gate import Gate


def as_sent(sent: Event) -> bytes:
    return json.dumps(sent).encode()


def of_type(kind: str) -> bytes:
    return as_sent({**commitment("bad-type"), "type": kind})


UNINTELLIGIBLE: dict[str, tuple[bytes, str]] = {
    "not JSON": (b'{"specversion": "1.0", ', "not JSON"),
    "wrong UTF-8": (as_sent(commitment("bad-utf")).replace(b"Steel", b"St\xe4hl"), "UTF-8"),
    "unknown type": (of_type("gatepost.item.lost.v1"), "gatepost.item.lost.v1 is not known"),
    "unknown major version": (of_type("gatepost.item.sent.v2"), "known is gatepost.item.sent.v1"),
    "a byte too long": (b" " * (SIZE_LIMIT + 1), f"the limit is {SIZE_LIMIT}"),
    "no object": (b'["an", "array"]', "no JSON object"),
    "without an id": (as_sent({**commitment("bad-id"), "id": ""}), "without id"),
}


def unintelligible(told: Event) -> bool:
    return bool(told["errors"][0]["rule"] == "unintelligible")


@pytest.mark.parametrize("which", UNINTELLIGIBLE)
def test_what_cannot_be_understood_is_answered_and_kept_as_it_came(gate: Gate, which: str) -> None:
    # Given bytes in which no event can be read
    body, reason = UNINTELLIGIBLE[which]
    before = len(gate.stack.facts)

    # When they come in
    gate.stack.publish_raw(body)

    # Then the outside is told that they are refused, why, and who can do something
    [error] = refusal(gate, unintelligible, since=before)["errors"]
    assert error["rule"] == "unintelligible"
    assert reason in error["message"]
    assert error["who_can_fix"]

    # And they are kept, byte for byte
    assert kept(gate, body)["reason"] == "unintelligible"


def test_a_binary_event_without_its_attributes_is_answered_and_kept(gate: Gate) -> None:
    # Given the data of an event whose headers lack its source
    body = as_sent(commitment("bad-binary")["data"])
    headers = {"ce-id": "bad-binary-1", "ce-type": "gatepost.item.sent.v1", "ce-specversion": "1.0"}
    before = len(gate.stack.facts)

    # When it comes in
    gate.stack.publish_raw(body, "application/json", headers)

    # Then its refusal names what is missing, and its headers are kept beside its bytes
    [error] = refusal(gate, unintelligible, since=before)["errors"]
    assert "without source" in error["message"]
    assert kept(gate, body)["headers"]["ce-id"] == "bad-binary-1"


def test_an_event_of_an_unknown_company_becomes_an_item_once_the_company_is_there(
    gate: Gate,
) -> None:
    # Given an event of a company that nobody has entered
    early = commitment("early-1", company="gamma")
    item = gate.sends(early)
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["field"], error["rule"]) == ("company", "not_found")
    row = kept(gate, as_sent(early))
    assert row["reason"] == "not_found"

    # When the company is entered, and an operator replays the event
    enter(gate, "gamma")
    gatepost(gate, "quarantine", "replay", row["id"])

    # Then it is an item like any other
    gate.hears(item, "received")
    assert gate.state(item) == "sent"
    assert gate.decides(item, Action.ACCEPT, ANN) == "done"
    gate.becomes(item, "synced")
    assert len(gate.records(item)) == 1
    assert kept(gate, as_sent(early))["replayed_at"]


def test_an_event_of_a_company_without_an_erp_is_refused(gate: Gate) -> None:
    # Given a company whose connection is not entered yet
    enter(gate, "beta", connected=False)

    # When it sends an item
    sent = commitment("no-erp-1", company="beta")
    item = gate.sends(sent)

    # Then it is told so, and by whom it can be mended
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["rule"], "no ERP connection" in error["message"]) == ("connection", True)
    assert "directory" in error["who_can_fix"]
    assert kept(gate, as_sent(sent))["reason"] == "not_sendable"


def test_a_kind_that_the_erp_does_not_take_is_refused(gate: Gate) -> None:
    # Given a company whose ERP, by a stranger's connector, has no place for invoices
    enter(gate, "delta", connector="narrow")
    parent = gate.sends(commitment("narrow-1", company="delta"))

    # When an invoice is sent
    sent = invoice("narrow-2", parent="narrow-1", company="delta")
    item = gate.sends(sent)

    # Then it is refused before the ERP is asked, by the name of those books
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["field"], error["rule"]) == ("kind", "kind_enabled")
    assert error["message"] == "Narrow Books takes no invoices"
    assert "connection" in error["who_can_fix"]
    assert kept(gate, as_sent(sent))["reason"] == "not_sendable"

    # And what they do take is exported by that connector
    assert gate.accepts(parent, by=ANN) == "done"
    gate.becomes(parent, "synced")


def test_all_missing_fields_are_named_at_once(gate: Gate) -> None:
    # Given an event that lacks fields of its own and of its content, and has a wrong one
    sent = commitment("gaps-1")
    for name in ("status", "created_by"):
        del sent["data"][name]
    sent["data"]["sent_by"] = {"email": "nobody", "name": "Nobody"}
    del sent["data"]["content"]["lines"][0]["external_id"]
    sent["data"]["content"]["lines"][1]["amount"] = 7600.5

    # When it is sent
    item = gate.sends(sent)

    # Then every one of them is named in one answer
    told = gate.hears(item, "refused")
    assert {error["field"] for error in told["errors"]} == {
        "status",
        "created_by",
        "sent_by.email",
        "content.lines[0].external_id",
        "content.lines[1].amount",
    }
    assert (told["refused_event"], told["editable"]) == (sent["id"], True)
    assert kept(gate, as_sent(sent))["reason"] == "not_sendable"


def test_another_event_under_the_same_id_is_refused_and_kept(gate: Gate) -> None:
    # Given an event that was taken
    first = commitment("twin-1")
    item = gate.sends(first)

    # When another one comes under its id
    other = {**corrected(first, retainage_percent="5"), "id": first["id"]}
    gate.sends(other)

    # Then it is a conflict, the item is as it was, and the other is kept
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["field"], error["rule"]) == ("id", "conflict")
    assert gate.row(item)["revision"] == 1
    assert kept(gate, as_sent(other))["reason"] == "conflict"


def test_the_same_revision_with_other_content_is_refused_and_kept(gate: Gate) -> None:
    # Given an item at revision 1
    first = commitment("twin-2")
    item = gate.sends(first)

    # When revision 1 comes once more, with other content
    other = event(first["type"], {**first["data"], "title": "Steel, tower C"})
    gate.sends(other)

    # Then it is a conflict, and the item is as it was
    told = gate.hears(item, "refused")
    assert [error["rule"] for error in told["errors"]] == ["conflict"]
    assert (told["state"], told["badge"]) == ("sent", gate.told(item, "received")[-1]["badge"])
    assert gate.row(item)["title"] == first["data"]["title"]
    assert kept(gate, as_sent(other))["reason"] == "conflict"


def test_a_lower_revision_is_answered_and_changes_nothing(gate: Gate) -> None:
    # Given an item whose second revision came first
    first = commitment("late-1")
    second = corrected(first, retainage_percent="5")
    item = gate.sends(second)

    # When the first comes after it
    gate.sends(first)

    # Then its source is told that it is ignored
    told = gate.hears(item, "refused")
    assert [error["rule"] for error in told["errors"]] == ["stale_revision"]
    assert (told["refused_event"], told["revision"]) == (first["id"], 2)
    assert gate.row(item)["revision"] == 2


@pytest.mark.parametrize(
    ("by", "rule"), [(RITA, "not_entitled"), ("nobody@acme.example", "not_entitled")]
)
def test_a_decision_without_the_right_is_refused_whichever_way_it_comes(
    gate: Gate, by: str, rule: str
) -> None:
    # Given an item that waits for a decision
    item = gate.sends(sent := commitment(f"right-{by.partition('@')[0]}"))

    # When somebody without the right decides here; Then the answer says so
    assert gate.accepts(item, by=by) == rule

    # And when it comes as an event of the source
    decision = decided(sent, by=by)
    gate.stack.publish(decision)

    # Then the source is told, with who can help, and the item waits on
    told = refusal(gate, lambda told: told["refused_event"] == decision["id"])
    assert told["item_id"] == item
    assert [error["rule"] for error in told["errors"]] == [rule]
    assert all(error["who_can_fix"] for error in told["errors"])
    assert gate.state(item) == "sent"


def test_a_decision_for_an_older_revision_is_refused_whichever_way_it_comes(gate: Gate) -> None:
    # Given an item that has moved on to revision 2
    first = commitment("moved-1")
    item = gate.sends(first)
    gate.sends(corrected(first, retainage_percent="5"))

    # When an approver who saw revision 1 decides here; Then the answer says so
    assert gate.accepts(item, by=ANN, revision=1) == "stale_decision"

    # And when it comes as an event of the source
    decision = decided(first, by=ANN)
    gate.stack.publish(decision)

    # Then the source is told, with what changed, and the item waits for who knows revision 2
    told = refusal(gate, lambda told: told["refused_event"] == decision["id"])
    assert [error["rule"] for error in told["errors"]] == ["stale_decision", "changed"]
    assert told["errors"][1]["field"] == "content.retainage_percent"
    assert gate.state(item) == "sent"
    assert gate.accepts(item, by=ANN, revision=2) == "done"
    gate.becomes(item, "synced")


def test_an_erp_that_took_it_and_answers_garbage_with_200_has_it_once(gate: Gate) -> None:
    # Given an ERP that writes the record, and answers with a page of HTML
    item = gate.sends(commitment("garbage-1"))
    gate.erp_behaves("garbage_after", for_next=1, kinds=["commitment"])

    # When the item is accepted
    assert gate.accepts(item, by=ANN) == "done"

    # Then its record is found by its mark: told once, and written once
    gate.becomes(item, "synced")
    [record] = gate.records(item)
    assert gate.hears(item, "synced")["origin"]["id"] == record["id"]
    gate.is_quiet()
    assert len(gate.told(item, "synced")) == 1
    assert gate.told(item, "failed") == []


def test_nothing_is_taken_for_a_record_while_the_erp_answers_only_garbage(gate: Gate) -> None:
    # Given an ERP that answers everything with 200 and a page of HTML
    item = gate.sends(commitment("garbage-2"))
    gate.erp_behaves("garbage", kinds=["commitment"])

    # When the item is accepted, and a while was tried
    assert gate.accepts(item, by=ANN) == "done"
    gate.eventually(lambda: gate.row(item)["attempts"] >= 1, "it was tried")

    # Then it is not said to be in the ERP, nor given up
    assert gate.told(item, "synced") == []
    assert gate.state(item) in ("exporting", "failed")

    # And once the ERP is itself again, it is there, once
    gate.erp_behaves("ok")
    gate.becomes(item, "synced")
    assert len(gate.records(item)) == 1


# --- hands -----------------------------------------------------------------------------------------


def refusal(gate: Gate, is_it: Callable[[Event], bool], *, since: int = 0) -> Event:
    """Wait for the refusal that is meant."""

    def found() -> list[Event]:
        return [
            each["data"]
            for each in gate.stack.facts[since:]
            if each["type"] == "gatepost.item.refused.v1" and is_it(each["data"])
        ]

    gate.eventually(found, "it is refused")
    [told] = found()
    return told


def kept(gate: Gate, body: bytes) -> sa.RowMapping:
    """The one row in quarantine that has these very bytes."""

    def rows() -> list[sa.RowMapping]:
        with gate.stack.ledger.database.reading() as connection:
            found = connection.execute(sa.select(tables.quarantine)).mappings().all()
        return [row for row in found if same(base64.b64decode(row["body"]), body)]

    gate.eventually(rows, "it is kept in quarantine")
    [row] = rows()
    return row


def same(one: bytes, other: bytes) -> bool:
    """Whether they are the same bytes, or the same document: embedded, events come as documents."""
    try:
        return one == other or bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def enter(gate: Gate, company: str, *, connected: bool = True, connector: str = "sandbox") -> None:
    """Enter a company with the people of the other one, with or without its ERP."""
    text = DIRECTORY.replace("ERP_URL", gate.stack.sandbox_url)
    text = text.replace('connector = "sandbox"', f'connector = "{connector}"')
    file = directory_file.parse(text.replace('key = "acme"', f'key = "{company}"'))
    if not connected:
        file = file.model_copy(update={"connections": []})
    directory_file.apply(gate.stack.ledger.database, file)


def decided(sent: Event, *, by: str) -> Event:
    named = {name: sent["data"][name] for name in ("company", "kind", "external_id", "revision")}
    return event(ITEM_DECIDED, {**named, "decision": "accept", "by": by, "comment": ""})


def gatepost(gate: Gate, *words: Any) -> None:
    """Run a command beside the program, on the same ledger."""
    url = gate.stack.ledger.database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "gatepost.cli", *map(str, words)],
        env={**os.environ, "GATEPOST_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
