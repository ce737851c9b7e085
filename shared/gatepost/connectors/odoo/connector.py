"""The connector for Odoo, from 16 on: over JSON-RPC up to 18, over JSON-2 from 19.

Whatever is written is loaded under an external id made of the item's mark, which Odoo keeps only
once: loading it again changes the same record. So a call whose answer is lost is simply repeated.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from pydantic import Field, SecretStr

from gatepost.connectors.errors import (
    OutcomeUnknown,
    Transient,
    Unsupported,
    ValidationFailed,
)
from gatepost.connectors.http import HttpClient
from gatepost.connectors.odoo.amounts import objections
from gatepost.connectors.odoo.books import Books, Naming
from gatepost.connectors.odoo.calling import (
    PAGE,
    Domain,
    Json2,
    JsonRpc,
    Odoo,
    ProtocolName,
    plain,
)
from gatepost.connectors.odoo.finding import Finding
from gatepost.connectors.odoo.mapping import mapped, number_of
from gatepost.connectors.odoo.models import MODELS
from gatepost.connectors.odoo.names import RETAINAGE
from gatepost.connectors.odoo.records import Read, agrees, origin_of, other_amounts, record_of
from gatepost.connectors.odoo.verdicts import judged
from gatepost.connectors.odoo.writing import Writing
from gatepost.connectors.port import (
    ConnectorConfig,
    ErpRecord,
    ExportItem,
    Found,
    RecordPage,
    Safety,
)
from gatepost.connectors.profile import Profile, load_profile
from gatepost.connectors.turns import Turns
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

KEEPER: Final = "whoever keeps the connection"


class OdooConfig(ConnectorConfig):
    """Options of a connection to Odoo."""

    url: str = Field(description="where the server listens")
    database: str = Field(description="the name of its database")
    user: str = Field(default="", description="the login of the key's user; JSON-RPC needs it")
    api_key: SecretStr = Field(description="an API key of that user")
    protocol: ProtocolName = Field(
        default="auto", description="json2 from Odoo 19 on, jsonrpc before; found out by itself"
    )
    company: str = Field(default="", description="the company's name, where there are several")
    plan: str = Field(default="", description="the analytic plan of jobs, where there are several")
    product: str = Field(description="internal reference of the service that lines are bought as")
    retainage_product: str = Field(
        default="", description="internal reference of what retainage is taken off as"
    )


class OdooConnector:
    """Writes items into a company's books in Odoo."""

    name: ClassVar[str] = "odoo"
    config_model: ClassVar[type[ConnectorConfig]] = OdooConfig
    profile: ClassVar[Profile] = load_profile("odoo")
    safety: ClassVar[Safety] = Safety.UPSERT

    def __init__(self, config: OdooConfig) -> None:
        key = config.api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}", "X-Odoo-Database": config.database}
        self._http = HttpClient(config.url, timeout=config.timeout, headers=headers, judge=judged)
        jsonrpc = JsonRpc(self._http, config.database, config.user, key)
        self._odoo = Odoo(Json2(self._http), jsonrpc, config.protocol)
        naming = Naming(config.product, config.company, config.plan, config.retainage_product)
        self._retains = bool(config.retainage_product)
        self._books = Books(self._odoo, naming)
        self._finding = Finding(self._odoo, self._books)
        self._writing = Writing(self._odoo, self._books, self._finding)
        self._turns = Turns()

    def check(self) -> str:
        company = self._books.open()
        self._finding.may_read_names()
        self._books.plan()
        self._books.unit()
        if self._retains:
            self._books.retained()
        return f"Odoo answers for {company}"

    def validate(self, item: ExportItem) -> Sequence[FieldProblem]:
        found = list(objections(item))
        if item.kind is Kind.INVOICE and _is_retained(item) and not self._retains:
            said = "the invoice has retainage, and the connection names no product for it"
            found.append(FieldProblem("content.retainage", "retainage_product", said, KEEPER))
        return found

    def preview(self, item: ExportItem) -> dict[str, Any]:
        return mapped(item)

    def find(self, mark: str, kind: Kind) -> Sequence[Origin]:
        found = self._finding.marked(mark, kind)
        return [_origin(found, kind)] if found else []

    def create(self, item: ExportItem) -> Origin:
        return self._written(item)

    def update(self, item: ExportItem) -> Origin:
        assert item.origin is not None, "only what has a record can be updated"  # noqa: S101 - the port's own contract
        if self._finding.marked(item.mark, item.kind) is None:  # it was linked, or imported
            self._writing.adopt(item, item.origin)
        return self._written(item)

    def resolve(self, item: ExportItem) -> Found | None:
        found = self._finding.marked(item.mark, item.kind)
        if found is None:
            return None
        kind = RecordKind(item.kind)
        there = record_of(kind, found, MODELS[kind].lines)
        return Found(there.origin, agrees(mapped(item), there.data))

    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        if kind not in self.profile.listable:
            raise Unsupported(f"Odoo lists no {kind.words}s")
        model = MODELS[kind]
        words: Domain = [[field, "ilike", plain(search)] for field in model.searched]
        domain = [["id", ">", int(cursor or 0)], *(["|", *words] if search else [])]
        found = self._finding.of_kind(kind, domain, PAGE)
        records = tuple(record_of(kind, read, model.lines) for read in found)
        return RecordPage(records, records[-1].origin.id if len(records) == PAGE else None)

    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        found = self._finding.by_id(kind, origin_id) if kind in MODELS else None
        return record_of(kind, found, MODELS[kind].lines) if found else None

    def close(self) -> None:
        self._http.close()

    def _written(self, item: ExportItem) -> Origin:
        """Load it, and read what it is now: only then the ids of its lines are known."""
        # Of one mark, Odoo would let all but one lose; of one number, it would take all.
        with self._turns.of(item.mark, number_of(item)):
            self._writing.write(item)
            try:
                found = self._finding.marked(item.mark, item.kind)
            except Transient as error:
                raise OutcomeUnknown(error.message, erp_code=error.erp_code) from None
        if found is None:
            raise OutcomeUnknown("Odoo has loaded it, and does not find it")
        kind = RecordKind(item.kind)
        there = record_of(kind, found, MODELS[kind].lines)
        if said := other_amounts(mapped(item), there.data):
            raise ValidationFailed(said)
        return there.origin


def _origin(read: Read, kind: Kind) -> Origin:
    return origin_of(read, RecordKind(kind), MODELS[RecordKind(kind)].lines)


def _is_retained(item: ExportItem) -> bool:
    return any(line["external_id"] == RETAINAGE for line in mapped(item)["lines"])
