"""Writing a record: what stands around it is read first, then all of it is loaded with one call."""

import html
from typing import Any

import orjson

from gatepost.connectors.contents import decimal
from gatepost.connectors.errors import DuplicateFound, OutcomeUnknown, ReferenceNotFound
from gatepost.connectors.odoo.books import Books
from gatepost.connectors.odoo.calling import Domain, Odoo, Record
from gatepost.connectors.odoo.finding import Finding
from gatepost.connectors.odoo.mapping import mapped
from gatepost.connectors.odoo.models import (
    BILL,
    BILL_LINES,
    JOB,
    MODELS,
    ORDER,
    ORDER_LINE,
    ORDER_LINES,
    PARTNER,
    Lines,
)
from gatepost.connectors.odoo.names import BEFORE, MODULE, OURS, RETAINAGE, Name
from gatepost.connectors.odoo.records import Line, Read, cell, counting
from gatepost.connectors.port import ExportItem
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind


class Writing:
    """Loads the records of items: the same call creates and changes."""

    def __init__(self, odoo: Odoo, books: Books, finding: Finding) -> None:
        self._odoo, self._books, self._finding = odoo, books, finding

    def write(self, item: ExportItem) -> None:
        """Have an item's record be what the item says.

        A line the item has no more stays as it is, with a quantity of 0: lines of a confirmed order
        cannot go. Lines that somebody has added since it is the item's are left alone.

        Raises:
            ConnectorError: one of its closed set.

        """
        self._books.open()
        record, own = mapped(item), Name(item.kind, item.mark)
        match item.kind:
            case Kind.PROJECT | Kind.SUB_JOB:
                self._job(record, own)
            case Kind.COMMITMENT:
                self._commitment(record, own)
            case Kind.CHANGE_ORDER:
                self._change_order(record, own, item.parent_origin)
            case Kind.INVOICE:
                self._invoice(record, own, item.parent_origin)

    def adopt(self, item: ExportItem, origin: Origin) -> None:
        """Name a record that somebody else has made, and its lines, as those of the item.

        A line that no line of the item is linked to is named, too: as one that the item has no more.

        Raises:
            ReferenceNotFound: Odoo has none of that id.
            ConnectorError: one of its closed set.

        """
        there = self._finding.by_id(RecordKind(item.kind), origin.id)
        if there is None or item.kind is Kind.CHANGE_ORDER:
            raise ReferenceNotFound(f"Odoo has no {item.kind.words} {origin.id} any more")
        model, own = MODELS[RecordKind(item.kind)], Name(item.kind, item.mark)
        names = [(own, model.name, int(there.record["id"]))]
        if model.lines:
            linked = {id: line for line, id in origin.lines}
            for each in there.lines:
                id = int(each.record["id"])
                line = linked.get(str(id), f"{BEFORE}{id}")
                is_meant = each in counting(there, model.lines) or str(id) in linked  # no heading
                if each.name is None and is_meant:
                    names.append((Name(own.kind, own.mark, line), model.lines.model, id))
        self._odoo.name(
            [
                {"module": MODULE, "name": str(name), "model": of, "res_id": id}
                for name, of, id in names
            ]
        )

    def _job(self, record: Record, own: Name) -> None:
        if own.kind is Kind.SUB_JOB:
            self._existing(JOB, record["parent"], "project")
        values = {"id": own.whole, "code": record["code"], "name": record["name"]}
        values["plan_id/.id"] = str(self._books.plan())
        self._is_alone(own, JOB, [["code", "=", record["code"]]])
        self._odoo.load(JOB, [values])

    def _commitment(self, record: Record, own: Name) -> None:
        partner = self._existing(PARTNER, record["partner"], "partner")
        job = self._existing(JOB, record["job"], "project") if record["job"] else None
        number: Domain = [["origin", "=", record["origin"]], ["state", "!=", "cancel"]]
        there = self._is_alone(own, ORDER, [*number, ["partner_id", "=", partner]])
        values = {
            "id": own.whole,
            "partner_id/.id": str(partner),
            "origin": record["origin"],
            self._books.terms(): html.escape(record["notes"]),
        }
        if record["currency"]:
            values["currency_id/.id"] = str(self._books.currency(record["currency"]))
        rows = [self._ordered(own, line, _charge(job)) for line in record["lines"]]
        rows += self._gone(own, there, rows, ORDER_LINES)
        self._odoo.load(ORDER, _under(values, "order_line", rows))

    def _change_order(self, record: Record, own: Name, above: Origin | None) -> None:
        order = self._order(above)
        there = self._finding.ids_named(own)
        charge = next(
            (text for line in counting(order, ORDER_LINES) if (text := _charged(line))), ""
        )
        rows = [self._ordered(own, line, charge) for line in record["lines"]]
        rows += self._gone(own, there, rows, ORDER_LINES)
        id = str(order.record["id"])
        self._odoo.load(ORDER_LINE, [{**row, "order_id/.id": id} for row in rows])

    def _invoice(self, record: Record, own: Name, above: Origin | None) -> None:
        order = self._order(above)
        partner = order.record["partner_id"][0]
        number: Domain = [["ref", "=", record["ref"]], ["state", "!=", "cancel"]]
        number += [["move_type", "=", record["move_type"]], ["partner_id", "=", partner]]
        there = self._is_alone(own, BILL, number)
        values = {
            "id": own.whole,
            "move_type": record["move_type"],
            "partner_id/.id": str(partner),
            "ref": record["ref"],
            "currency_id/.id": str(order.record["currency_id"][0]),
            **{name: record[name] for name in ("invoice_date", "date") if record[name]},
        }
        rows = [self._billed(own, line, order) for line in record["lines"]]
        rows += self._gone(own, there, rows, BILL_LINES)
        self._odoo.load(BILL, _under(values, "invoice_line_ids", rows))

    def _ordered(self, own: Name, line: dict[str, Any], charge: str) -> Record:
        unit, measured = self._books.unit()
        return {
            "id": Name(own.kind, own.mark, line["external_id"]).whole,
            "name": line["name"],
            "product_id/.id": str(self._books.product()),
            f"{unit}/.id": str(measured),
            "product_qty": line["quantity"],
            "price_unit": line["price_unit"],
            "analytic_distribution": charge,
        }

    def _billed(self, own: Name, line: dict[str, Any], order: Read) -> Record:
        """A line of a bill, charged as the line it bills is; what is retained is no cost."""
        name = line["external_id"]
        billed = next((each for each in order.lines if each.name and each.name.line == name), None)
        if billed is None and not name.startswith(OURS):
            raise ReferenceNotFound(f"the purchase order has no line {name} in Odoo")
        is_retained = name == RETAINAGE
        charges = [billed] if billed else counting(order, ORDER_LINES)
        charge = next((text for each in charges if (text := _charged(each))), "")
        return {
            "id": Name(own.kind, own.mark, name).whole,
            "name": line["name"],
            "product_id/.id": str(self._books.retained() if is_retained else self._books.product()),
            "quantity": line["quantity"],
            "price_unit": line["price_unit"],
            "tax_ids/.id": "",  # an amount is what the item says, nothing is added to it
            "purchase_line_id/.id": str(billed.record["id"]) if billed else "",
            "analytic_distribution": "" if is_retained else charge,
        }

    def _gone(
        self, own: Name, there: dict[Name, int], rows: list[Record], shape: Lines
    ) -> list[Record]:
        """Rows for the lines that are there and are the item's no more: as they are, but of nothing."""
        kept = {row["id"] for row in rows}
        left = {id: name for name, id in there.items() if name != own and name.whole not in kept}
        if not left:
            return []
        fields = {column: column.partition("/")[0] for column in rows[0] if column != "id"}
        domain = [["id", "in", list(left)]]
        found = self._odoo.search(shape.model, domain, list(fields.values()), len(left))
        return [
            {
                **{column: cell(record[field]) for column, field in fields.items()},
                "id": left[record["id"]].whole,
                shape.quantity: "0",
            }
            for record in found
            if decimal(record[shape.quantity])
        ]

    def _is_alone(self, own: Name, model: str, number: Domain) -> dict[Name, int]:
        """Nothing else has its number, which Odoo would not mind; gives what is there of it.

        Raises:
            DuplicateFound: something has.
            OutcomeUnknown: its own record has; it was written after it was looked for.

        """
        there = self._finding.ids_named(own)
        found = self._odoo.search(
            model, [*number, ["id", "!=", there.get(own, 0)]], ["id"], limit=1
        )
        now = self._finding.ids_named(own).get(own) if found and own not in there else None
        if now is not None:
            raise OutcomeUnknown(f"Odoo has {number[0][2]} by now, with its mark: record {now}")
        if found:
            said = f"Odoo has {number[0][2]} already: record {found[0]['id']}"
            raise DuplicateFound(said)
        return there

    def _order(self, above: Origin | None) -> Read:
        """The purchase order above an item, with all its lines.

        Raises:
            ReferenceNotFound: Odoo has none of that id.

        """
        found = self._finding.by_id(RecordKind.COMMITMENT, above.id) if above else None
        if found is None:
            named = above.code or above.id if above else ""
            raise ReferenceNotFound(f"Odoo has no purchase order {named}".rstrip())
        return found

    def _existing(self, model: str, id: str | None, what: str) -> int:
        known = id and id.isascii() and id.isdecimal() and len(id) <= 9
        found = self._odoo.search(model, [["id", "=", int(id)]], ["id"]) if id and known else []
        if not found:
            raise ReferenceNotFound(f"Odoo has no {what} {id or 'for it'}")
        return int(found[0]["id"])


def _under(values: Record, field: str, lines: list[Record]) -> list[Record]:
    """The rows of a record with lines: its own values stand in the first row alone."""
    rows = [{f"{field}/{name}": value for name, value in line.items()} for line in lines]
    return [{**values, **rows[0]}, *rows[1:]] if rows else [values]


def _charge(job: int | None) -> str:
    """A line's cost, wholly to one job, as Odoo imports it."""
    return orjson.dumps({str(job): 100}).decode() if job else ""


def _charged(line: Line) -> str:
    return cell(line.record.get("analytic_distribution"))
