"""The tables of a company file: names that are unique, references that must be there, lines."""

import copy
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from lxml import etree

_LISTS: Final = ("Customer", "Vendor")
_LINES: Final = ("PurchaseOrderLineRet", "ItemLineRet", "ExpenseLineRet")
Record = Any  # an element; lxml has no types


class Refused(Exception):
    """A request that is not done; below 1000 it is merely a warning."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Tables:
    """What stands in the books."""

    def __init__(self) -> None:
        self.items: set[str] = set()
        self.accounts: set[str] = set()
        self._records: dict[str, Record] = {}
        self._number = 0

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def of(self, name: str) -> list[Record]:
        return [each for each in self._records.values() if each.tag == f"{name}Ret"]

    def record(self, record_id: str) -> Record:
        return self._records[record_id]

    def remove(self, record_id: str) -> None:
        del self._records[record_id]

    def enter(self, name: str, **values: str) -> str:
        """A record by hand; gives its id."""
        element = etree.Element(f"{name}Add")
        for each, value in values.items():
            etree.SubElement(element, each).text = value
        return id_of(self.write(f"{name}Add", element))

    def stamp(self, record: Record) -> None:
        self.put(record, "EditSequence", str(1_600_000_000 + self.next_number()))

    def put(self, record: Record, name: str, value: str) -> None:
        found = record.find(name)
        if found is None:
            found = etree.SubElement(record, name)
        found.text = value

    def write(self, name: str, element: Record) -> Record:
        """Do a change; gives the record as it is then.

        Raises:
            Refused: it cannot be done.

        """
        self._check_references(element)
        table = name[:-3]
        is_new = name.endswith("Add")
        record = self._new(table, element) if is_new else self._changed(element)
        if table in _LISTS:
            self._name(record)
        self.stamp(record)
        self._records[id_of(record)] = record
        return record

    def asked_for(self, name: str, request: Record) -> list[Record]:
        """The records a question means.

        Raises:
            Refused: the very record that was asked for is not there.

        """
        records = self.of(name)
        for field in ("ListID", "TxnID"):
            if wanted := request.findtext(field):
                if not wanted[0].isdigit():
                    raise Refused(3000, f'The given object ID "{wanted}" is invalid.')
                return self._that_one(wanted, [each for each in records if id_of(each) == wanted])
        if wanted := request.findtext("FullName"):
            same = [each for each in records if _same(each.findtext("FullName"), wanted)]
            return self._that_one(wanted, same)
        if wanted := request.findtext("RefNumber"):
            return [each for each in records if _same(each.findtext("RefNumber"), wanted)]
        words = request.findtext("NameFilter/Name") or request.findtext("RefNumberFilter/RefNumber")
        field = "Name" if name in _LISTS else "RefNumber"
        having = (words or "").lower()
        return [each for each in records if having in (each.findtext(field) or "").lower()]

    def _that_one(self, wanted: str, found: list[Record]) -> list[Record]:
        if not found:
            raise Refused(500, f'"{wanted}" could not be found in QuickBooks.')
        return found

    def _new(self, table: str, element: Record) -> Record:
        record = etree.Element(f"{table}Ret")
        number = self.next_number()
        id_name = "ListID" if table in _LISTS else "TxnID"
        new_id = (
            f"80{number:06X}-{1_600_000_000 + number}"
            if table in _LISTS
            else f"1{number:X}-{number}"
        )
        etree.SubElement(record, id_name).text = new_id
        for child in element:
            self._copy(record, child)
        if table == "Bill":
            self._link(record)
        return record

    def _changed(self, element: Record) -> Record:
        wanted = element[0].text
        if wanted not in self._records:
            raise Refused(3120, f'Object "{wanted}" specified in the request cannot be found.')
        record = copy.deepcopy(self._records[wanted])
        if record.findtext("EditSequence") != element[1].text:
            raise Refused(3200, "The provided edit sequence is out-of-date.")
        lines = {
            each.findtext("TxnLineID"): each for each in record.findall("PurchaseOrderLineRet")
        }
        if element.find("PurchaseOrderLineMod") is not None:
            for line in lines.values():
                record.remove(line)
        for child in element[2:]:
            if child.tag == "PurchaseOrderLineMod":
                self._change_line(record, lines, child)
                continue
            for old in record.findall(child.tag):
                record.remove(old)
            self._copy(record, child)
        return record

    def _change_line(self, record: Record, lines: dict[Any, Record], line: Record) -> None:
        line_id = line[0].text
        if line_id == "-1":
            self._copy(record, line, "PurchaseOrderLineRet", skip=1)
            return
        if line_id not in lines:
            raise Refused(3120, f'Line "{line_id}" cannot be found.')
        kept = lines[line_id]
        for child in line[1:]:
            for old in kept.findall(child.tag):
                kept.remove(old)
            kept.append(self._named(copy.deepcopy(child)))
        record.append(kept)

    def _copy(self, record: Record, child: Record, tag: str = "", skip: int = 0) -> None:
        """A child of a request as it is given back: lines with ids, references with names."""
        is_line = child.tag.endswith(("LineAdd", "LineMod"))
        below = etree.SubElement(record, tag or child.tag.replace("LineAdd", "LineRet"))
        if not is_line:
            below.text = child.text
            for each in child:
                below.append(copy.deepcopy(each))
            self._named(below)
            return
        etree.SubElement(below, "TxnLineID").text = f"{self.next_number():X}-L"
        for each in child[skip:]:
            below.append(self._named(copy.deepcopy(each)))

    def _named(self, element: Record) -> Record:
        """References are given back with id and name."""
        if element.tag.endswith("Ref") and (known := element.findtext("ListID")):
            for old in element.findall("FullName"):
                element.remove(old)
            record = self._records[known]
            name = record.findtext("FullName") or record.findtext("Name")
            etree.SubElement(element, "FullName").text = name
        return element

    def _name(self, record: Record) -> None:
        """A full name, unique whatever its case."""
        parent = self._records.get(record.findtext("ParentRef/ListID") or "")
        above = parent.findtext("FullName") if parent is not None else ""
        full = f"{above}:{record.findtext('Name')}" if above else str(record.findtext("Name"))
        for each in self.of("Customer") + self.of("Vendor"):
            if _same(each.findtext("FullName"), full) and id_of(each) != id_of(record):
                raise Refused(3100, f'The name "{full}" of the list element is already in use.')
        self.put(record, "FullName", full)
        self.put(record, "Sublevel", str(full.count(":")))

    def _check_references(self, element: Record) -> None:
        for each in element.iter():
            listed, full = each.findtext("ListID"), each.findtext("FullName")
            missing = (
                (
                    each.tag in ("ParentRef", "VendorRef", "CustomerRef")
                    and listed not in self._records
                )
                or (each.tag == "ItemRef" and full not in self.items)
                or (each.tag == "AccountRef" and full not in self.accounts)
            )
            if missing:
                named = f'"{listed or full}" in the {each.tag[:-3]}'
                raise Refused(3140, f"There is an invalid reference to QuickBooks {named}.")

    def _link(self, bill: Record) -> None:
        """A bill's lines take their items from the purchase order they are linked to."""
        for line in bill.findall("ItemLineRet"):
            link = line.find("LinkToTxn")
            order = self._records.get(link.findtext("TxnID")) if link is not None else None
            lines = order.findall("PurchaseOrderLineRet") if order is not None else []
            billed = [
                each for each in lines if each.findtext("TxnLineID") == link.findtext("TxnLineID")
            ]
            if not billed:
                raise Refused(3140, "There is an invalid reference to a linked transaction.")
            line.remove(link)
            line.append(copy.deepcopy(billed[0].find("ItemRef")))
            if bill.find("LinkedTxn") is None:
                linked = etree.SubElement(bill, "LinkedTxn")
                etree.SubElement(linked, "TxnID").text = id_of(order)
                etree.SubElement(linked, "TxnType").text = "PurchaseOrder"


def id_of(record: Record) -> str:
    return str(record.findtext("ListID") or record.findtext("TxnID"))


def copied(
    record: Record, *, only: Sequence[str | None] = (), lines: bool = True, linked: bool = True
) -> Record:
    """A record as it is handed out: what was asked for, and no more."""
    found = copy.deepcopy(record)
    for child in list(found):
        left_out = (child.tag in _LINES and not lines) or (child.tag == "LinkedTxn" and not linked)
        if left_out or (only and child.tag not in only):
            found.remove(child)
    return found


def described(record: Record) -> dict[str, Any]:
    """A record as a document: lines in a list, references by name."""
    found: dict[str, Any] = {}
    for child in record:
        if child.tag in _LINES:
            found.setdefault("lines", []).append(described(child))
        elif child.tag.endswith("Ref"):
            found[child.tag] = child.findtext("FullName")
        else:
            found[child.tag] = described(child) if len(child) else child.text
    if "lines" in found:
        found["total"] = str(sum(Decimal(line.get("Amount") or 0) for line in found["lines"]))
    return found


def _same(one: str | None, other: str) -> bool:
    return (one or "").lower() == other.lower()
