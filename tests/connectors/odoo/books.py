"""What a stub of Odoo keeps: models with fields, records, external ids, and what it refuses."""

import threading
from collections.abc import Iterator
from typing import Any, Final

from tests.connectors.odoo.domains import matches
from tests.connectors.odoo.loading import Loading

Record = dict[str, Any]
Fields = dict[str, str]

PLAN: Final = "account.analytic.plan"
ORDER_LINE: Final = "purchase.order.line"
BILL_LINE: Final = "account.move.line"
_NAMED: Final[Fields] = {"name": "char", "active": "boolean"}
#: A field of another model's records is its type and its model.
SCHEMA: Final[dict[str, Fields]] = {
    "res.company": {"name": "char"},
    "res.currency": _NAMED,
    "res.partner": {**_NAMED, "ref": "char", "supplier_rank": "integer", "is_company": "boolean"},
    "uom.uom": _NAMED,
    "product.product": {
        **_NAMED,
        "default_code": "char",
        "uom_id": "many2one uom.uom",
        "purchase_method": "selection",
        "supplier_taxes_id": "many2many account.tax",
        "property_account_expense_id": "many2one account.account",
    },
    "account.account": {**_NAMED, "account_type": "selection"},
    "account.journal": {**_NAMED, "type": "selection"},
    "res.groups": {"name": "char", "implied_ids": "many2many res.groups"},
    "account.analytic.plan": {"name": "char", "parent_id": "many2one account.analytic.plan"},
    "account.analytic.account": {
        **_NAMED,
        "code": "char",
        "plan_id": "many2one account.analytic.plan",
    },
    "purchase.order": {
        "name": "char",
        "origin": "char",
        "state": "selection",
        "partner_id": "many2one res.partner",
        "currency_id": "many2one res.currency",
        "company_id": "many2one res.company",
        "order_line": f"one2many {ORDER_LINE} order_id",
    },
    ORDER_LINE: {
        "name": "char",
        "order_id": "many2one purchase.order",
        "product_id": "many2one product.product",
        "product_qty": "float",
        "price_unit": "float",
        "analytic_distribution": "json",
    },
    "account.move": {
        "name": "char",
        "ref": "char",
        "state": "selection",
        "move_type": "selection",
        "invoice_date": "date",
        "date": "date",
        "partner_id": "many2one res.partner",
        "currency_id": "many2one res.currency",
        "company_id": "many2one res.company",
        "invoice_line_ids": f"one2many {BILL_LINE} move_id",
    },
    BILL_LINE: {
        "name": "char",
        "display_type": "selection",
        "move_id": "many2one account.move",
        "product_id": "many2one product.product",
        "purchase_line_id": f"many2one {ORDER_LINE}",
        "purchase_order_id": "many2one purchase.order",
        "quantity": "float",
        "price_unit": "float",
        "tax_ids": "many2many account.tax",
        "analytic_distribution": "json",
    },
    "ir.model.data": {"module": "char", "name": "char", "model": "char", "res_id": "integer"},
}
_NEW: Final[dict[str, Record]] = {
    "purchase.order": {"state": "draft", "company_id": 1, "currency_id": 1},
    "account.move": {"state": "draft", "company_id": 1, "currency_id": 1},
    BILL_LINE: {"display_type": "product"},
    "product.product": {"uom_id": 1},
}
_ANALYTIC: Final = 12  # the id of its group


class OdooError(Exception):
    """An exception over there."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message


class Books:
    """A database; one call at a time, all of it or nothing."""

    def __init__(self, version: int, *, is_fresh: bool = False) -> None:
        unit, terms = ("product_uom_id", "note") if version >= 19 else ("product_uom", "notes")
        self.draft = False if version >= 17 else "/"  # the name of a bill
        self.price_digits = None if version >= 19 else 2  # from 19 on they are for show
        self.records: dict[str, dict[int, Record]] = {model: {} for model in SCHEMA}
        renamed = {ORDER_LINE: {unit: "many2one uom.uom"}, "purchase.order": {terms: "html"}}
        renamed["product.product"] = {"detailed_type" if version < 18 else "type": "selection"}
        self.schema = {model: {**of, **renamed.get(model, {})} for model, of in SCHEMA.items()}
        self.forbidden: set[str] = set()  # models the user may not see
        self.losing = 0  # so many loads lose against another transaction
        self.refusing = ""  # what a load says instead
        self._alone = threading.RLock()
        self._last = 100
        for model, values in _FRESH if is_fresh else _OPENING:
            self.create(model, values)
        if is_fresh:
            self.forbidden.add(PLAN)  # until its group is everybody's

    def call(self, model: str, method: str, named: Record) -> Any:  # noqa: ANN401 - JSON
        known = {"search_read", "fields_get", "load", "create", "write", "context_get"}
        if method not in known or model not in {*self.schema, "res.users"}:
            raise OdooError("werkzeug.exceptions.NotFound", f"no {model}.{method}")
        if model in self.forbidden:
            said = f"You are not allowed to access '{model}' records.\n\nThis is for: Accounting"
            raise OdooError("odoo.exceptions.AccessError", said)
        with self._alone:
            context = named.pop("context", {})
            assert method != "load" or "active_test" not in context, "defaults are no archived ones"
            return getattr(self, method)(model, **named)

    def context_get(self, model: str) -> Record:
        return {"lang": "en_US"}

    def fields_get(self, model: str, allfields: list[str], attributes: list[str]) -> Record:
        return {name: {} for name in allfields if name in self.schema[model]}

    def search_read(
        self, model: str, domain: list[Any], fields: list[str], limit: int, order: str
    ) -> list[Record]:
        assert order == "id"
        self._known(model, fields)
        found = [record for record in self._all(model) if matches(record, domain)]
        return [self._told(model, record, fields) for record in found[:limit]]

    def create(self, model: str, vals_list: list[Record]) -> list[int]:
        new = _NEW.get(model, {})
        return [self._create(model, {**new, **values}) for values in vals_list]

    def write(self, model: str, ids: list[int], vals: Record) -> bool:
        self._known(model, vals)
        if model == "res.groups" and vals["implied_ids"] == [[4, _ANALYTIC]]:
            self.forbidden.discard(PLAN)
        for id in ids:
            self.records[model][id] |= vals
        return True

    def load(self, model: str, fields: list[str], data: list[list[str]]) -> Record:
        for column in fields:
            if column != "id" and column.partition("/")[0] not in self.schema[model]:
                raise OdooError("builtins.ValueError", f"Invalid field name '{column}'")
        if self.losing:
            self.losing -= 1
            said = "could not serialize access due to concurrent update\n"
            later = "current transaction is aborted, commands ignored until end"
            return _not_loaded(later, said)
        if self.refusing:
            return _not_loaded(self.refusing)
        return Loading(self, model, fields, data).load()

    def new(self, model: str, values: Record) -> int:
        (id,) = self.create(model, [values])
        return id

    def _create(self, model: str, values: Record) -> int:
        self._known(model, values)
        if model == "ir.model.data" and self.named(values["module"], values["name"]):
            said = 'duplicate key value violates unique constraint "ir_model_data_module_name_uniq"'
            raise OdooError("psycopg2.errors.UniqueViolation", said)
        self._last += 1
        id = int(values.get("id") or self._last)
        empty = dict.fromkeys(self.schema[model], False)
        name = self.draft if model == "account.move" else f"P{id:05}"
        self.records[model][id] = {**empty, "name": name, **values, "id": id}
        return id

    def named(self, module: str, name: str) -> Record | None:
        names = self.records["ir.model.data"].values()
        wanted = (module, name)
        return next((each for each in names if (each["module"], each["name"]) == wanted), None)

    def _all(self, model: str) -> Iterator[Record]:
        for id in sorted(self.records[model]):
            record = self.records[model][id]
            if line := record.get("purchase_line_id"):
                record["purchase_order_id"] = self.records[ORDER_LINE][line]["order_id"]
            yield record

    def _told(self, model: str, record: Record, fields: list[str]) -> Record:
        told: Record = {"id": record["id"]}
        for name in fields:
            type, *more = self.schema[model].get(name, "integer").split()
            value = record[name]
            if type == "many2one" and value:
                value = [value, self.records[more[0]][value].get("name") or ""]
            told[name] = value
        return told

    def _known(self, model: str, names: Any) -> None:  # noqa: ANN401 - a list or a record
        for name in names:
            if name != "id" and name not in self.schema[model]:
                raise OdooError("builtins.ValueError", f"Invalid field '{name}' on model '{model}'")


def _not_loaded(*messages: str) -> Record:
    return {"ids": False, "messages": [{"type": "error", "message": each} for each in messages]}


_OPENING: Final[list[tuple[str, list[Record]]]] = [
    ("res.company", [{"id": 1, "name": "Acme Builders"}]),
    ("res.currency", [{"id": 1, "name": "USD", "active": True}]),
    ("uom.uom", [{"id": 1, "name": "Units"}]),
    ("account.analytic.plan", [{"id": 1, "name": "Jobs"}]),
    (
        "product.product",
        [
            {"id": 1, "name": "Construction", "default_code": "WORK", "uom_id": 1},
            {"id": 2, "name": "Retainage", "default_code": "RETAINAGE", "uom_id": 1},
        ],
    ),
    ("res.partner", [{"id": 7, "name": "Aker Steel AS", "ref": "V-7", "is_company": True}]),
]

#: As a database begins: no plan, no product, nobody's contact, a currency that is not active.
_FRESH: Final[list[tuple[str, list[Record]]]] = [
    ("res.company", [{"id": 1, "name": "YourCompany"}]),
    ("res.currency", [{"id": 1, "name": "USD", "active": False}]),
    ("uom.uom", [{"id": 1, "name": "Units"}]),
    ("res.groups", [{"id": 1, "name": "User"}, {"id": _ANALYTIC, "name": "Analytic"}]),
    (
        "ir.model.data",
        [
            {"module": "base", "name": "group_user", "model": "res.groups", "res_id": 1},
            {
                "module": "analytic",
                "name": "group_analytic_accounting",
                "model": "res.groups",
                "res_id": _ANALYTIC,
            },
        ],
    ),
    ("account.journal", [{"id": 1, "name": "Vendor Bills", "type": "purchase"}]),
    ("account.account", [{"id": 1, "name": "Expenses", "account_type": "expense"}]),
]
