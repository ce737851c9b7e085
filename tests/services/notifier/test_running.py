"""The notifier within a program: nobody waits for a mail when it is quiet."""

from unittest.mock import Mock

import pytest
import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.ledger import tables
from gatepost.ledger.ledger import PARCEL_SIZE
from gatepost.messages.requests import MESSAGES, Review
from gatepost.messages.routes import ROUTES, Queue
from gatepost.runtime import sweeping
from gatepost_notifier import service
from gatepost_notifier.settings import NotifierSettings, notifier_settings
from tests.ledger.office import until

from .conftest import ANN, BO, Office, sending


def test_an_alert_is_in_the_mailbox_and_no_sweep_was_needed_for_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the approval service and the notifier at work in one process, which looks for what was
    # left behind when it starts, and then not for an hour
    monkeypatch.setattr(sweeping, "SWEEP_SECONDS", 3600.0)
    look = Mock(side_effect=office.ledger.sweep)
    monkeypatch.setattr(office.ledger, "sweep", look)
    office.program.start()
    until(lambda: look.called, "it has looked")
    try:
        # When one commitment is sent
        with office.ledger.work() as work:
            item = Item.new(sending(), work.now)
            work.put(item)
            work.send(Review(item_id=item.id, revision=1))

        # Then both approvers have their mail without any waiting for more, and nothing is left over
        until(lambda: office.inbox(ANN) and office.inbox(BO), "both have their mail")
        until(lambda: not office.messages(), "nothing is left over")
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
    said: list[str] = []
    engine = office.program.database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    office.posts()

    # Then each approver gets one, which counts them all, and was not asked for one by one
    assert f"{mails} items" in office.inbox(ANN)[0]["subject"]
    assert len(office.mailbox.mails()) == 2
    assert len(said) < 20
    with office.program.database.reading() as connection:
        merged = sa.select(sa.func.count()).where(tables.mails.c.status == "merged")
        assert connection.execute(merged).scalar() == 2 * (mails - 1)
