"""The connector for the sandbox ERP: plain JSON over HTTP, with every failure an ERP can have.

Its ERP promises nothing: a repeated write makes a second record. So a write is made safe by the
mark: after an unknown outcome the records with the item's mark are looked up before anything else.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

from pydantic import Field

from gatepost.connectors.errors import (
    ConnectorError,
    DuplicateFound,
    OutcomeUnknown,
    PeriodClosed,
    RecordGone,
    ReferenceNotFound,
    Unavailable,
    ValidationFailed,
)
from gatepost.connectors.http import Answer, HttpClient
from gatepost.connectors.port import (
    ConnectorConfig,
    ErpRecord,
    ExportItem,
    Found,
    RecordPage,
    Safety,
)
from gatepost.connectors.profile import Profile, load_profile
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

_BY_CODE: Final[dict[str, type[ConnectorError]]] = {
    "record_not_found": RecordGone,  # the one that a write names is the item's own
    "parent_not_found": ReferenceNotFound,
    "vendor_not_found": ReferenceNotFound,
    "customer_not_found": ReferenceNotFound,
    "duplicate_number": DuplicateFound,
    "period_closed": PeriodClosed,
}
PAGE: Final = 100  # records that are listed with one call
# What only serves Gatepost, and what the ERP makes up by itself: no part of the record's content.
_NO_CONTENT: Final = frozenset(
    {"id", "kind", "mark", "revision", "reference", "version", "last_line"}
    | {"created_at", "updated_at"}
)


class SandboxConfig(ConnectorConfig):
    """Options of a connection to the sandbox ERP."""

    url: str = Field(description="where the sandbox ERP listens")
    timeout: float = Field(
        default=5.0, gt=0, description="seconds the exporter waits for an answer"
    )


class SandboxConnector:
    """Writes items into the sandbox ERP."""

    name: ClassVar[str] = "sandbox"
    config_model: ClassVar[type[ConnectorConfig]] = SandboxConfig
    profile: ClassVar[Profile] = load_profile("sandbox")
    safety: ClassVar[Safety] = Safety.FIND_FIRST

    def __init__(self, config: SandboxConfig) -> None:
        self._http = HttpClient(config.url, timeout=config.timeout)

    def check(self) -> str:
        self._http.get("/erp/customers")
        return "the sandbox ERP answers"

    def validate(self, item: ExportItem) -> Sequence[FieldProblem]:
        limit = self.profile.kinds[item.kind].limits.get("number")
        if limit is None or len(item.number) <= limit:
            return []
        message = f"the number has {len(item.number)} characters; at most {limit}"
        return [FieldProblem("number", "max_length", message, "the sender")]

    def preview(self, item: ExportItem) -> dict[str, Any]:
        return record_of(item)

    def find(self, mark: str, kind: Kind) -> Sequence[Origin]:
        return [_origin(record) for record in self._marked(mark, kind)]

    def create(self, item: ExportItem) -> Origin:
        return self._written("POST", f"/erp/{item.kind.plural}", item)

    def update(self, item: ExportItem) -> Origin:
        assert item.origin is not None, "only what has a record can be updated"  # noqa: S101 - the port's own contract
        return self._written("PUT", f"/erp/{item.kind.plural}/{quote(item.origin.id)}", item)

    def resolve(self, item: ExportItem) -> Found | None:
        records = self._marked(item.mark, item.kind)
        if len(records) > 1:
            ids = ", ".join(str(record["id"]) for record in records)
            raise OutcomeUnknown(f"the ERP has several records with its mark: {ids}")
        if not records:
            return None
        return Found(_origin(records[0]), records[0].get("revision") == item.revision)

    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        query = {"limit": str(PAGE), "cursor": cursor or "", "q": search}
        if kind.item_kind is None:
            name = f"{kind}s"
            path = f"/erp/{name}"
        else:
            name, path = "records", "/erp/records"
            query["kind"] = kind.value
        wanted = urlencode({key: value for key, value in query.items() if value})
        answer = self._http.get(f"{path}?{wanted}")
        return RecordPage(tuple(map(_read, answer[name])), answer.get("next_cursor"))

    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        try:
            return _read(self._http.get(f"/erp/{kind}s/{quote(origin_id, safe='')}"))
        except ValidationFailed as error:
            if error.erp_code == "record_not_found":
                return None
            raise

    def close(self) -> None:
        self._http.close()

    def _marked(self, mark: str, kind: Kind) -> list[dict[str, Any]]:
        query = urlencode({"kind": kind.value, "mark": mark})
        found: list[dict[str, Any]] = self._http.get(f"/erp/records?{query}")["records"]
        return found

    def _written(self, method: str, path: str, item: ExportItem) -> Origin:
        headers = {"Idempotency-Key": item.key}
        try:
            answer: Answer = self._http.write(method, path, record_of(item), headers)
        except ValidationFailed as error:
            raise _BY_CODE.get(error.erp_code, ValidationFailed)(
                error.message, erp_code=error.erp_code
            ) from None
        return _origin(answer.document)


def record_of(item: ExportItem) -> dict[str, Any]:
    """The mapper: the ERP's record for an item. Pure; preview, hash and export all use it."""
    content = item.content
    record: dict[str, Any] = {
        **item.entries,  # first: they may not replace what is ours
        "mark": item.mark,
        "revision": item.revision,
        "reference": item.external_id,
        "number": item.number or None,
        "title": item.title,
        "parent": item.parent_origin.id if item.parent_origin else None,
    }
    if item.kind is Kind.INVOICE:
        lines = [
            {"external_id": line.get("commitment_line"), **line}
            for line in content.get("lines", ())
        ]
    else:
        lines = list(content.get("lines", ()))
    if lines:
        record["lines"] = lines
    if item.vendor_origin:
        record["vendor"] = item.vendor_origin
    passed_on = ("name", "address", "start_date", "cost_codes", "contract_type", "currency")
    money = (
        "retainage_percent",
        "retainage",
        "total",
        "billing_date",
        "period_start",
        "period_end",
    )
    for name in (*passed_on, *money):
        if content.get(name) is not None:
            record[name] = content[name]
    return record


def _read(record: Any) -> ErpRecord:  # noqa: ANN401 - a JSON document of the ERP's
    """A record of the ERP's as Gatepost keeps it."""
    try:
        origin = _origin(record)
    except OutcomeUnknown as error:  # nothing was written here: it is merely no sensible answer
        raise Unavailable(error.message) from None
    return ErpRecord(
        origin=origin,
        name=str(record.get("title") or record.get("name") or ""),
        parent=record.get("parent"),
        mark=record.get("mark"),
        data={name: value for name, value in record.items() if name not in _NO_CONTENT},
    )


def _origin(record: Any) -> Origin:  # noqa: ANN401 - a JSON document of the ERP's
    """The origin in an answer.

    Raises:
        OutcomeUnknown: the answer names no record, so it is not known what was written.

    """
    if not isinstance(record, dict) or not isinstance(record.get("id"), str) or not record["id"]:
        raise OutcomeUnknown("the ERP's answer names no record")
    lines = record.get("lines")
    pairs = [
        (str(line["external_id"]), str(line["id"]))
        for line in (lines if isinstance(lines, list) else ())
        if isinstance(line, dict) and line.get("external_id") and line.get("id")
    ]
    return Origin(
        id=record["id"],
        code=str(record.get("number") or ""),
        data=str(record.get("version") or ""),
        lines=tuple(pairs),
    )
