"""What a record in Tryton becomes that was there before its item, and what is in the way of a new one."""

from collections.abc import Iterator
from typing import Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.http import HttpClient
from gatepost.connectors.tryton import TrytonConnector
from gatepost.connectors.tryton.books import Books
from gatepost.connectors.tryton.rest import Rest
from gatepost.connectors.tryton.writing import Accounts, Writing
from gatepost.domain.kinds import Kind
from tests.connectors.tryton.installing import DATABASE, KEY
from tests.connectors.tryton_erp import TrytonErp

BOTH: Final = (Kind.PROJECT, Kind.COMMITMENT)  # one has its stamp itself, one on its lines


@pytest.fixture
def connector(tryton: TrytonErp) -> Iterator[TrytonConnector]:
    connector = tryton.connector()
    yield connector
    connector.close()


@pytest.mark.erp
@pytest.mark.parametrize("kind", BOTH)
def test_an_item_s_own_record_is_no_duplicate_of_it(
    tryton: TrytonErp, connector: TrytonConnector, kind: Kind
) -> None:
    # Given an item whose first call was written after its record was looked for
    item = tryton.item(kind)
    origin = connector.create(item)

    # When its number is looked for, then its own record is none in the way: it is to be looked for again
    with pytest.raises(errors.OutcomeUnknown, match=f"record {origin.id}"):
        _writing(tryton).create(item)
    found = connector.resolve(item)
    assert found is not None
    assert (found.origin.id, found.is_current) == (origin.id, True)
    assert tryton.count(item) == 1


def _writing(tryton: TrytonErp) -> Writing:
    """What a connector does after it has looked for a mark."""
    key = {"Authorization": f"Bearer {KEY}"}
    rest = Rest(HttpClient(tryton.line.url, timeout=60.0, headers=key), DATABASE)
    return Writing(rest, Books(rest, "", ""), Accounts())
