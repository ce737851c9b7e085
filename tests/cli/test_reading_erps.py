"""The closing words of ``gatepost connection refresh | sync``."""

from datetime import UTC, datetime
from typing import Final

import pytest

from gatepost.cli.reading_erps import _sentence
from gatepost.ledger.erp_readings import Reading

NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "pages", "records", "said"),
    [
        ("refresh", 2, 120, "is done: 120 records in 2 pages"),
        ("refresh", 1, 0, "is done: 0 records in 1 page"),
        ("sync", 2, 120, "is done: 120 records in 2 pages"),
        # an ERP that gives no lists, as a file drop
        ("sync", 0, 1, "is done: 1 linked record to be looked at one by one; what differs"),
        ("sync", 0, 7, "is done: 7 linked records to be looked at one by one; what differs"),
    ],
)
def test_what_was_read_is_told_as_it_was_read(
    purpose: str, pages: int, records: int, said: str
) -> None:
    place = ("acme", "books", purpose, 1, None, "ann", "project")
    found = Reading(*place, pages, records, 0, "", started_at=NOW, finished_at=NOW)
    assert said in _sentence(found, purpose, "acme/books")
