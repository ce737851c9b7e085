"""A lent Odoo is made ready for the suite: what it needs is found or made, what is missing is said."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gatepost.domain.kinds import Kind
from tests.connectors.odoo.readying import NotReady
from tests.connectors.odoo_erp import StubErp, lent


@pytest.fixture(params=[16, 19])
def fresh(request: pytest.FixtureRequest) -> Iterator[StubErp]:
    """As a database begins: analytic accounting off, no plan, no product, no vendor."""
    erp = StubErp(request.param, is_fresh=True)
    yield erp
    erp.close()


def test_a_fresh_odoo_takes_every_kind_once_it_is_ready(fresh: StubErp) -> None:
    fresh.made_ready()
    connector = fresh.connector()
    assert connector.check() == "Odoo answers for YourCompany"
    bill = connector.create(fresh.item(Kind.INVOICE))
    assert bill.id


def test_what_is_there_already_is_taken(fresh: StubErp) -> None:
    fresh.made_ready()
    made = {model: dict(records) for model, records in fresh.stub.books.records.items()}
    fresh.made_ready()
    assert fresh.stub.books.records == made


@pytest.mark.parametrize(
    ("forbidden", "without", "said"),
    [
        # A right is missing.
        ("ir.model.data", "", "Administration / Access Rights"),
        ("res.groups", "", "analytic accounting is off"),
        ("res.currency", "", "activate it"),
        ("product.product", "", "product.product"),
        # An app is, or the chart of accounts.
        ("", "purchase.order.line", "install the app Purchase"),
        ("", "account.journal", "chart of accounts"),
    ],
)
def test_what_is_missing_is_said(fresh: StubErp, forbidden: str, without: str, said: str) -> None:
    fresh.stub.books.forbidden.add(forbidden)
    if without == "account.journal":
        fresh.stub.books.records[without].clear()
    elif without:
        del fresh.stub.books.schema[without]
    with pytest.raises(NotReady, match=said):
        fresh.made_ready()


def test_a_wrong_key_is_said_before_anything_else(fresh: StubErp) -> None:
    fresh.place = replace(fresh.place, key="another")
    with pytest.raises(NotReady, match=r"ODOO_API_KEY .* lead into no Odoo"):
        fresh.made_ready()


def test_three_variables_lend_an_odoo_and_its_admin_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("USER", "PRODUCT", "RETAINAGE", "VENDOR", "COMPANY", "PLAN"):
        monkeypatch.delenv(f"ODOO_{name}", raising=False)
    for name in ("URL", "DB", "API_KEY"):
        assert lent() is None or name == "URL"
        monkeypatch.setenv(f"ODOO_{name}", name.lower())
    place = lent()
    assert place is not None
    assert (place.url, place.database, place.key, place.user) == ("url", "db", "api_key", "admin")
