"""Messages put aside for a person."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Hold, Ledger
from gatepost.ledger.tables import messages
from gatepost.messages.requests import Review
from tests.cli.conftest import Gatepost


def test_a_parked_message_is_listed_with_its_cause_and_released(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    gatepost("db", "upgrade", database_url=f"sqlite:///{tmp_path}/g.db")
    assert "no message is parked" in gatepost("messages", "parked").err
    database = Database(f"sqlite:///{tmp_path}/g.db")
    ledger = Ledger(database)
    with ledger.work() as work:
        parked = work.send(Review(item_id="", revision=1))
    with ledger.work() as work:
        ledger.hold(work, [Hold(parked, None, "KeyError: 'x'", 5)])
    (row,) = gatepost("messages", "parked", "--json").json["items"]
    assert (row["id"], row["attempts"], row["last_error"]) == (parked, 5, "KeyError: 'x'")
    assert gatepost("messages", "release", parked).code == 0
    assert gatepost("messages", "release", parked).code == 4
    assert gatepost("messages", "release", "nonsense").code == 4
    with database.reading() as connection:
        assert connection.execute(sa.select(messages.c.attempts)).scalar_one() == 0
    assert list(ledger.sweep().values()) == [[parked]]
    database.close()
