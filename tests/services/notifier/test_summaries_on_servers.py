"""The daily summary over PostgreSQL: several workers with the same request write one."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gatepost.ledger import directory_file, schema, tables
from gatepost.messages.requests import Action, Summarize
from gatepost.runtime.parcels import ParcelHandler
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost.testing.servers import Servers
from gatepost_approval import service as approval
from gatepost_notifier import service as notifier
from gatepost_sandbox.serving import Sandbox

from .conftest import BO, DIRECTORY, Office, sending

pytestmark = pytest.mark.servers

WORKERS = 6
AT_MIDNIGHT = DIRECTORY.replace(f'email = "{BO}"\n', f'email = "{BO}"\nsummary_hour = 0\n')


@pytest.fixture
def crowded(mail_server: Sandbox, servers: Servers) -> Iterator[Office]:
    """An office over PostgreSQL, in which Bo's summary is due at midnight."""
    url = servers.postgresql.fresh_database()
    program = Program(Settings(database_url=SecretStr(url)), [approval, notifier])
    schema.upgrade(program.database)
    directory_file.apply(program.database, directory_file.parse(AT_MIDNIGHT))
    yield Office(program, mail_server)
    program.database.close()


def is_due_today(office: Office) -> list[str]:
    """Bo's plan is for the midnight that is over, and several requests ask for it; gives their ids."""
    with office.ledger.work() as work:
        at = datetime.combine(work.now.date(), time(), UTC)
        plan = sa.update(tables.summaries).where(tables.summaries.c.email == BO)
        work.connection.execute(plan.values(day=at.date().isoformat(), due_at=at))
        request = Summarize(company="harbor", email=BO, at=at)
        return [work.send(request) for _ in range(WORKERS)]


def test_one_summary_is_written_whoever_is_asked(crowded: Office) -> None:
    # Given a commitment that is back after a reject, one that is new, and many requests at once
    (resent,) = crowded.arrives(sending())
    crowded.decides(resent, Action.REJECT, comment="no")
    crowded.arrives(sending(revision=2), sending(external_id="pm-559", number="SC-2"))
    with crowded.ledger.work() as work:
        for revision, code in ((1, "05-100"), (2, "05-120")):
            row = {"item_id": resent, "revision": revision, "at": work.now, "words": ""}
            work.add(tables.revisions, header=None, content={"cost_code": code}, **row)
    requests = is_due_today(crowded)

    # When several workers handle them
    handlers = [ParcelHandler(crowded.ledger, notifier, attempts=1) for _ in requests]
    workers = [
        threading.Thread(target=handler, args=([request],))
        for handler, request in zip(handlers, requests, strict=True)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    crowded.writes()
    crowded.posts()

    # Then Bo has one summary, with the resent item first and what changed in it
    (mail,) = [mail for mail in crowded.mails(BO) if mail["template"] == "summary"]
    assert mail["status"] == "sent"
    assert "2 items await" in mail["text"]
    assert "resent after it was rejected by Ann Ode" in mail["text"]
    assert "cost code: was 05-100, now 05-120" in mail["text"]
    assert mail["text"].index("SC-1001") < mail["text"].index("SC-2")
    assert len([each for each in crowded.inbox(BO) if "Daily Summary" in each["subject"]]) == 1

    # And one request for his next; all others are done with
    assert crowded.messages() == []
    plans = [row for row in crowded.plans() if row["body"]["email"] == BO]
    assert len([row for row in plans if row["lease_token"]]) == len(plans)
