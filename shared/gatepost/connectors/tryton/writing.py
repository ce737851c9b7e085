"""Writing a record: what stands around it is read first, then all of it goes with one call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gatepost.connectors.errors import (
    DuplicateFound,
    OutcomeUnknown,
    Permanent,
    ReferenceNotFound,
)
from gatepost.connectors.port import ExportItem
from gatepost.connectors.tryton.books import Books
from gatepost.connectors.tryton.mapping import RETAINAGE, mapped
from gatepost.connectors.tryton.models import JOB, MODELS, PARTY, PURCHASE, PURCHASE_LINE
from gatepost.connectors.tryton.records import jobs_of, marks_on, origin_of
from gatepost.connectors.tryton.rest import Record, Rest, day, decimal, id_from
from gatepost.connectors.tryton.stamps import read_stamp, stamp_of, stamped
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

#: What is no item's, but chosen for it when it is created: a bookkeeper may have chosen better since.
_MADE_UP: Final = frozenset(
    {"company", "type", "state", "invoice_address", "invoice_method", "journal", "account"}
    | {"analytic_accounts"}
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts of supplier invoices, by their codes; empty: what Tryton is set up with."""

    expense: str = ""
    retainage: str = ""


@dataclass(slots=True)
class _Purchase:
    """The purchase that an item changes or bills: itself, and its lines by what they are called."""

    record: Record
    lines: dict[str, Record] = field(default_factory=dict)

    @property
    def jobs(self) -> list[int]:
        return [job for line in self.record["lines"] for job in jobs_of(line)]


class Writing:
    """Creates and changes the records of items."""

    def __init__(self, rest: Rest, books: Books, accounts: Accounts) -> None:
        self._rest, self._books, self._accounts = rest, books, accounts

    def create(self, item: ExportItem) -> Origin:
        model = MODELS[RecordKind(item.kind)]
        values, lines = self._values(item)
        self._is_alone(item, values)
        if lines is None:
            values["note"] = str(stamp_of(item))
        else:
            values["lines"] = [["create", lines]]
        return origin_of(self._rest.create(model.name, values, model.fields))

    def update(self, item: ExportItem, there: Record) -> Origin:
        """Change a record, line by line; a line that somebody has added to it since it is ours stays.

        One of which no line is ours yet (it was imported, or linked) gets the item's lines for its own.

        Raises:
            ConnectorError: one of its closed set.

        """
        model = MODELS[RecordKind(item.kind)]
        if (state := there.get("state")) not in ("draft", "opened"):
            said = f"{origin_of(there).code or there['id']} is {state} in Tryton"
            raise Permanent(f"{said}: take it back to draft there, then retry")
        values, lines = self._values(item)
        if values.get("party") == there.get("party"):
            values = {name: value for name, value in values.items() if name not in _MADE_UP}
        if lines is None:
            values = self._changed_job(item, values, there)
        else:
            is_ours = item.mark in marks_on(there)
            values["lines"] = (_changes if is_ours else _replaced)(there, lines)
        return origin_of(self._rest.write(model.name, there["id"], values, model.fields))

    def _is_alone(self, item: ExportItem, values: Record) -> None:
        """Nothing else has its number, which Tryton would not mind.

        Raises:
            DuplicateFound: something has.
            OutcomeUnknown: its own record has; it was written after it was looked for.

        """
        model = MODELS[RecordKind(item.kind)]
        names = ("parent", "code") if model.name == JOB else ("party", "reference")
        number = values[names[1]]
        domain = [[name, "=", values[name]] for name in names]
        domain += [] if model.name == JOB else [["state", "!=", "cancelled"]]
        found = self._rest.search(model.name, domain, model.fields) if number else []
        for record in found:
            if item.mark in marks_on(record):
                said = f"Tryton has {number} by now, with its mark: record {record['id']}"
                raise OutcomeUnknown(said)
        if found:
            raise DuplicateFound(f"Tryton has {number} already: record {found[0]['id']}")

    def _values(self, item: ExportItem) -> tuple[Record, list[Record] | None]:
        """What Tryton is sent, and the lines of it, if it has any."""
        record = mapped(item)
        if item.kind in (Kind.PROJECT, Kind.SUB_JOB):
            return self._job(record), None
        if item.kind is Kind.COMMITMENT:
            values, job = self._commitment(record)
            lines = [self._line(item, line, job) for line in record["lines"]]
        else:
            purchase = self._purchase(item)
            is_invoice = item.kind is Kind.INVOICE
            values = (self._invoice if is_invoice else self._change_order)(record, purchase)
            make = self._billed if is_invoice else self._changed
            lines = [make(item, line, purchase) for line in record["lines"]]
        return values, [{**line, "sequence": 10 * at} for at, line in enumerate(lines, start=1)]

    def _job(self, record: dict[str, Any]) -> Record:
        root = self._books.root()
        parent = self._existing(JOB, record["parent"], "job") if record["parent"] else None
        return {
            **{name: record[name] for name in ("code", "name")},
            "company": self._books.company(),
            "type": "normal",
            "state": "opened",
            "root": root,
            "parent": parent["id"] if parent else root,
        }

    def _changed_job(self, item: ExportItem, values: Record, there: Record) -> Record:
        """What is another on a job; where a project stands is no item's, and a bookkeeper may move it.

        Once something is charged to a job, Tryton refuses its root, even the same one.
        """
        own = ("code", "name", *(("parent",) if item.kind is Kind.SUB_JOB else ()))
        changed = {name: values[name] for name in own if values[name] != there.get(name)}
        return {**changed, "note": stamped(there.get("note"), stamp_of(item))}

    def _commitment(self, record: dict[str, Any]) -> tuple[Record, int | None]:
        party = self._existing(PARTY, record["party"], "party", "addresses")
        job = self._existing(JOB, record["job"], "job") if record["job"] else None
        values = self._ordered(record, party["id"], next(iter(party["addresses"]), None))
        if record["currency"]:
            values["currency"] = self._books.currency(record["currency"])
        return values, job["id"] if job else None

    def _change_order(self, record: dict[str, Any], purchase: _Purchase) -> Record:
        above = purchase.record
        values = self._ordered(record, above["party"], above["invoice_address"])
        return {
            **values,
            "origin": f"{PURCHASE},{above['id']}",
            "currency": above["currency"]["id"],
        }

    def _ordered(self, record: dict[str, Any], party: int, address: int | None) -> Record:
        return {
            **{name: record[name] for name in ("reference", "description")},
            "company": self._books.company(),
            "party": party,
            "invoice_address": address,
            "invoice_method": "manual",  # invoices come from Gatepost, too: Tryton must make none
        }

    def _invoice(self, record: dict[str, Any], purchase: _Purchase) -> Record:
        above = purchase.record
        fields = ("addresses", "account_payable")
        party = self._existing(PARTY, str(above["party"]), "party", *fields)
        address = above["invoice_address"] or next(iter(party["addresses"]), None)
        if address is None:
            raise ReferenceNotFound(f"the party {above['party']} has no address in Tryton")
        payable = party["account_payable"]
        dates = {name: record[name] for name in ("invoice_date", "accounting_date")}
        return {
            **{name: record[name] for name in ("reference", "description")},
            **{name: day(date) for name, date in dates.items() if date},
            "type": "in",
            "company": self._books.company(),
            "journal": self._books.journal(),
            "party": above["party"],
            "invoice_address": address,
            "account": payable or self._books.default_account("default_account_payable"),
            "currency": above["currency"]["id"],
        }

    def _changed(self, item: ExportItem, line: dict[str, Any], purchase: _Purchase) -> Record:
        """A line of a change order, charged as the purchase is."""
        return self._line(item, line, *purchase.jobs[:1])

    def _billed(self, item: ExportItem, line: dict[str, Any], purchase: _Purchase) -> Record:
        """A line of a supplier invoice, charged as the line it bills is; what is retained is no cost."""
        name = line["external_id"]
        ours = name.startswith("+")
        ordered = purchase.lines.get(name)
        if ordered is None and not ours:
            raise ReferenceNotFound(f"the purchase has no line {name} in Tryton")
        jobs = jobs_of(ordered) if ordered else [] if name == RETAINAGE else purchase.jobs
        values = self._line(item, line, *jobs[:1])
        values |= {"company": self._books.company(), "currency": purchase.record["currency"]["id"]}
        values |= {"invoice_type": "in", "account": self._charged(name)}
        if ordered:
            values["origin"] = f"{PURCHASE_LINE},{ordered['id']}"
        return values

    def _charged(self, line: str) -> int:
        """The account of a line of a supplier invoice."""
        code = self._accounts.retainage if line == RETAINAGE else self._accounts.expense
        if code:
            return self._books.account(code)
        return self._books.default_account("default_category_account_expense")

    def _line(self, item: ExportItem, line: dict[str, Any], job: int | None = None) -> Record:
        found: Record = {
            "type": "line",
            "description": line["description"],
            "quantity": float(line["quantity"]),
            "unit_price": decimal(line["unit_price"]),
            "note": str(stamp_of(item, line["external_id"])),
        }
        if job is not None:
            entry = {"root": self._books.root(), "account": job}
            found["analytic_accounts"] = [["create", [entry]]]
        return found

    def _purchase(self, item: ExportItem) -> _Purchase:
        """The purchase above an item, with its lines and those of its change orders."""
        id = id_from(item.parent_origin.id if item.parent_origin else None)
        domain = ["OR", ["id", "=", id], ["origin", "=", f"{PURCHASE},{id}"]]
        self._books.open()
        found = self._rest.search(PURCHASE, domain, MODELS[RecordKind.COMMITMENT].fields)
        own = next((each for each in found if each["id"] == id), None)
        if own is None:
            raise ReferenceNotFound(f"Tryton has no purchase {id}")
        purchase = _Purchase(own)
        for line in (line for record in [*found, own] for line in record["lines"]):
            if stamp := read_stamp(line["note"]):
                purchase.lines[stamp.line] = line  # its own come last: they are meant
        return purchase

    def _existing(self, model: str, id: str | None, what: str, *fields: str) -> Record:
        self._books.open()
        found = self._rest.search(model, [["id", "=", id_from(id)]], ["id", *fields], limit=1)
        if not found:
            raise ReferenceNotFound(f"Tryton has no {what} {id or 'for it'}")
        return found[0]


def _changes(there: Record, lines: Sequence[Record]) -> list[Any]:
    """What becomes of the lines: each that is there is changed, others are new, the rest goes."""
    stamps = [(read_stamp(line["note"]), line) for line in there["lines"]]
    ours = {stamp.line: line["id"] for stamp, line in stamps if stamp}
    changes: list[Any] = []
    for line in lines:
        stamp = read_stamp(line["note"])
        id = ours.pop(stamp.line, None) if stamp else None
        if id is None:
            changes.append(["create", [line]])
        else:
            kept = {name: value for name, value in line.items() if name not in _MADE_UP}
            changes.append(["write", [id], kept])
    if ours:
        changes.append(["delete", list(ours.values())])
    return changes


def _replaced(there: Record, lines: Sequence[Record]) -> list[Any]:
    """All lines that are there go, as they would stand beside what was previewed."""
    gone = [line["id"] for line in there["lines"]]
    return [*([["delete", gone]] if gone else []), ["create", list(lines)]]
