"""Has what the suite needs in a lent Odoo's books: found, or made once and found the next time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar

_T = TypeVar("_T")
WORK: Final = "GATEPOST-WORK"
RETAINAGE: Final = "GATEPOST-RETAINAGE"
PLAN: Final = "Gatepost tests"
VENDOR: Final = "GATEPOST-VENDOR"
CURRENCY: Final = "USD"  # the conformance kit's

#: What has to be there, by a field of the app that brings it.
_APPS: Final = {
    ("purchase.order.line", "analytic_distribution"): "Purchase (purchase)",
    ("account.move.line", "purchase_line_id"): "Purchase and Invoicing (purchase, account)",
    ("res.partner", "supplier_rank"): "Invoicing (account)",
    ("account.analytic.account", "plan_id"): "Analytic Accounting (analytic)",
}


class NotReady(AssertionError):
    """The lent Odoo lacks something the suite cannot make; the sentence says what and who can."""


class Refused(NotReady):
    """Odoo has said no to a tester."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an Odoo is, and who may ask there."""

    url: str
    database: str
    key: str
    user: str = "admin"
    product: str = ""
    retainage: str = ""
    vendor: str = ""
    company: str = ""
    plan: str = ""


class Tester(Protocol):
    """Who asks it, as a tester does."""

    def asked(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]: ...

    def call(self, model: str, method: str, **named: Any) -> Any: ...  # noqa: ANN401 - JSON


class Readying:
    """One lent Odoo."""

    def __init__(self, tester: Tester) -> None:
        self._tester = tester

    def made_ready(self, place: Place) -> Place:
        """What the connection names in it; what the environment names stays.

        Raises:
            NotReady: an app, a right or a chart of accounts is missing.

        """
        said = "ODOO_URL, ODOO_DB, ODOO_API_KEY and, up to 18, ODOO_USER lead into no Odoo"
        _or(said, self._tester.call, "res.users", "context_get")
        self._has_its_apps()
        self._may_see_external_ids()
        self._may_see_plans()
        self._has_a_chart()
        self._has_the_currency()
        expense, owed = self._account("expense"), self._account("liability_current")
        return replace(
            place,
            plan=place.plan or self._plan(),
            product=place.product or self._product(WORK, "Work (Gatepost's tests)", expense),
            retainage=place.retainage
            or self._product(RETAINAGE, "Retainage (Gatepost's tests)", owed or expense),
            vendor=place.vendor or self._vendor(),
        )

    def _has_its_apps(self) -> None:
        for (model, field), app in _APPS.items():
            missing = f"the lent Odoo has no {model}.{field}: install the app {app}"
            there = _or(missing, self._fields, model, field)
            if field not in there:
                raise NotReady(missing)

    def _may_see_external_ids(self) -> None:
        said = "the key's user may not read external ids: give them Administration / Access Rights"
        _or(said, self._tester.asked, "ir.model.data", [["module", "=", "gatepost"]])

    def _may_see_plans(self) -> None:
        """Analytic accounting is switched on in the settings: whoever is a user has its group then."""
        try:
            self._tester.asked("account.analytic.plan", [])
        except Refused:
            said = "analytic accounting is off, and the key's user may not switch it on"
            names = [("analytic", "group_analytic_accounting"), ("base", "group_user")]
            analytic, everybody = (_or(said, self._named, *name) for name in names)
            values = {"implied_ids": [[4, analytic]]}
            _or(said, self._write, "res.groups", everybody, values)
            _or(said, self._tester.asked, "account.analytic.plan", [])

    def _has_a_chart(self) -> None:
        said = "its company has no purchase journal: choose a chart of accounts (l10n_generic_coa)"
        if not _or(said, self._tester.asked, "account.journal", [["type", "=", "purchase"]]):
            raise NotReady(said)

    def _has_the_currency(self) -> None:
        said = f"{CURRENCY} is not active, and the key's user may not change that: activate it"
        found = _or(said, self._tester.asked, "res.currency", [["name", "=", CURRENCY]], "active")
        if not found:
            raise NotReady(f"the lent Odoo has no currency {CURRENCY}")
        if not found[0]["active"]:
            _or(said, self._write, "res.currency", found[0]["id"], {"active": True})

    def _account(self, type: str) -> int | None:
        found = self._tester.asked("account.account", [["account_type", "=", type]])
        return int(found[0]["id"]) if found else None

    def _plan(self) -> str:
        if not self._tester.asked("account.analytic.plan", [["name", "=", PLAN]]):
            self._make("account.analytic.plan", {"name": PLAN})
        return PLAN

    def _product(self, reference: str, name: str, account: int | None) -> str:
        if not self._tester.asked("product.product", [["default_code", "=", reference]]):
            type = "detailed_type"  # up to 17, where it decides on the type
            kind = type if type in self._fields("product.product", type) else "type"
            values = {"name": name, "default_code": reference, kind: "service"}
            values["purchase_method"] = "purchase"  # billed on ordered quantities
            accounts = {"property_account_expense_id": account} if account else {}
            self._make("product.product", {**values, **accounts, "supplier_taxes_id": [[6, 0, []]]})
        return reference

    def _vendor(self) -> str:
        found = self._tester.asked("res.partner", [["ref", "=", VENDOR]])
        values = {"name": "Aker Steel AS (Gatepost's tests)", "ref": VENDOR, "is_company": True}
        made = (
            found[0]["id"] if found else self._make("res.partner", {**values, "supplier_rank": 1})
        )
        return str(made)

    def _fields(self, model: str, *names: str) -> dict[str, Any]:
        asked = {"allfields": list(names), "attributes": ["type"]}
        there: dict[str, Any] = self._tester.call(model, "fields_get", **asked)
        return there

    def _named(self, module: str, name: str) -> int:
        domain = [["module", "=", module], ["name", "=", name]]
        (found,) = self._tester.asked("ir.model.data", domain, "res_id")
        return int(found["res_id"])

    def _make(self, model: str, values: dict[str, Any]) -> int:
        said = f"there is no {model} for the suite, and the key's user may not make one"
        made = _or(said, self._tester.call, model, "create", vals_list=[values])
        return int(made[0])

    def _write(self, model: str, id: int, values: dict[str, Any]) -> None:
        self._tester.call(model, "write", ids=[id], vals=values)


def _or(said: str, ask: Callable[..., _T], *args: Any, **named: Any) -> _T:
    """What asking gives; refused, the sentence with Odoo's own."""
    try:
        return ask(*args, **named)
    except Refused as refused:
        raise NotReady(f"{said} ({refused})") from None
