"""Webhooks in the ledger: who is told of what, within the transaction in which it happened."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from gatepost.domain.addresses import LOOPBACK
from gatepost.domain.errors import NotFound, NotSubscribable
from gatepost.ledger import tables, webhooks
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.webhook_secrets import Secret
from gatepost.ledger.webhooks import Webhook
from gatepost.messages.facts import Fact, failed_export
from tests.ledger.office import Office
from tests.receiver import SECRET_KEY

URL = "https://pm.example/hooks"


def add(ledger: Ledger, *events: str, company: str = "acme") -> tuple[Webhook, Secret]:
    return webhooks.create(ledger, company, URL, events, secret_key=SECRET_KEY, networks=LOOPBACK)


@pytest.fixture
def item(office: Office) -> str:
    return office.stores("c-1")[0]


def tell(office: Office, item: str, *facts: Fact) -> None:
    with office.ledger.work() as work:
        for fact in facts:
            work.tell(fact, work.item(item))


def left(office: Office) -> list[tuple[str, str]]:
    """The webhook and the fact of each delivery that waits and has its message."""
    joined = tables.messages.c.type == "Deliver"
    with office.database.reading() as connection:
        messages = connection.execute(sa.select(tables.messages.c.body).where(joined)).scalars()
        asked = {body["delivery_id"] for body in messages}
        rows = connection.execute(sa.select(tables.webhook_deliveries)).mappings().all()
    assert {row["id"] for row in rows if row["status"] == "waiting"} == asked
    return sorted((row["webhook_id"], row["type"].split(".")[2]) for row in rows)


def test_an_event_is_left_for_each_webhook_that_wants_it(office: Office, item: str) -> None:
    # Given one that wants all events, one that wants two of them, one of another kind
    all_of_them, _ = add(office.ledger)
    some, _ = add(office.ledger, "synced", "gatepost.item.failed.v1")
    add(office.ledger, "refused")

    # When something is told
    tell(office, item, Fact.RECEIVED, Fact.SYNCED)

    # Then each has what it asked for
    wanted = [(all_of_them.id, "received"), (all_of_them.id, "synced"), (some.id, "synced")]
    assert left(office) == sorted(wanted)


def test_what_is_rolled_back_is_told_to_nobody(office: Office, item: str) -> None:
    made, _ = add(office.ledger)

    def tells_and_fails() -> None:
        with office.ledger.work() as work:
            work.tell(Fact.RECEIVED, work.item(item))
            work.item(made.id)  # there is no such item

    with pytest.raises(NotFound):
        tells_and_fails()
    assert left(office) == []


def test_a_webhook_hears_of_its_own_company_alone(office: Office, item: str) -> None:
    # Given a webhook of Acme
    acme, _ = add(office.ledger)

    # When things are told of another company, of none that is known, and of Acme's unknown item
    with office.ledger.work() as work:
        stranger = work.tell(Fact.RECEIVED, work.item(item)).event
        work.tell_refusal(None, [], company="other")
        work.tell_refusal(None, [])
        work.tell_refusal(None, [], company="acme")

    # Then it hears of Acme's alone
    assert stranger["data"]["company"] == "acme"
    assert left(office) == [(acme.id, "received"), (acme.id, "refused")]


def test_a_failed_export_is_told_once_though_a_queue_has_it_too(office: Office, item: str) -> None:
    webhook, _ = add(office.ledger)
    with office.ledger.work() as work:
        work.publish(failed_export(work.tell(Fact.FAILED, work.item(item))))
    assert left(office) == [(webhook.id, "failed")]


def test_where_nobody_listens_an_event_costs_no_statement(office: Office, item: str) -> None:
    # Given a company without webhooks, and a program that has read the directory
    tell(office, item, Fact.RECEIVED)
    said: list[str] = []
    sa.event.listen(office.database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))

    # When events are told in a transaction; Then webhooks are in none of its statements
    tell(office, item, Fact.RECEIVED, Fact.SYNCED)
    assert not [each for each in said if "webhook" in each]


def test_a_secret_is_given_once_and_kept_nowhere(office: Office) -> None:
    # When a webhook is made
    made, secret = add(office.ledger)

    # Then its secret is as Standard Webhooks writes one, and no row or repr holds it
    assert secret.text.startswith("whsec_")
    with office.database.reading() as connection:
        row = str(dict(connection.execute(sa.select(tables.webhooks)).mappings().one()))
    for shown in (row, repr(made), repr(secret), str(webhooks.listed(office.ledger))):
        assert secret.text not in shown
        assert secret.key.hex() not in shown


def test_a_new_secret_leaves_the_old_one_a_day(office: Office) -> None:
    made, old = add(office.ledger)
    new = webhooks.renew(office.ledger, made.id, secret_key=SECRET_KEY)
    with office.database.reading() as connection:
        row = connection.execute(sa.select(tables.webhooks)).one()
        now = connection.execute(office.ledger.statements.now).one().now
    assert new.text != old.text
    assert row.fingerprint == new.fingerprint
    assert timedelta(hours=23) < row.old_until - now <= timedelta(days=1)

    # But one made with another key of the settings is worth nothing any more
    webhooks.renew(office.ledger, made.id, secret_key="another key")
    with office.database.reading() as connection:
        assert connection.execute(sa.select(tables.webhooks.c.old_salt)).scalar_one() is None


def test_events_that_are_not_known_are_refused_each_by_its_name(office: Office) -> None:
    with pytest.raises(NotSubscribable) as refused:
        add(office.ledger, "synced", "sinked", "gatepost.item.sent.v1")
    assert [each.message.partition(";")[0] for each in refused.value.problems] == [
        "there is no event sinked",
        "there is no event gatepost.item.sent.v1",
    ]


def test_a_webhook_that_is_removed_is_told_nothing_more(office: Office, item: str) -> None:
    made, _ = add(office.ledger)
    tell(office, item, Fact.RECEIVED)
    webhooks.remove(office.ledger, made.id)
    tell(office, item, Fact.SYNCED)
    with office.database.reading() as connection:
        assert connection.execute(sa.select(tables.webhook_deliveries)).all() == []
    assert webhooks.listed(office.ledger) == []


def test_another_company_s_webhook_is_not_there(office: Office) -> None:
    made, _ = add(office.ledger)
    for act in (webhooks.remove, webhooks.enable, webhooks.try_out, webhooks.deliveries):
        with pytest.raises(NotFound):
            act(office.ledger, made.id, "other")
    with pytest.raises(NotFound):
        add(office.ledger, company="other")


def test_a_replay_posts_again_what_is_no_longer_waiting(office: Office, item: str) -> None:
    # Given three events: one delivered, one given up, one that still waits
    made, _ = add(office.ledger)
    tell(office, item, Fact.RECEIVED, Fact.ACCEPTED, Fact.SYNCED)
    rows = webhooks.deliveries(office.ledger, made.id)
    (synced, accepted, received) = rows
    with office.ledger.work() as work:
        for row, status in ((received, "delivered"), (accepted, "failed")):
            work.change(tables.webhook_deliveries, row["id"], status=status, attempts=3)
        deliver = tables.messages.c.type == "Deliver"
        done = [
            row["id"]
            for row in work.rows(tables.messages, deliver)
            if row["body"]["delivery_id"] != synced["id"]
        ]
        office.ledger.finish(work, done)

    # When one is replayed, and then all since a while ago
    assert webhooks.replay(office.ledger, made.id, event_id=received["event_id"]) == 1
    an_hour_ago = received["created_at"] - timedelta(hours=1)
    assert webhooks.replay(office.ledger, made.id, since=an_hour_ago) == 1

    # Then each has one message again, and begins anew
    assert len(left(office)) == 3
    rows = webhooks.deliveries(office.ledger, made.id)
    assert {(row["status"], row["attempts"]) for row in rows} == {("waiting", 0)}
