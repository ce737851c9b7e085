"""From an item to the record its file holds: pure; preview, hash and file all use it."""

from typing import Any, Final

from gatepost.connectors.port import ExportItem
from gatepost.domain.kinds import Kind

_LINE: Final = (
    *("cost_code", "cost_type", "description", "quantity", "unit", "unit_cost", "amount"),
)
#: What stands in the record besides its head, by kind, in this order; nothing else of the content does.
FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.PROJECT: ("name", "start_date", "address", "cost_codes"),
    Kind.SUB_JOB: ("code", "name", "cost_codes"),
    Kind.COMMITMENT: ("contract_type", "vendor", "currency", "retainage_percent", "total"),
    Kind.CHANGE_ORDER: ("total",),
    Kind.INVOICE: ("billing_date", "period_start", "period_end", "retainage", "total"),
}
LINE_FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.COMMITMENT: _LINE,
    Kind.CHANGE_ORDER: _LINE,
    Kind.INVOICE: ("amount", "retainage"),
}
ADDRESS: Final = ("lines", "city", "state", "postal_code", "country")


def record_of(item: ExportItem) -> dict[str, Any]:
    """The record of an item; amounts and dates are the strings its source has sent."""
    record: dict[str, Any] = {
        "mark": item.mark,
        "revision": item.revision,
        "action": "update" if item.origin else "create",
        "kind": item.kind.value,
        "erp_id": item.origin.id if item.origin else "",
        "reference": item.external_id,
        "number": item.number,
        "title": item.title,
        "project": item.project or "",
        "project_erp_id": item.project_origin.id if item.project_origin else "",
        "parent_erp_id": item.parent_origin.id if item.parent_origin else "",
        "vendor_erp_id": item.vendor_origin or "",
    }
    for name in FIELDS[item.kind]:
        record[name] = item.content.get(name) if name != "address" else _address(item)
    record["entries"] = dict(sorted(item.entries.items()))
    if item.kind in LINE_FIELDS:
        record["lines"] = [
            {"line": line_id(line), **{name: line.get(name) for name in LINE_FIELDS[item.kind]}}
            for line in item.content.get("lines", ())
        ]
    return record


def line_id(line: dict[str, Any]) -> str:
    """What a line is called: its own id, or that of the commitment's line it bills."""
    return str(line.get("external_id") or line.get("commitment_line") or "")


def _address(item: ExportItem) -> dict[str, Any] | None:
    address = item.content.get("address")
    return {name: address.get(name) for name in ADDRESS} if isinstance(address, dict) else None
