"""How a record is made out of what was posted."""

from typing import Any, Final

from gatepost_sandbox.kinds import Kind
from gatepost_sandbox.refusals import NotReadable, TooLong

Record = dict[str, Any]
Line = dict[str, Any]

NUMBER_LIMIT: Final = 30

#: Written by the ERP alone: what a body says about them does not count.
_OWN: Final = frozenset({"id", "kind", "version", "created_at", "updated_at", "last_line"})


def entered(kind: Kind, record_id: str, body: Record, at: str) -> Record:
    """A new record; without a number of its own it goes by its id."""
    record: Record = {"id": record_id, "kind": kind.value, "version": 1}
    record |= {"reference": None, "mark": None, "number": None, "parent": None, "lines": []}
    record |= _content(body)
    record["number"] = _number(record["number"]) or record_id
    if record["reference"] is None:
        record["reference"] = record["number"]
    _number_lines(record, earlier=[], last=0)
    return record | {"created_at": at, "updated_at": at}


def amended(record: Record, body: Record, at: str) -> Record:
    """The record with what the body names changed; lines that were there keep their ids."""
    changed = record | _content(body)
    changed["number"] = _number(changed["number"]) or record["id"]
    _number_lines(changed, earlier=record["lines"], last=record["last_line"])
    return changed | {"version": record["version"] + 1, "updated_at": at}


def receipt(record: Record) -> Record:
    """What the ERP answers to a write."""
    lines = [{"external_id": line.get("external_id"), "id": line["id"]} for line in record["lines"]]
    answer = {name: record[name] for name in ("id", "number", "version")}
    return answer | {"lines": lines}


def _content(body: Record) -> Record:
    content = {name: value for name, value in body.items() if name not in _OWN}
    lines = content.get("lines", [])
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise NotReadable("lines must be a list of objects")
    return content


def _number(number: object) -> str:
    text = "" if number is None else str(number)
    if len(text) > NUMBER_LIMIT:
        detail = f"number has {len(text)} characters, the column holds {NUMBER_LIMIT}"
        raise TooLong(detail)
    return text


def _number_lines(record: Record, earlier: list[Line], last: int) -> None:
    """Give every line an id; an id is never given twice, even when its line was taken out."""
    known = {line["external_id"]: line["id"] for line in earlier if line.get("external_id")}
    lines = []
    for line in record["lines"]:
        # Taken out of what is known: were an external id there twice, the second is a new line.
        line_id = known.pop(line.get("external_id"), None)
        if line_id is None:
            last += 1
            line_id = f"{record['id']}-{last}"
        lines.append(line | {"id": line_id})
    record["lines"], record["last_line"] = lines, last
