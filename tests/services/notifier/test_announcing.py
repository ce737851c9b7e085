"""Events on their way to webhooks: a real ledger, a real endpoint, every way it may answer."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from standardwebhooks import WebhookVerificationError

from gatepost.ledger import tables, webhooks
from gatepost.ledger.webhook_secrets import Secret
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Deliver
from gatepost.runtime.outside import LeasedHandler
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost.testing.servers import Servers
from gatepost_notifier import announcing, calling
from gatepost_notifier.addressing import OTHER_KEY
from gatepost_notifier.announcing import Announcing
from gatepost_notifier.endpoint_outcomes import BREAKER_FAILURES
from gatepost_notifier.settings import notifier_settings
from tests.ledger.databases import Databases
from tests.ledger.office import arriving
from tests.receiver import SECRET_KEY, Receiver

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Desk:
    """The notifier's webhooks, worked by hand: nothing happens between two lines of a test."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.ledger = program.ledger
        self.announcing = Announcing(program)
        self.dispatched: list[str] = []
        with self.ledger.work() as work:
            item = arriving("c-1", work)
            work.put(item)
        self.item_id = item.id

    def adds(self, url: str, *events: str) -> tuple[str, Secret]:
        made, secret = webhooks.create(
            self.ledger,
            "acme",
            url,
            events,
            secret_key=SECRET_KEY,
            networks=self.program.settings.webhook_allowance,
        )
        return made.id, secret

    def tells(self, *facts: Fact) -> None:
        with self.ledger.work() as work:
            for fact in facts:
                work.tell(fact, work.item(self.item_id))

    def posts(self) -> None:
        """All that waits is due now, and handled."""
        deliver = tables.messages.c.type == Deliver.TYPE
        with self.ledger.database.transaction() as connection:
            connection.execute(
                sa.update(tables.messages).where(deliver).values(due_at=LONG_AGO, lease_token=None)
            )
            statement = sa.select(tables.messages.c.id).where(deliver)
            ids = list(connection.execute(statement.order_by(tables.messages.c.id)).scalars())
        handler = LeasedHandler(
            self.ledger, self.announcing, dispatch=self.dispatched.extend, attempts=3
        )
        handler(ids)

    def rows(self) -> list[Any]:
        with self.ledger.database.reading() as connection:
            statement = sa.select(tables.webhook_deliveries)
            return list(connection.execute(statement.order_by(tables.webhook_deliveries.c.id)))

    def row(self) -> Any:  # noqa: ANN401 - a row
        (row,) = self.rows()
        return row

    def waits(self) -> list[float]:
        """For how long each message is put off, in seconds."""
        deliver = tables.messages.c.type == Deliver.TYPE
        with self.ledger.database.reading() as connection:
            now = connection.execute(self.ledger.statements.now).one().now
            due = connection.execute(sa.select(tables.messages.c.due_at).where(deliver)).scalars()
            return sorted((each - now).total_seconds() for each in due)

    def changes(self, table: sa.Table, **columns: Any) -> None:
        with self.ledger.database.transaction() as connection:
            connection.execute(sa.update(table).values(**columns))


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("hooks"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def desk(
    request: pytest.FixtureRequest, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    if request.param == "sqlite":
        made = databases.sqlite()
    else:
        servers: Servers = request.getfixturevalue("servers")
        made = databases.postgresql(servers)
    url = made.url.render_as_string(hide_password=False)
    made.close()
    monkeypatch.setenv("GATEPOST_WEBHOOK_TIMEOUT", "1")
    notifier_settings.cache_clear()
    settings = Settings(database_url=SecretStr(url), secret_key=SecretStr(SECRET_KEY))
    program = Program(settings, [])
    yield Desk(program)
    program.database.close()
    notifier_settings.cache_clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def silent() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


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


def test_a_silent_endpoint_holds_up_nobody(desk: Desk, receiver: Receiver, silent: str) -> None:
    # Given two endpoints, one of which never answers, and many events
    dead, _ = desk.adds(silent)
    desk.adds(receiver.url)
    for _ in range(10):
        desk.tells(Fact.RECEIVED, Fact.ACCEPTED)

    # When they are posted, in one parcel
    begun = time.monotonic()
    desk.posts()

    # Then the other has all of its own, and the silent one was waited for once
    assert len(receiver.taken()) == 20
    assert time.monotonic() - begun < 10  # not twenty times its second
    rows = [row for row in desk.rows() if row.webhook_id == dead]
    tried = [row for row in rows if row.attempts]
    assert 1 <= len(tried) <= desk.announcing._settings.webhook_in_flight
    assert tried[0].last_error == "the endpoint did not answer within 1 s"
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
    # Given an endpoint that takes its time
    receiver.delay = 0.4
    desk.adds(receiver.url)
    desk.tells(Fact.RECEIVED)
    first = threading.Thread(target=desk.posts)
    first.start()
    time.sleep(0.15)

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
    first.join(10)
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
