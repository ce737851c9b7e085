"""Webhooks whose endpoints are silent, endless, private or crowded hold up nobody."""

import threading

from gatepost.ledger import tables, webhooks
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Deliver
from gatepost.runtime.outside import LeasedHandler
from gatepost_notifier import announcing, calling
from gatepost_notifier.addressing import OTHER_KEY
from gatepost_notifier.endpoint_outcomes import BREAKER_FAILURES
from tests.receiver import PATIENCE, Receiver
from tests.services.notifier.webhook_desk import LONG_AGO, Desk, databases, desk, receiver, silent

__all__ = ["databases", "desk", "receiver", "silent"]


def test_a_silent_endpoint_holds_up_nobody(desk: Desk, receiver: Receiver, silent: str) -> None:
    # Given two endpoints, one of which never answers, and many events
    dead, _ = desk.adds(silent)
    desk.adds(receiver.url)
    for _ in range(10):
        desk.tells(Fact.RECEIVED, Fact.ACCEPTED)

    # When they are posted, in one parcel
    desk.posts()

    # Then the other has all of its own, and the silent one was waited for once, not for each event
    assert len(receiver.taken()) == 20
    rows = [row for row in desk.rows() if row.webhook_id == dead]
    tried = [row for row in rows if row.attempts]
    assert 1 <= len(tried) <= desk.announcing._settings.webhook_in_flight
    assert tried[0].last_error == "the endpoint did not answer within 3 s"
    assert len(desk.waits()) == 20


def test_an_endpoint_that_fails_on_and_on_is_left_alone(desk: Desk, receiver: Receiver) -> None:
    # Given an endpoint that was out of order again and again
    desk.adds(receiver.url)
    desk.changes(tables.webhooks, failures=BREAKER_FAILURES - 1)
    receiver.answers(503)
    desk.tells(Fact.RECEIVED)
    desk.posts()
    assert webhooks.listed(desk.ledger)[0].state == "open"

    # When more happens while it is left alone
    desk.tells(Fact.ACCEPTED, Fact.SYNCED)
    desk.posts()

    # Then nobody calls it, and no try is counted
    assert len(receiver.posted) == 1
    assert [row.attempts for row in desk.rows()] == [1, 0, 0]
    assert all(wait > 5 for wait in desk.waits())

    # When the time is over, then one event finds out, and the rest follows
    desk.changes(tables.webhooks, open_until=LONG_AGO)
    desk.posts()
    assert len(receiver.posted) == 2
    assert webhooks.listed(desk.ledger)[0].failures == 0
    desk.posts()
    assert len(receiver.taken()) == 3


def test_an_endless_answer_is_cut_short(desk: Desk, receiver: Receiver) -> None:
    receiver.answers(500)
    receiver.said = b"x" * (calling.ANSWER_LIMIT * 50)
    desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    desk.posts()
    assert len(desk.row().last_error) < 300


def test_a_private_address_is_not_called_whatever_its_name(desk: Desk, receiver: Receiver) -> None:
    # Given a name that stood for something else when it was written down
    desk.adds(receiver.url.replace("127.0.0.1", "localhost"))
    desk.announcing._endpoints = calling.Endpoints(desk.announcing._settings, networks=())
    desk.tells(Fact.RECEIVED)

    # When an event is to be posted there
    desk.posts()

    # Then nobody is called, and it says who can allow it
    assert receiver.posted == []
    row = desk.row()
    assert row.status == "waiting"
    assert "may not be called without TLS" in row.last_error
    assert "GATEPOST_WEBHOOK_NETWORKS" in row.last_error


def test_an_endpoint_without_a_certificate_we_trust_gets_nothing(
    desk: Desk, receiver: Receiver
) -> None:
    desk.adds(receiver.url.replace("http://", "https://"))  # it does not even speak TLS
    desk.tells(Fact.RECEIVED)
    desk.posts()
    assert receiver.posted == []
    assert desk.row().last_error.startswith("the endpoint cannot be reached: ")


def test_with_another_key_nothing_is_posted_unsigned(desk: Desk, receiver: Receiver) -> None:
    desk.adds(receiver.url)
    desk.announcing._key = "another key"
    desk.tells(Fact.RECEIVED)
    desk.posts()
    assert receiver.posted == []
    assert desk.row().last_error == OTHER_KEY
    assert desk.waits()[0] > 500


def test_two_parcels_do_not_crowd_one_endpoint(desk: Desk, receiver: Receiver) -> None:
    # Given an endpoint that has been called and takes its time
    receiver.may_answer.clear()
    desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    first = threading.Thread(target=desk.posts)
    first.start()
    assert receiver.is_called.wait(PATIENCE)

    # When another parcel is for the same one
    desk.tells(Fact.ACCEPTED)
    deliver = tables.messages.c.type == Deliver.TYPE
    free = deliver & tables.messages.c.lease_token.is_(None)
    with desk.ledger.work() as work:
        ids = [row["id"] for row in work.rows(tables.messages, free)]
    handler = LeasedHandler(desk.ledger, desk.announcing, dispatch=print, attempts=3)
    handler(ids)

    # Then it waits for its turn, which is no try
    assert [row.attempts for row in desk.rows()][1] == 0
    receiver.may_answer.set()
    first.join(PATIENCE)
    desk.posts()
    assert len(receiver.taken()) == 2


def test_old_deliveries_are_forgotten(desk: Desk, receiver: Receiver) -> None:
    # Given a delivery of long ago, and one of today
    desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    desk.posts()
    desk.changes(tables.webhook_deliveries, id="01800000-0000-7000-8000-000000000000")
    desk.tells(Fact.ACCEPTED)

    # When an hour has passed
    desk.announcing._tidied_at = LONG_AGO
    desk.posts()

    # Then the old one is gone
    assert [row.type for row in desk.rows()] == ["gatepost.item.accepted.v1"]


def test_a_test_event_goes_to_that_webhook_alone(desk: Desk, receiver: Receiver) -> None:
    webhook_id, secret = desk.adds(receiver.url, "synced")
    desk.adds(receiver.url)
    webhooks.try_out(desk.ledger, webhook_id)
    desk.posts()
    (posted,) = receiver.posted
    assert posted.is_signed_with(secret.text)
    assert posted.event["type"] == "gatepost.webhook.test.v1"
    assert posted.event["data"] == {"company": "acme", "webhook_id": webhook_id}


def test_a_process_full_of_parcels_puts_the_next_one_off(desk: Desk, receiver: Receiver) -> None:
    desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    for _ in range(announcing.PARCELS):
        desk.announcing._parcels.acquire()
    desk.posts()
    assert receiver.posted == []
    assert desk.waits()[0] < 2
