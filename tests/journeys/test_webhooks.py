"""A company's own endpoint hears what becomes of its items."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gatepost.domain.addresses import LOOPBACK
from gatepost.ledger import webhooks
from tests.journeys.company import ANN, commitment
from tests.journeys.gate import Gate
from tests.journeys.stacks import SECRET_KEY
from tests.messages.contract import findings
from tests.receiver import Receiver

TRIP = ["received", "accepted", "exporting", "synced"]


@pytest.fixture
def receiver(gate: Gate) -> Iterator[Receiver]:
    """An endpoint that nobody calls any more once the journey is over, however it ended."""
    with Receiver() as started:
        yield started
        for hook in webhooks.listed(gate.stack.ledger, "acme"):
            webhooks.remove(gate.stack.ledger, hook.id)


def subscribes(gate: Gate, receiver: Receiver, *events: str) -> tuple[str, str]:
    """Acme has its endpoint told of events; gives the webhook's id and secret."""
    made, secret = webhooks.create(
        gate.stack.ledger, "acme", receiver.url, events, secret_key=SECRET_KEY, networks=LOOPBACK
    )
    return made.id, secret.text


def test_an_endpoint_is_told_all_of_an_item_s_way_signed(gate: Gate, receiver: Receiver) -> None:
    # Given an endpoint that is out of order at first
    webhook_id, secret = subscribes(gate, receiver)
    receiver.answers(500, 500)

    # When an item goes all its way
    item = gate.sends(commitment("hook-1"))
    gate.accepts(item, by=ANN)
    gate.becomes(item, "synced")

    # Then the endpoint has been told each step once, signed, as the schemas say
    receiver.hears(item, TRIP)
    for posted in receiver.taken():
        assert posted.is_signed_with(secret)
        assert findings(posted.event) == []

    # And it is what was published
    synced = next(each for each in receiver.taken() if each.fact == "synced")
    assert synced.event["data"] == gate.hears(item, "synced")

    # When its owner lost everything and has it replayed
    gate.is_quiet()
    first = webhooks.deliveries(gate.stack.ledger, webhook_id)[-1]["created_at"]
    receiver.posted.clear()
    since = first - timedelta(seconds=1)
    assert webhooks.replay(gate.stack.ledger, webhook_id, since=since) >= len(TRIP)

    # Then it is told all of it again
    receiver.hears(item, TRIP)


def test_an_endpoint_is_told_what_it_asked_for(gate: Gate, receiver: Receiver) -> None:
    # Given an endpoint that wants to hear of rejections alone
    subscribes(gate, receiver, "rejected")

    # When one item is rejected and one is accepted
    rejected, accepted = gate.sends(commitment("hook-2")), gate.sends(commitment("hook-3"))
    gate.accepts(accepted, by=ANN)
    gate.rejects(rejected, by=ANN, comment="wrong cost code")

    # Then it hears of the one, with the comment, and that it may be edited
    receiver.hears(rejected, ["rejected"])
    gate.becomes(accepted, "synced")
    gate.is_quiet()
    (posted,) = receiver.taken()
    data = posted.event["data"]
    assert (data["comment"], data["editable"]) == ("wrong cost code", True)
