"""Finding what is in Odoo already: by id, by a word, by the names records were loaded under."""

from collections.abc import Sequence

from gatepost.connectors.errors import OutcomeUnknown
from gatepost.connectors.odoo.books import Books
from gatepost.connectors.odoo.calling import PAGE, Domain, Odoo
from gatepost.connectors.odoo.models import (
    BILL_LINE,
    BILL_LINES,
    JOB,
    MODELS,
    NAMES,
    ORDER_LINES,
    Lines,
)
from gatepost.connectors.odoo.names import MODULE, Name, below, read_name
from gatepost.connectors.odoo.records import (
    Line,
    Read,
    charged_to,
    counting,
    id_in,
    parts_of,
    project_code,
)
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.kinds import Kind

_MOST_LINES = 5000  # of the records of one page


class Finding:
    """What can be found in one company's books."""

    def __init__(self, odoo: Odoo, books: Books) -> None:
        self._odoo, self._books = odoo, books

    def may_read_names(self) -> None:
        """Pass, or say that the key's user may not: Odoo shows external ids to few.

        Raises:
            ConfigurationError: they may not.

        """
        self._odoo.search(NAMES, [["module", "=", MODULE]], ["name"], limit=1)

    def ids_named(self, name: Name) -> dict[Name, int]:
        """The ids of a record and of its lines, by what they are called."""
        self._books.open()
        domain: Domain = [
            *(["module", "=", MODULE], "|", ["name", "=", str(name)]),
            ["name", "=like", below(name)],
        ]
        found = self._odoo.search(NAMES, domain, ["name", "res_id"], limit=_MOST_LINES)
        named = ((read_name(each["name"]), int(each["res_id"])) for each in found)
        return {name: id for name, id in named if name}

    def marked(self, mark: str, kind: Kind) -> Read | None:
        """The record with an item's mark, with its lines.

        Raises:
            OutcomeUnknown: its lines are in several records; somebody has moved them.

        """
        name, record_kind = Name(kind, mark), RecordKind(kind)
        ids = self.ids_named(name)
        if kind is Kind.CHANGE_ORDER:
            lines = self._lines_of(record_kind)
            domain = [["id", "in", list(ids.values())]]
            found = self._odoo.search(lines.model, domain, [lines.above]) if ids else []
            above = {id for each in found if (id := id_in(each[lines.above]))}
            if len(above) > 1:
                said = ", ".join(map(str, sorted(above)))
                raise OutcomeUnknown(f"several purchase orders of Odoo have its lines: {said}")
            id = next(iter(above), None)
        else:
            id = ids.get(name)
        found_there = self.of_kind(record_kind, [["id", "=", id]]) if id else []
        if not found_there:
            return None
        read = found_there[0]
        read.name = name
        return read

    def by_id(self, kind: RecordKind, origin_id: str) -> Read | None:
        """The record with that id, whatever it is called."""
        id, mark = parts_of(origin_id)
        number = int(id) if id.isascii() and id.isdecimal() and len(id) <= 9 else -1
        found = self.of_kind(kind, [["id", "=", number]])
        if kind is not RecordKind.CHANGE_ORDER:
            return found[0] if found else None
        name = Name(Kind.CHANGE_ORDER, mark)
        if not found or not any(line.name and line.name.mark == mark for line in found[0].lines):
            return None
        found[0].name = name
        return found[0]

    def of_kind(self, kind: RecordKind, domain: Domain, limit: int = PAGE) -> list[Read]:
        """Records of a kind with their lines and names: set-wise, a call for each model."""
        model = MODELS[kind]
        company = self._books.company()
        own = [["company_id", "=", company]] if model.company else []
        domain = [*model.which, *own, *domain]
        found = self._odoo.search(model.name, domain, list(model.fields), limit)
        reads = {int(each["id"]): Read(each) for each in found}
        for id, names in self._names(model.name, reads).items():
            reads[id].name = next((name for name in names if name.kind == kind.item_kind), None)
        if model.lines and reads:
            self._add_lines(model.lines, reads)
        self._add_parents(kind, list(reads.values()))
        return list(reads.values())

    def _add_lines(self, shape: Lines, reads: dict[int, Read]) -> None:
        domain: Domain = [[shape.above, "in", list(reads)]]
        if shape.model == BILL_LINE:
            domain.append(["display_type", "=", "product"])  # the others are what is booked for it
        found = self._odoo.search(shape.model, domain, list(shape.fields), _MOST_LINES)
        lines = {int(each["id"]): Line(each) for each in found}
        for id, names in self._names(shape.model, lines).items():
            lines[id].name = next(iter(names), None)
        for line in lines.values():
            above = id_in(line.record[shape.above])
            if above in reads:
                reads[above].lines.append(line)

    def _add_parents(self, kind: RecordKind, reads: Sequence[Read]) -> None:
        match kind:
            case RecordKind.SUB_JOB:
                codes = {project_code(read.record["code"]): read for read in reads}
                domain = [["code", "in", list(codes)]]
                found = self._odoo.search(JOB, domain, ["code"], _MOST_LINES) if codes else []
                projects = {each["code"]: int(each["id"]) for each in found}
                for read in reads:
                    read.parent = projects.get(project_code(read.record["code"]))
            case RecordKind.COMMITMENT:
                for read in reads:
                    charged = (charged_to(line.record) for line in counting(read, ORDER_LINES))
                    read.parent = next(filter(None, charged), None)
            case RecordKind.CHANGE_ORDER:
                for read in reads:
                    read.parent = int(read.record["id"])
            case RecordKind.INVOICE:
                for read in reads:
                    lines = counting(read, BILL_LINES)
                    billed = (id_in(line.record["purchase_order_id"]) for line in lines)
                    read.parent = next(filter(None, billed), None)

    def _names(self, model: str, ids: dict[int, Read] | dict[int, Line]) -> dict[int, list[Name]]:
        if not ids:
            return {}
        domain = [["module", "=", MODULE], ["model", "=", model], ["res_id", "in", list(ids)]]
        found = self._odoo.search(NAMES, domain, ["name", "res_id"], _MOST_LINES)
        names: dict[int, list[Name]] = {}
        for each in found:
            if name := read_name(each["name"]):
                names.setdefault(int(each["res_id"]), []).append(name)
        return names

    def _lines_of(self, kind: RecordKind) -> Lines:
        lines = MODELS[kind].lines
        assert lines is not None, "whatever has a parent's lines has lines"  # noqa: S101 - of MODELS
        return lines
