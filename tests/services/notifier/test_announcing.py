"""Events on their way to webhooks: a real ledger, a real endpoint, every way it may answer."""

import pytest
from standardwebhooks import WebhookVerificationError

from gatepost.ledger import tables, webhooks
from gatepost.messages.facts import Fact
from tests.receiver import SECRET_KEY, Receiver
from tests.services.notifier.webhook_desk import LONG_AGO, Desk, databases, desk, receiver, silent

__all__ = ["databases", "desk", "receiver", "silent"]


def test_an_event_is_posted_once_and_signed(desk: Desk, receiver: Receiver) -> None:
    # Given a webhook, and something that happened
    _, secret = desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)

    # When it is posted
    desk.posts()
    desk.posts()

    # Then a library of the standard takes it, under the id of the event, once
    (posted,) = receiver.posted
    assert posted.is_signed_with(secret.text)
    assert posted.path == "/hook"
    assert posted.headers["content-type"] == "application/cloudevents+json"
    assert posted.headers["user-agent"].startswith("gatepost/")
    assert posted.event["data"]["item_id"] == desk.item_id
    row = desk.row()
    assert (row.status, row.attempts, row.response_code) == ("delivered", 1, 204)
    assert row.finished_at is not None


def test_another_secret_does_not_take_the_signature(desk: Desk, receiver: Receiver) -> None:
    desk.adds(receiver.url)
    _, other = desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    desk.posts()
    with pytest.raises(WebhookVerificationError):
        [each.is_signed_with(other.text) for each in receiver.posted]


def test_for_a_day_both_secrets_sign(desk: Desk, receiver: Receiver) -> None:
    webhook_id, old = desk.adds(receiver.url)
    new = webhooks.renew(desk.ledger, webhook_id, secret_key=SECRET_KEY)
    desk.tells(Fact.RECEIVED)
    desk.posts()
    (posted,) = receiver.posted
    assert posted.is_signed_with(new.text)
    assert posted.is_signed_with(old.text)

    # But after it the old one does not
    desk.changes(tables.webhooks, old_until=LONG_AGO)
    desk.tells(Fact.SYNCED)
    desk.posts()
    assert receiver.posted[-1].is_signed_with(new.text)
    with pytest.raises(WebhookVerificationError):
        receiver.posted[-1].is_signed_with(old.text)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (500, "the endpoint answered 500: out of order"),
        (404, "the endpoint answered 404: out of order"),
        (302, "the endpoint answered 302: redirects are not followed"),
    ],
)
def test_what_is_not_taken_is_tried_again_with_the_same_bytes(
    desk: Desk, receiver: Receiver, code: int, said: str
) -> None:
    # Given an endpoint that does not take it at first
    receiver.answers(code)
    receiver.said = b"out\r\nof  order"
    receiver.more_headers = {"Location": receiver.url.replace("/hook", "/elsewhere")}
    desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)

    # When it is posted
    desk.posts()

    # Then it waits for its next try, and says why
    row = desk.row()
    assert (row.status, row.attempts, row.response_code, row.last_error) == (
        "waiting", 1, code, said,
    )  # fmt: skip
    (wait,) = desk.waits()
    assert 2 < wait < 7

    # And the next try is the same once more
    receiver.more_headers = {}
    desk.posts()
    first, second = receiver.posted
    assert (first.body, first.path) == (second.body, second.path)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (desk.row().status, desk.row().attempts) == ("delivered", 2)


def test_a_wait_the_endpoint_asks_for_is_kept(desk: Desk, receiver: Receiver) -> None:
    receiver.answers(429)
    receiver.more_headers = {"Retry-After": "600"}
    desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    desk.posts()
    (wait,) = desk.waits()
    assert 590 < wait <= 600


def test_410_ends_a_webhook_until_somebody_enables_it(desk: Desk, receiver: Receiver) -> None:
    # Given an endpoint that wants no more
    receiver.answers(410)
    webhook_id, _ = desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    desk.tells(Fact.ACCEPTED)

    # When it says so to the first of two events
    desk.posts()
    desk.posts()

    # Then it is disabled, and nothing is left for it any more
    (webhook,) = webhooks.listed(desk.ledger)
    assert (webhook.state, webhook.disabled_because) == (
        "disabled",
        "the endpoint answered 410: it wants no more events",
    )
    desk.tells(Fact.SYNCED)
    assert len(desk.rows()) == 2

    # But enabled it is told again, and what it missed can be replayed
    webhooks.enable(desk.ledger, webhook_id)
    desk.tells(Fact.SYNCED)
    assert webhooks.replay(desk.ledger, webhook_id, since=LONG_AGO) >= 1
    desk.posts()
    assert sorted(each.fact for each in receiver.taken()) == ["accepted", "received", "synced"]


def test_what_was_given_up_is_kept_and_can_be_replayed(desk: Desk, receiver: Receiver) -> None:
    # Given an event that has been tried for three days
    receiver.answers(500)
    webhook_id, _ = desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    desk.changes(tables.webhook_deliveries, asked_at=LONG_AGO, attempts=17)

    # When it fails once more
    desk.posts()

    # Then it is given up
    row = desk.row()
    assert (row.status, row.attempts) == ("failed", 18)
    assert row.last_error.startswith("given up after")
    assert desk.waits() == []

    # And goes out again when it is replayed, under its own id
    assert webhooks.replay(desk.ledger, webhook_id, event_id=row.event_id) == 1
    desk.posts()
    assert [each.headers["webhook-id"] for each in receiver.posted] == [row.event_id] * 2
    assert (desk.row().status, desk.row().attempts) == ("delivered", 1)
