"""A desk at which webhooks are called: one company, endpoints that answer as they are told."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gatepost.ledger import tables, webhooks
from gatepost.ledger.webhook_secrets import Secret
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Deliver
from gatepost.runtime.outside import LeasedHandler
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost.testing.servers import Servers
from gatepost_notifier.announcing import Announcing
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
    monkeypatch.setenv("GATEPOST_WEBHOOK_TIMEOUT", "3")
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
