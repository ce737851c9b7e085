"""The effects of a transaction: all or nothing, set-wise, and the same on every database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa

from gatepost.domain.decisions import Rejection, Verdict
from gatepost.domain.items import Cause, Item, Origin
from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost.ledger.directory_file import apply, parse
from gatepost.ledger.ids import uuid7, uuid7s
from gatepost.messages.facts import Fact
from gatepost.messages.requests import PostMail, Receive, Review
from gatepost.messages.routes import Queue
from tests.journeys import company
from tests.ledger.databases import NOBODY
from tests.ledger.office import Office, arriving

WORDS: Final = "Żółć — 建設 🏗 \"quoted\" 'single' \\ back\\slash \t tab {json} :param %s"


def everything(item: Item) -> Item:
    """An item with every field set."""
    return replace(
        item,
        title=WORDS,
        state=State.FAILED,
        decision=Verdict.ACCEPT,
        decided_by="ann@acme.example",
        decided_at=datetime(2026, 11, 21, 23, 59, 59, 123456, tzinfo=UTC),
        decided_revision=2**31 - 1,
        entries={"account": WORDS, "": "empty"},
        export_id=uuid7(),
        waits_for=WORDS,
        attempts=3,
        unsettled=True,
        cause=Cause("key", "ValidationFailed", WORDS, "the sender", "E-1"),
        origin=Origin("PO-1", "4711", '{"version": 2}', (("l-1", "PO-1-1"), ("l-2", "PO-1-2"))),
        synced_revision=1,
        archived_from=State.REJECTED,
        rejection=Rejection(
            "bo@acme.example",
            WORDS,
            datetime(2026, 11, 20, 0, 0, 0, 1, tzinfo=UTC),
            2,
            WORDS,
            "cost_code",
        ),
    )


def test_an_item_is_read_as_it_was_written(office: Office) -> None:
    # Given an item with every field set
    with office.ledger.work() as work:
        written = everything(arriving("pm-1", work))
        work.put(written)

    # Then it comes back equal: ids as text, times to the microsecond, documents as they were
    found = office.item(written.id)
    assert found == written
    assert found.decided_at is not None
    assert found.decided_at.utcoffset() == timedelta(0)


def test_an_item_is_changed_as_it_was_changed(office: Office) -> None:
    # Given a stored item
    [item_id] = office.stores("pm-1")

    # When every field that may change is changed, and then cleared again
    with office.ledger.work() as work:
        changed = everything(work.item(item_id))
        loaded = work.item(item_id)
        for name in Item.__dataclass_fields__:
            setattr(loaded, name, getattr(changed, name))
    assert office.item(item_id) == changed
    with office.ledger.work() as work:
        cleared = work.item(item_id)
        cleared.cause = cleared.origin = cleared.decision = cleared.export_id = None
        cleared.rejection = None
        cleared.entries, cleared.unsettled = {}, False

    # Then it reads so
    assert office.item(item_id) == cleared


def test_documents_of_any_shape_come_back_equal(office: Office) -> None:
    # Given a revision with a document of everything JSON has
    content = {
        "text": WORDS,
        "empty": {},
        "list": [1, -1.5, 12345678901234567, True, None, [], {"deep": [[{}]]}],
        "zero": 0,
        'key with "quotes"': "x",
    }
    item_id = company.item_id(company.commitment("pm-1"))
    with office.ledger.work() as work:
        at = work.now
        row = {
            "item_id": item_id,
            "revision": 1,
            "header": None,
            "content": content,
            "at": at,
            "words": "",
        }
        work.add(tables.revisions, **row)

    # Then it comes back equal
    with office.ledger.work() as work:
        [kept] = work.rows(tables.revisions, tables.revisions.c.item_id == item_id)
        assert dict(kept) == row


def test_a_messages_body_may_hold_a_whole_event(office: Office) -> None:
    # Given an event whose text looks like JSON, SQL and worse
    body = f'{{"title": "{WORDS}"}}'
    with office.ledger.work() as work:
        message_id = work.send(Receive(item_id="", body=body, companies=("acme",)))

    # Then its handler reads the same
    [claimed] = office.claims(message_id)
    assert claimed.message == Receive(item_id="", body=body, companies=("acme",))


def test_an_item_that_was_not_locked_cannot_be_changed(office: Office) -> None:
    # Given an item that was read only to be looked at
    [item_id] = office.stores("pm-1")

    # When a handler changes it all the same
    def changes_it() -> None:
        with office.ledger.work() as work:
            looked_at = work.find(item_id, lock=False)
            assert looked_at
            looked_at.title = "changed"

    with pytest.raises(RuntimeError, match="without a lock"):
        changes_it()

    # Then nothing is written
    assert office.item(item_id).title == "Steel erection, tower B"


def test_an_item_that_was_looked_at_may_be_locked_and_changed_afterwards(office: Office) -> None:
    [item_id] = office.stores("pm-1")
    with office.ledger.work() as work:
        work.find(item_id, lock=False)
        work.item(item_id).title = "changed"
    assert office.item(item_id).title == "changed"


def test_messages_with_the_same_mark_are_one(office: Office) -> None:
    [item_id] = office.stores("pm-1")
    with office.ledger.work() as work:
        first = work.send(Review(item_id=item_id, revision=1), once="ann")
        again = work.send(Review(item_id=item_id, revision=1), once="ann")
        other = work.send(PostMail(item_id=item_id, mail_id="m"), once="ann")
    assert first == again
    assert set(office.messages()) == {first, other}


def test_what_a_handler_leaves_knows_where_it_came_from(office: Office) -> None:
    # Given a chain of three messages
    [item_id] = office.stores("pm-1")
    [first] = office.leaves(item_id)
    chain = [first]
    for _ in range(2):
        with office.ledger.work() as work:
            [work.handling] = office.ledger.claim(work, chain[-1:])
            chain.append(work.send(Review(item_id=item_id, revision=1)))

    # Then the last names its cause, and the first of all
    row = office.message(chain[2])
    assert (row["causation_id"], row["correlation_id"]) == (chain[1], chain[0])


def test_events_for_the_outside_are_one_row_that_is_forgotten_when_confirmed(
    office: Office,
) -> None:
    # Given a transaction that tells two things
    with office.ledger.work() as work:
        item = arriving("pm-1", work)
        work.put(item)
        work.tell(Fact.RECEIVED, item)
        work.tell(Fact.EXPORTING, item)

    # Then there is one row with both, and it is not offered to any worker
    [(row_id, told)] = office.left[-1].publications
    assert [each.routing_key.rpartition(".")[2] for each in told] == ["received", "exporting"]
    assert office.message(row_id)["queue"] == Queue.EVENTS
    assert office.left[-1].ids == {}

    # And until it is confirmed, the sweep offers the same events again
    office.time_passes(row_id)
    assert office.ledger.sweep() == {Queue.EVENTS: [row_id]}
    [(again, body)] = office.ledger.publications([row_id])
    assert again == row_id
    assert [event["id"] for _, _, event in body] == [each.event["id"] for each in told]

    # When it is confirmed, then it is forgotten
    office.ledger.forget([row_id])
    assert office.messages() == {}


def test_nothing_leaves_a_transaction_that_fails(office: Office) -> None:
    [item_id] = office.stores("pm-1")
    office.left.clear()

    def fails() -> None:
        with office.ledger.work() as work:
            work.send(Review(item_id=item_id, revision=1))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert office.left == []
    assert office.messages() == {}


def test_the_directory_is_seen_as_it_is_now(office: Office) -> None:
    # Given a ledger that has read the directory
    assert office.ledger.directory().company("acme").name == "Acme Builders"

    # When another program changes it
    text = company.DIRECTORY.replace("ERP_URL", NOBODY).replace("Acme Builders", "Acme & Sons")
    apply(office.database, parse(text))

    # Then the very next transaction sees the change
    with office.ledger.work() as work:
        assert work.directory.company("acme").name == "Acme & Sons"
    assert office.ledger.directory().company("acme").name == "Acme & Sons"


def test_the_directory_is_read_once_while_it_does_not_change(office: Office) -> None:
    with office.ledger.work() as first:
        seen = first.directory
    with office.ledger.work() as second:
        assert second.directory is seen


def test_ids_rise_and_never_meet() -> None:
    # Given many ids of many transactions
    transactions = [[id for id, _ in zip(uuid7s(), range(500), strict=False)] for _ in range(40)]

    # Then each transaction's ids rise, all are different, and all are of version 7
    assert all(ids == sorted(ids) for ids in transactions)
    every = [id for ids in transactions for id in ids]
    assert len(set(every)) == len(every)
    assert all(len(id) == 36 and id[14] == "7" and id[19] in "89ab" for id in every)


def test_ids_sort_by_the_moment_they_were_made() -> None:
    earlier = uuid7()
    moment = earlier[:13]
    while (later := uuid7())[:13] == moment:
        pass
    assert earlier < later


def test_a_released_event_is_forgotten_and_the_others_are_not(office: Office) -> None:
    # Given three events that were taken, two of them under the same id from two sources
    keys = [("7f6c", "pm"), ("7f6c", "procurement"), ("7f6d", "pm")]
    with office.ledger.work() as work:
        for event_id, source in keys:
            row = {"event_id": event_id, "source": source, "digest": "", "item_id": None}
            work.add(tables.received_events, **row, at=work.now)

    # When two are released
    with office.ledger.work() as work:
        work.release_event("7f6c", "pm")
        work.release_event("7f6d", "pm")

    # Then the third alone is known
    with office.ledger.work() as work:
        left = work.rows(tables.received_events, tables.received_events.c.digest == "")
    assert [(row["event_id"], row["source"]) for row in left] == [("7f6c", "procurement")]


def test_a_refused_event_is_kept_once_until_it_is_replayed(office: Office) -> None:
    def keep(*fingerprints: str) -> list[str]:
        with office.ledger.work() as work:
            for each in fingerprints:
                work.add(
                    tables.quarantine, id=work.new_id(), reason="", problems=[], body="",
                    content_type="", headers={}, publisher="", at=work.now, replayed_at=None,
                    fingerprint=each, company=None, subject=None,
                )  # fmt: skip
        with office.ledger.work() as work:
            return sorted(row["fingerprint"] for row in work.rows(tables.quarantine, sa.true()))

    assert keep("a", "a", "b") == ["a", "b"]
    assert keep("b") == ["a", "b"]
    with office.ledger.work() as work:
        (first,) = work.rows(tables.quarantine, tables.quarantine.c.fingerprint == "a")
        work.change(tables.quarantine, first["id"], replayed_at=work.now)
    assert keep("a", "b") == ["a", "a", "b"]
