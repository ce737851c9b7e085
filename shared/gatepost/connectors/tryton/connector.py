"""The connector for Tryton, from 8.2 on, over its REST API.

Tryton promises nothing about a repeated write, and a call whose caller has given up goes on. So an
item's mark is written into the note of its record, and before anything is created it is looked for,
by one thread at a time for each mark and each number.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from pydantic import Field, SecretStr

from gatepost.connectors.errors import OutcomeUnknown, ReferenceNotFound, Unsupported
from gatepost.connectors.http import HttpClient
from gatepost.connectors.port import (
    ConnectorConfig,
    ErpRecord,
    ExportItem,
    Found,
    RecordPage,
    Safety,
)
from gatepost.connectors.profile import Profile, load_profile
from gatepost.connectors.tryton.books import Books
from gatepost.connectors.tryton.mapping import RETAINAGE, mapped, number_of
from gatepost.connectors.tryton.models import JOB, MODELS, PARTY, PURCHASE, PURCHASE_LINE, Model
from gatepost.connectors.tryton.records import origin_id, origin_of, record_of, stamps_on
from gatepost.connectors.tryton.rest import PAGE, Domain, Record, Rest, holding, id_from
from gatepost.connectors.tryton.stamps import stamped_with
from gatepost.connectors.tryton.writing import Accounts, Writing
from gatepost.connectors.turns import Turns
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

KEEPER: Final = "whoever keeps the connection"


class TrytonConfig(ConnectorConfig):
    """Options of a connection to Tryton."""

    url: str = Field(description="where the server listens")
    database: str = Field(description="the name of its database")
    api_key: SecretStr = Field(description="the key of a user application for the REST API")
    company: str = Field(default="", description="the company's name, where there are several")
    jobs: str = Field(
        default="",
        description="code or name of the analytic root for jobs, where there are several",
    )
    expense_account: str = Field(
        default="", description="the code of the account that is billed on; Tryton's default"
    )
    retainage_account: str = Field(
        default="", description="the code of the account that retainage is taken off on"
    )


class TrytonConnector:
    """Writes items into a company's books in Tryton."""

    name: ClassVar[str] = "tryton"
    config_model: ClassVar[type[ConnectorConfig]] = TrytonConfig
    profile: ClassVar[Profile] = load_profile("tryton")
    safety: ClassVar[Safety] = Safety.FIND_FIRST

    def __init__(self, config: TrytonConfig) -> None:
        key = {"Authorization": f"Bearer {config.api_key.get_secret_value()}"}
        self._http = HttpClient(config.url, timeout=config.timeout, headers=key)
        self._rest = Rest(self._http, config.database)
        self._books = Books(self._rest, config.company, config.jobs)
        self._accounts = Accounts(config.expense_account, config.retainage_account)
        self._writing = Writing(self._rest, self._books, self._accounts)
        self._turns = Turns()

    def check(self) -> str:
        company = self._books.open()
        self._books.root()
        for code in filter(None, (self._accounts.expense, self._accounts.retainage)):
            self._books.account(code)
        return f"Tryton answers for {company}"

    def validate(self, item: ExportItem) -> Sequence[FieldProblem]:
        if item.kind is Kind.INVOICE and _retains(item) and not self._accounts.retainage:
            said = "the invoice has retainage, and the connection names no account for it"
            return [FieldProblem("content.retainage", "retainage_account", said, KEEPER)]
        return []

    def preview(self, item: ExportItem) -> dict[str, Any]:
        return mapped(item)

    def find(self, mark: str, kind: Kind) -> Sequence[Origin]:
        return [origin_of(record) for record in self._marked(mark, kind)]

    def create(self, item: ExportItem) -> Origin:
        # By the number alone: whose it is, is known of some kinds only once Tryton was asked.
        with self._turns.of(item.mark, number_of(item)):
            there = self._the_one(item)
            if there is None:
                return self._writing.create(item)
            if _is_current(item, there):
                return origin_of(there)
            return self._writing.update(item, there)

    def update(self, item: ExportItem) -> Origin:
        assert item.origin is not None, "only what has a record can be updated"  # noqa: S101 - the port's own contract
        with self._turns.of(item.mark):
            there = self._by_id(RecordKind(item.kind), item.origin.id)
            if there is None:
                said = f"Tryton has no {item.kind.words} {item.origin.id} any more"
                raise ReferenceNotFound(said)
            return self._writing.update(item, there)

    def resolve(self, item: ExportItem) -> Found | None:
        there = self._the_one(item)
        return Found(origin_of(there), _is_current(item, there)) if there else None

    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        if kind not in self.profile.listable:
            raise Unsupported(f"Tryton lists no {kind.words}s")
        model = MODELS[kind]
        words: Domain = [[field, "ilike", holding(search)] for field in model.searched]
        domain = [["id", ">", int(cursor or 0)], ["OR", *words] if search else []]
        found = self._of_kind(kind, domain, PAGE)
        return RecordPage(
            tuple(self._read(kind, found)), str(found[-1]["id"]) if len(found) == PAGE else None
        )

    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        record = self._by_id(kind, origin_id) if kind in MODELS else None
        return next(self._read(kind, [record])) if record else None

    def close(self) -> None:
        self._http.close()

    # --- looking ---------------------------------------------------------------------------------

    def _the_one(self, item: ExportItem) -> Record | None:
        """The record with an item's mark.

        Raises:
            OutcomeUnknown: several have it; somebody has copied one in Tryton.

        """
        found = self._marked(item.mark, item.kind)
        if len(found) > 1:
            ids = ", ".join(str(record["id"]) for record in found)
            raise OutcomeUnknown(f"Tryton has several records with its mark: {ids}")
        return found[0] if found else None

    def _marked(self, mark: str, kind: Kind) -> list[Record]:
        model = MODELS[RecordKind(kind)]
        self._books.open()
        domain = [[model.note, "like", stamped_with(mark)], *_even_inactive(model)]
        return self._rest.search(model.name, domain, model.fields)

    def _by_id(self, kind: RecordKind, id: str) -> Record | None:
        found = self._of_kind(kind, [["id", "=", id_from(id)], *_even_inactive(MODELS[kind])])
        return found[0] if found else None

    def _of_kind(self, kind: RecordKind, domain: Domain, limit: int = PAGE) -> list[Record]:
        model = MODELS[kind]
        company = self._books.company()
        own = [["company", "=", company]] if model.name != PARTY else []
        return self._rest.search(model.name, [*model.which, *own, *domain], model.fields, limit)

    def _read(self, kind: RecordKind, records: Sequence[Record]) -> Iterator[ErpRecord]:
        """Records as Gatepost keeps them; the purchases of supplier invoices cost one call more."""
        billed = self._billed(records) if kind is RecordKind.INVOICE else {}
        for record in records:
            yield record_of(kind, record, billed.get(record["id"]))

    def _billed(self, invoices: Sequence[Record]) -> dict[int, int]:
        """The purchase that each supplier invoice bills, if any."""
        lines = {
            invoice["id"]: id
            for invoice in invoices
            for line in invoice["lines"]
            if (id := origin_id(line.get("origin"), PURCHASE_LINE))
        }
        domain = [["id", "in", list(lines.values())]]
        fields = ["purchase.id", "purchase.origin"]
        found = self._rest.search(PURCHASE_LINE, domain, fields) if lines else []
        purchases = {line["id"]: _billed_purchase(line["purchase"]) for line in found}
        return {invoice: purchases[line] for invoice, line in lines.items() if line in purchases}


def _even_inactive(model: Model) -> Domain:
    """Tryton leaves out what somebody has deactivated, where it is not asked for."""
    return [["active", "in", [True, False]]] if model.name in (JOB, PARTY) else []


def _billed_purchase(purchase: Record) -> int:
    """The commitment's: a line of a change order leads to it."""
    return origin_id(purchase.get("origin"), PURCHASE) or int(purchase["id"])


def _is_current(item: ExportItem, there: Record) -> bool:
    return stamps_on(there) == {(item.mark, item.revision)}


def _retains(item: ExportItem) -> bool:
    return any(line["external_id"] == RETAINAGE for line in mapped(item)["lines"])
