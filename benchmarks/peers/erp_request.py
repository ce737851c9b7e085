"""An invoice as the ERP takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def bill(
    *, mark: str, number: str, reference: str, parent: str | None, content: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "mark": mark,
        "reference": reference,
        "number": number,
        "parent": parent,
        "date": content["billing_date"],
        "lines": [
            {
                "external_id": line["commitment_line"],
                "amount": line["amount"],
                "retainage": line["retainage"],
            }
            for line in content["lines"]
        ],
        "retainage": content["retainage"],
        "total": content["total"],
    }
