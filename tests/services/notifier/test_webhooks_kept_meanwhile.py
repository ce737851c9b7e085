"""What people do to a webhook in the moment in which it is written what came of a post to it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Final

import pytest
import sqlalchemy as sa

from gatepost.ledger import tables, webhooks
from gatepost.ledger.ledger import Ledger
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Deliver
from gatepost_notifier.endpoint_outcomes import Answered
from tests.receiver import SECRET_KEY
from tests.services.notifier.webhook_desk import Desk, databases, desk

__all__ = ["databases", "desk"]

PATIENCE: Final = 60.0  # seconds, on a busy machine
BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)

ACTS: Final = {
    "remove": webhooks.remove,
    "renew": partial(webhooks.renew, secret_key=SECRET_KEY),
    "enable": webhooks.enable,
    "pause": partial(webhooks.pause, because="for a while"),
    "replay": partial(webhooks.replay, since=BEGINNING),
}


@pytest.mark.servers
@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_webhook_is_changed_while_it_is_written_what_came_of_a_post(
    desk: Desk, act: Callable[[Ledger, str], object]
) -> None:
    # Given a webhook to which three events are posted just now
    hook, _ = desk.adds("https://pm.example/hooks")
    desk.tells(Fact.RECEIVED, Fact.ACCEPTED, Fact.SYNCED)
    with desk.ledger.work() as work:
        deliver = tables.messages.c.type == Deliver.TYPE
        waiting = [row["id"] for row in work.rows(tables.messages, deliver)]
        calls = desk.announcing.prepare(work, desk.ledger.lease(work, waiting, hook, 60.0)).calls

    # When somebody changes it while the notifier writes that they were taken
    with ThreadPoolExecutor(1) as person:
        with desk.ledger.work() as work:
            desk.announcing.record(work, [(call, Answered(200)) for call in calls])
            done = person.submit(act, desk.ledger, hook)
            somebody_waits(desk)

        # Then neither stands in the other's way
        done.result(PATIENCE)
    assert {row.status for row in desk.rows()} <= {"delivered", "waiting"}  # none, once removed


def somebody_waits(desk: Desk) -> None:
    """Wait until a transaction waits for a lock that another one has."""
    waits = sa.text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    end = time.monotonic() + PATIENCE
    with desk.ledger.database.engine.connect() as looking:
        looking = looking.execution_options(isolation_level="AUTOCOMMIT")
        while not looking.execute(waits).scalar_one():
            assert time.monotonic() < end, "nobody waits"
            time.sleep(0.01)
