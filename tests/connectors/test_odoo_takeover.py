"""What a record in Odoo becomes that was there before its item, and what is in the way of a new one."""

from collections.abc import Iterator
from typing import Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.http import HttpClient
from gatepost.connectors.odoo import OdooConnector
from gatepost.connectors.odoo.books import Books, Naming
from gatepost.connectors.odoo.calling import Json2, JsonRpc, Odoo
from gatepost.connectors.odoo.finding import Finding
from gatepost.connectors.odoo.names import Name
from gatepost.connectors.odoo.verdicts import judged
from gatepost.connectors.odoo.writing import Writing
from gatepost.domain.kinds import Kind
from tests.connectors.odoo_erp import StubErp

BOTH: Final = (Kind.PROJECT, Kind.COMMITMENT)


@pytest.fixture(scope="module", params=[16, 19])
def odoo(request: pytest.FixtureRequest) -> Iterator[StubErp]:
    erp = StubErp(request.param)
    yield erp
    erp.close()


@pytest.fixture
def connector(odoo: StubErp) -> Iterator[OdooConnector]:
    connector = odoo.connector()
    yield connector
    connector.close()


class TooEarly(Finding):
    """It looks for external ids once before they are there."""

    _has_looked = False

    def ids_named(self, name: Name) -> dict[Name, int]:
        if not self._has_looked:
            self._has_looked = True
            return {}
        return super().ids_named(name)


@pytest.mark.parametrize("kind", BOTH)
def test_an_item_s_own_record_is_no_duplicate_of_it(
    odoo: StubErp, connector: OdooConnector, kind: Kind
) -> None:
    # Given an item whose first call was written after its external id was looked for
    item = odoo.item(kind)
    origin = connector.create(item)

    # When its number is looked for, then its own record is none in the way: it is to be looked for again
    with pytest.raises(errors.OutcomeUnknown, match=f"record {origin.id}"):
        _too_early(odoo).write(item)
    found = connector.resolve(item)
    assert found is not None
    assert (found.origin.id, found.is_current) == (origin.id, True)
    assert odoo.count(item) == 1


def _too_early(odoo: StubErp) -> Writing:
    place = odoo.place
    headers = {"Authorization": f"Bearer {place.key}", "X-Odoo-Database": place.database}
    http = HttpClient(odoo.line.url, timeout=60.0, headers=headers, judge=judged)
    asked = Odoo(Json2(http), JsonRpc(http, place.database, place.user, place.key), "auto")
    books = Books(asked, Naming(place.product))
    return Writing(asked, books, TooEarly(asked, books))
