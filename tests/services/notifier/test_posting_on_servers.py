"""Several workers over PostgreSQL: nobody is told twice, nobody is forgotten, nobody waits for ever."""

import threading
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from gatepost.ledger import directory_file, schema
from gatepost.messages.routes import Queue
from gatepost.runtime.outside import LeasedHandler
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost.testing.servers import Servers
from gatepost_approval import service as approval
from gatepost_notifier import service as notifier
from gatepost_sandbox.serving import Sandbox

from .conftest import ANN, BO, DIRECTORY, Office, sending

pytestmark = pytest.mark.servers

WORKERS = 6
ITEMS = 60


@pytest.fixture
def crowded(mail_server: Sandbox, servers: Servers) -> Iterator[Office]:
    """An office over PostgreSQL."""
    url = servers.postgresql.fresh_database()
    program = Program(Settings(database_url=SecretStr(url)), [approval, notifier])
    schema.upgrade(program.database)
    directory_file.apply(program.database, directory_file.parse(DIRECTORY))
    yield Office(program, mail_server)
    program.database.close()


def test_each_alert_is_told_once_whoever_posts_it(crowded: Office) -> None:
    # Given many commitments that came one by one: a waiting alert and a request for each
    ids = [
        crowded.arrives(sending(external_id=f"pm-{n}", number=f"SC-{n}"))[0] for n in range(ITEMS)
    ]
    requests = [row["id"] for row in crowded.messages() if row["queue"] == Queue.POST]
    assert len(requests) == 2 * ITEMS

    # When several workers post them at once, their parcels interleaved and in either order
    def work(parcel: list[str]) -> None:
        for begin in range(0, len(parcel), 5):
            LeasedHandler(crowded.ledger, crowded.posting, dispatch=lambda _: None, attempts=5)(
                parcel[begin : begin + 5]
            )

    parcels = [requests[at::WORKERS][:: 1 if at % 2 else -1] for at in range(WORKERS)]
    workers = [threading.Thread(target=work, args=(parcel,)) for parcel in parcels]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)

    # Then no request is left, and each approver was told of each item exactly once
    assert crowded.messages() == []
    for recipient in (ANN, BO):
        assert {row["status"] for row in crowded.mails(recipient)} <= {"sent", "merged"}
        sent = [row for row in crowded.mails(recipient) if row["status"] == "sent"]
        told = {row["id"]: row["id"] for row in sent}
        merged = [row for row in crowded.mails(recipient) if row["status"] == "merged"]
        assert all(row["merged_into"] in told for row in merged)
        assert len(sent) + len(merged) == len(ids)
        assert len(crowded.inbox(recipient)) == len(sent)
