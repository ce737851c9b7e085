"""Which of Odoo's models a kind of record is, and what is read of it."""

from dataclasses import dataclass
from typing import Final

from gatepost.connectors.odoo.calling import Domain
from gatepost.connectors.odoo.mapping import SUB_JOB
from gatepost.domain.erp_records import RecordKind

PARTNER: Final = "res.partner"
JOB: Final = "account.analytic.account"
PLAN: Final = "account.analytic.plan"
ORDER: Final = "purchase.order"
ORDER_LINE: Final = "purchase.order.line"
BILL: Final = "account.move"
BILL_LINE: Final = "account.move.line"
PRODUCT: Final = "product.product"
COMPANY: Final = "res.company"
NAMES: Final = "ir.model.data"


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a model: theirs, the field they are in, and the one that leads back."""

    model: str
    field: str
    above: str
    quantity: str
    fields: tuple[str, ...]


ORDER_LINES: Final = Lines(
    ORDER_LINE,
    "order_line",
    "order_id",
    "product_qty",
    ("order_id", "name", "product_qty", "price_unit", "analytic_distribution"),
)
BILL_LINES: Final = Lines(
    BILL_LINE,
    "invoice_line_ids",
    "move_id",
    "quantity",
    ("move_id", "name", "quantity", "price_unit", "purchase_order_id", "display_type"),
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model, for one kind of record.

    ``which`` are those of the model that are of the kind, ``searched`` what a word is looked for in,
    ``company`` whether each of its records is one company's.
    """

    name: str
    fields: tuple[str, ...]
    searched: tuple[str, ...]
    which: Domain
    company: bool = False
    lines: Lines | None = None


_JOB_FIELDS: Final = ("code", "name")
_ORDER: Final = ("name", "origin", "state", "partner_id", "currency_id")
_BILL: Final = ("name", "ref", "state", "move_type", "partner_id", "invoice_date", "date")

MODELS: Final[dict[RecordKind, Model]] = {
    RecordKind.VENDOR: Model(
        PARTNER,
        ("name", "ref"),
        ("name", "ref"),
        ["|", ["supplier_rank", ">", 0], ["is_company", "=", True]],
    ),
    RecordKind.PROJECT: Model(
        JOB,
        _JOB_FIELDS,
        _JOB_FIELDS,
        ["|", ["code", "=", False], ["code", "not like", SUB_JOB]],
    ),
    RecordKind.SUB_JOB: Model(JOB, _JOB_FIELDS, _JOB_FIELDS, [["code", "like", SUB_JOB]]),
    RecordKind.COMMITMENT: Model(
        ORDER, _ORDER, ("name", "origin"), [], company=True, lines=ORDER_LINES
    ),
    RecordKind.CHANGE_ORDER: Model(
        ORDER, _ORDER, ("name", "origin"), [], company=True, lines=ORDER_LINES
    ),
    RecordKind.INVOICE: Model(
        BILL,
        _BILL,
        ("name", "ref"),
        [["move_type", "in", ["in_invoice", "in_refund"]]],
        company=True,
        lines=BILL_LINES,
    ),
}
