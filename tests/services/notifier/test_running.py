"""The notifier within a program: nobody waits for a mail when it is quiet."""

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.ledger import tables
from gatepost.ledger.ledger import PARCEL_SIZE
from gatepost.messages.requests import MESSAGES, Review
from gatepost.messages.routes import ROUTES, Queue
from gatepost_notifier import service
from gatepost_notifier.settings import NotifierSettings, notifier_settings

from .conftest import ANN, BO, Office, sending


def comes_true(what: Callable[[], bool], seconds: float) -> float:
    """Wait until it does; gives how long that took."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds, "it did not come true"
        time.sleep(0.005)
    return time.monotonic() - begun


def test_an_alert_is_in_the_mailbox_in_less_than_a_second(office: Office) -> None:
    # Given the approval service and the notifier at work in one process
    office.program.start()
    try:
        # When one commitment is sent
        with office.ledger.work() as work:
            item = Item.new(sending(), work.now)
            work.put(item)
            work.send(Review(item_id=item.id, revision=1))

        # Then both approvers have their mail without any waiting for more, and nothing is left over
        comes_true(lambda: bool(office.inbox(ANN) and office.inbox(BO)), seconds=1)
        comes_true(lambda: not office.messages(), seconds=1)
    finally:
        office.program.stop()


def test_the_service_takes_every_message_of_its_queue() -> None:
    handled = {message for message, queue in ROUTES.items() if queue == Queue.NOTIFY}
    assert handled == set(service.handlers) | set(service.batches)
    assert set(service.outside) == {Queue.POST, Queue.WEBHOOKS}
    assert handled <= set(MESSAGES.values())
    assert service.settings is NotifierSettings


def test_a_lease_is_long_enough_for_what_is_taken_in_it(office: Office) -> None:
    assert 1 <= office.posting.limit <= PARCEL_SIZE
    settings = notifier_settings()
    assert (
        office.posting.lease_seconds > office.posting.call_seconds + settings.notifier_smtp_timeout
    )


@pytest.mark.parametrize("mails", [2_000])
def test_one_mail_takes_along_what_piled_up(office: Office, mails: int) -> None:
    # Given that nobody could be told for a long time
    for begin in range(0, mails, 1000):
        numbers = range(begin, begin + 1000)
        office.arrives(*(sending(external_id=f"pm-{n}", number=f"SC-{n}") for n in numbers))

    # When the mails are posted
    begun = time.monotonic()
    office.posts()

    # Then each approver gets one, which counts them all, and that did not take long
    assert f"{mails} items" in office.inbox(ANN)[0]["subject"]
    assert len(office.mailbox.mails()) == 2
    assert time.monotonic() - begun < 10
    with office.program.database.reading() as connection:
        merged = sa.select(sa.func.count()).where(tables.mails.c.status == "merged")
        assert connection.execute(merged).scalar() == 2 * (mails - 1)
