"""Days that pass at an office, and the summaries that are written on them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from gatepost.ledger import directory_file, tables
from gatepost.ledger.statements import Moment
from gatepost.runtime.parcels import ParcelHandler
from gatepost_notifier import service as notifier

from .conftest import ANN, DIRECTORY, Office, sending

OSLO = "Europe/Oslo"  # where Ann is; Bo's clock shows UTC
SUBJECT = "ERP Integrations Daily Summary"
CONTENT = {"lines": [{"external_id": "l-1", "cost_code": "05-100", "amount": "12400.00"}]}
CORRECTED = {"lines": [{"external_id": "l-1", "cost_code": "05-120", "amount": "12400"}]}


class Days:
    """An office whose clock is moved by hand; what falls due on the way is done."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office = office
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        statements = type(office.ledger.statements)
        real = statements.moment

        def moment(self_: Any, connection: sa.Connection) -> Moment:  # noqa: ANN401 - either database's
            return Moment(self.now, real(self_, connection).version)

        monkeypatch.setattr(statements, "moment", moment)
        self.forget()
        self.keep()

    def forget(self) -> None:
        """No summary is planned for anybody."""
        with self.office.program.database.transaction() as connection:
            connection.execute(sa.delete(tables.summaries))
            connection.execute(sa.delete(tables.messages))

    def keep(self, **changed: str) -> None:
        """The directory is applied; ``ann`` and ``bo`` stand for more lines about them."""
        text = DIRECTORY
        for name, lines in changed.items():
            entry = f'email = "{name}@harbor.example"\n'
            zone = 'time_zone = "Europe/Oslo"\n'
            text = text.replace(entry + zone if "time_zone" in lines else entry, entry + lines)
        directory_file.apply(self.office.program.database, directory_file.parse(text))

    def are(self, local: str, zone: str = OSLO) -> None:
        """It becomes that time, and the messages that are due by then are handled."""
        self.now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        self.work()

    def work(self) -> None:
        while due := [row["id"] for row in self.office.plans() if self._at(row) <= self.now]:
            self.due(*due)
            ParcelHandler(self.office.ledger, notifier, attempts=1)(due)

    def due(self, *ids: str) -> None:
        chosen = sa.update(tables.messages).where(tables.messages.c.id.in_(ids))
        with self.office.program.database.transaction() as connection:
            connection.execute(chosen.values(lease_token=None))

    @staticmethod
    def _at(row: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(row["body"]["at"])

    def arrive(self, *sent: Any, **changed: Any) -> list[str]:
        """Items arrive, with what their source said in each revision."""
        found = list(sent) or [sending(**changed)]
        ids = self.office.arrives(*found)
        with self.office.ledger.work() as work:
            for each in found:
                row = {"item_id": each.ref.item_id, "revision": each.revision, "at": work.now}
                work.add(
                    tables.revisions, header=each.header, content=each.content, words="", **row
                )
        return ids

    def summaries(self, recipient: str = ANN) -> list[dict[str, Any]]:
        return [mail for mail in self.office.mails(recipient) if mail["template"] == "summary"]

    def planned(self, recipient: str = ANN) -> list[str]:
        """The moments of the plan that counts, and of those that are outdated."""
        rows = [row["body"] for row in self.office.plans()]
        return sorted(row["at"] for row in rows if row["email"] == recipient)


@pytest.fixture
def days(office: Office, monkeypatch: pytest.MonkeyPatch) -> Days:
    return Days(office, monkeypatch)
