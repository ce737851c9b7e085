"""The kill test of ``make test``: half a minute of it."""

from pathlib import Path

import pytest

from tests.soak.soak import soak


@pytest.mark.servers
@pytest.mark.timeout(900)
def test_nothing_is_lost_and_nothing_is_written_twice_while_everything_is_killed(
    tmp_path: Path,
) -> None:
    # Given two processes of each service, and a nemesis that kills them and their servers
    said: list[str] = []

    # When it rages for half a minute, with a backlog and an ERP that writes late
    report = soak(tmp_path, seconds=30, seed=20261121, say=said.append)

    # Then every item is in the ERP exactly once, and the ledger is empty
    assert report.accounts.are_in_order, (report.as_json(), report.accounts.wrong, said)
    assert report.accounts.items >= 1900
    assert report.kills["rabbitmq"]
    assert report.kills["postgresql"]
