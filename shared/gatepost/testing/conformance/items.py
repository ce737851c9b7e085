"""Items to try a connector with: one of each kind, never the same twice."""

import uuid
from dataclasses import replace
from typing import Any, Final

from gatepost.connectors.port import ExportItem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

_LINES: Final = [
    {"external_id": "l-1", "cost_code": "05-120", "cost_type": "S", "description": "Erect steel",
     "quantity": "10", "unit": "t", "unit_cost": "1240.00", "amount": "12400.00"},
    {"external_id": "l-2", "cost_code": "03-300", "cost_type": "S", "description": "Béton, 2 %",
     "quantity": "4", "unit": "m3", "unit_cost": "100.00", "amount": "400.00"},
]  # fmt: skip


def an_item(kind: Kind, **changes: Any) -> ExportItem:
    """A new item of that kind; ``changes`` are fields of :class:`ExportItem`."""
    mark = str(uuid.uuid4())
    short = mark[:8]
    values: dict[str, Any] = {
        "mark": mark,
        "key": f"{mark}:1",
        "kind": kind,
        "external_id": f"kit-{short}",
        "revision": 1,
        "number": f"K-{short}",
        "title": f"Tower B, {short}",
        "content": _content(kind, short),
        "project": None if kind is Kind.PROJECT else "kit-project",
    }
    return ExportItem(**{**values, **changes})


def next_revision(item: ExportItem, origin: Origin) -> ExportItem:
    """The same item, sent again with another title, name and first line."""
    content, revision = {**item.content}, item.revision + 1
    if "name" in content:
        content["name"] = f"{content['name']} B"
    if lines := content.get("lines"):
        first = {**lines[0]}
        if "description" in first:
            first["description"] = f"{first['description']} B"
        else:
            first["amount"], content["total"] = "900.00", "940.00"
        content["lines"] = [first, *lines[1:]]
    key, title = f"{item.mark}:{revision}", f"{item.title} B"
    return replace(item, key=key, revision=revision, title=title, content=content, origin=origin)


def _content(kind: Kind, short: str) -> dict[str, Any]:
    lines = [dict(line) for line in _LINES]
    match kind:
        case Kind.PROJECT:
            return {"number": f"J-{short}", "name": f"Harbor Bridge {short}"}
        case Kind.SUB_JOB:
            return {"code": f"02-{short}", "name": f"East tower {short}", "cost_codes": ["05-120"]}
        case Kind.COMMITMENT:
            more = {"contract_type": "subcontract", "vendor": "kit-vendor", "currency": "USD"}
            return {**more, "lines": lines, "total": "12800.00"}
        case Kind.CHANGE_ORDER:
            lines[0]["external_id"], lines[1]["external_id"] = "c-1", "c-2"
            return {"lines": lines, "total": "12800.00"}
        case Kind.INVOICE:
            billed = [
                {"commitment_line": "l-1", "amount": "1000.00", "retainage": "0.00"},
                {"commitment_line": "l-2", "amount": "40.00", "retainage": "0.00"},
            ]
            dates = {"billing_date": "2026-11-20", "period_start": "2026-11-01"}
            return {**dates, "lines": billed, "retainage": "0.00", "total": "1040.00"}
