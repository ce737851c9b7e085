"""The connector for QuickBooks Desktop, which calls in through its Web Connector.

A write is made safe in three ways, none of which trusts the others: an item's mark stands in the
record, so it is found again; a record of the same name or number is looked for before one is
written; and QuickBooks keeps the answer of the last write under an id made of the item's key.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final, Self

from pydantic import Field

from gatepost.connectors.errors import Unsupported
from gatepost.connectors.port import (
    ConnectorConfig,
    ErpRecord,
    ExportItem,
    Found,
    Post,
    RecordPage,
    Safety,
)
from gatepost.connectors.profile import SENDER, Profile, load_profile
from gatepost.connectors.quickbooks import bills
from gatepost.connectors.quickbooks.asking import PAGE, Asking
from gatepost.connectors.quickbooks.finding import Finding, query_of
from gatepost.connectors.quickbooks.mapping import mapped
from gatepost.connectors.quickbooks.models import NamesWith, NumbersWith
from gatepost.connectors.quickbooks.records import change_record, parts_of, record_of
from gatepost.connectors.quickbooks.writing import Writing
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

KEEPER: Final = "whoever keeps the connection"


class QuickBooksConfig(ConnectorConfig):
    """Options of a connection to QuickBooks Desktop."""

    company_file: str = Field(
        default="", description="the only company file that is written to: its name or whole path"
    )
    retainage_account: str = Field(
        default="", description="the account that retainage is taken off on, by its full name"
    )
    password_salt: str = Field(
        default="", description="change it to make the Web Connector's password another one"
    )
    timeout: float = Field(
        default=120.0, gt=0, description="seconds QuickBooks has for all of one write"
    )


class QuickBooksConnector:
    """Writes items into a company file, when QuickBooks calls."""

    name: ClassVar[str] = "quickbooks_desktop"
    config_model: ClassVar[type[ConnectorConfig]] = QuickBooksConfig
    profile: ClassVar[Profile] = load_profile("quickbooks_desktop")
    safety: ClassVar[Safety] = Safety.FIND_FIRST

    def __init__(self, config: QuickBooksConfig, post: Post | None = None) -> None:
        self._config = config
        self._asking = Asking(post, config.company_file)
        self._finding = Finding(self._asking)
        self._writing = Writing(self._asking, self._finding, config.retainage_account)

    def over(self, post: Post) -> Self:
        return type(self)(self._config, post)

    def check(self) -> str:
        return f"QuickBooks Desktop answers for {self._asking.company()}"

    def validate(self, item: ExportItem) -> Sequence[FieldProblem]:
        record = mapped(item, self._config.retainage_account)
        found = [
            FieldProblem(_field(each.place, item.kind), each.rule, each.message, SENDER)
            for each in record.objections()
        ]
        if (
            item.kind is Kind.CHANGE_ORDER
        ):  # its number stands in no field, and is kept short all the same
            found += self._number_problems(item)
        if item.kind is Kind.INVOICE:
            found += bills.objections(item)
        if item.kind is Kind.INVOICE and _lacks_account(record):
            said = "the invoice has retainage, and the connection names no account for it"
            found.append(FieldProblem("content.retainage", "retainage_account", said, KEEPER))
        return found

    def _number_problems(self, item: ExportItem) -> Iterator[FieldProblem]:
        limit = self.profile.kinds[item.kind].limits["number"]
        if len(item.number) > limit:
            said = f"number has {len(item.number)} characters; {self.profile.title} takes at most {limit}"
            yield FieldProblem("number", "max_length", said, SENDER)

    def preview(self, item: ExportItem) -> dict[str, Any]:
        return mapped(item, self._config.retainage_account).told()

    def find(self, mark: str, kind: Kind) -> Sequence[Origin]:
        return [Origin(found) for found in self._finding.marked(mark, kind)]

    def create(self, item: ExportItem) -> Origin:
        return self._writing.create(item)

    def update(self, item: ExportItem) -> Origin:
        return self._writing.update(item)

    def resolve(self, item: ExportItem) -> Found | None:
        return self._finding.resolve(item)

    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        if kind not in self.profile.listable:
            raise Unsupported(f"QuickBooks Desktop lists no {kind.words}s")
        request, make = query_of(kind)
        of_list = kind in (RecordKind.CUSTOMER, RecordKind.VENDOR, *_JOBS)
        wanted: dict[str, Any] = (
            {"ActiveStatus": "All"} if of_list else {"IncludeLineItems": "true"}
        )
        if kind is RecordKind.INVOICE:
            wanted["IncludeLinkedTxns"] = "true"
        if search and of_list:
            wanted["NameFilter"] = NamesWith(Name=search)
        elif search:
            wanted["RefNumberFilter"] = NumbersWith(RefNumber=search)
        query = make(MaxReturned=str(PAGE), **wanted)
        # An iterator is forgotten when QuickBooks hangs up: then the list is read from its beginning.
        answer = self._asking.page(request, query, cursor or "")
        answer = answer or self._asking.page(request, query, "")
        assert answer is not None, "a list can always be begun"  # noqa: S101
        found = [record_of(kind, record) for record in answer.records]
        records = tuple(record for record in found if record is not None)
        return RecordPage(records, answer.iterator if answer.remaining else None)

    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        if kind is RecordKind.CHANGE_ORDER:
            order_id, mark = parts_of(origin_id)
            order = self._finding.by_id(RecordKind.COMMITMENT, order_id)
            return change_record(order, mark) if order is not None and mark else None
        record = self._finding.by_id(kind, origin_id)
        return record_of(kind, record) if record is not None else None

    def close(self) -> None:
        """Nothing is held open: QuickBooks hangs up."""


_JOBS: Final = (RecordKind.PROJECT, RecordKind.SUB_JOB)
_FIELDS: Final = {"RefNumber": "number", "Name": "content.name", "Memo": "title"}


def _field(place: str, kind: Kind) -> str:
    """What the sender calls it, where that is not how QuickBooks does."""
    if place == "AccountNumber":
        return "content.code" if kind is Kind.SUB_JOB else "number"
    return _FIELDS.get(place, place)


def _lacks_account(record: Any) -> bool:  # noqa: ANN401 - a bill
    return any(line.AccountRef is None for line in record.ExpenseLineAdd)
