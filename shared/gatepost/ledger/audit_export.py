"""An export of the audit chain for an auditor: JSON lines, which can be verified without us.

The first line says what the export is; then each seal is followed by the rows it lists, in their
order; rows that wait for their seal come last, with ``"seal": null``. Only whole seals are exported,
for a part of one could not be verified.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from gatepost.domain.errors import GatepostError
from gatepost.ledger.audit import ZERO, Break, Document, Seal, Verdict, Walk, as_document
from gatepost.ledger.audit_reading import rows_of, seals
from gatepost.ledger.database import Database
from gatepost.ledger.statements.sealing import unsealed
from gatepost.ledger.tables import history_seals

FORM: Final = "gatepost.audit.v1"
_SEAL: Final = TypeAdapter(Seal)


class NotAnExport(GatepostError):
    """The file is no export, or a line of it cannot be read; the line is named."""


@dataclass(frozen=True, slots=True)
class Span:
    """The rows between two moments; None leaves an end open."""

    since: datetime | None = None
    until: datetime | None = None


def export(database: Database, company: str, span: Span) -> Iterator[Document]:
    """The lines of an export, from the first to the last seal that has a row within the span."""
    with database.reading() as connection:
        first, last = _reach(connection, company, span)
    yield {
        "form": FORM,
        "company": company,
        "since": span.since.isoformat() if span.since else None,
        "until": span.until.isoformat() if span.until else None,
        "seals": max(0, last - first + 1),
    }
    after = first - 1
    while after < last:
        with database.reading() as connection:
            page = seals(connection, company, after, last)
            for seal in page:
                yield {"seal": seal.document}
                rows = rows_of(connection, seal)
                present = (rows[row_id] for row_id in seal.ids if row_id in rows)
                yield from ({"history": row, "seal": seal.seq} for row in present)
        if not page:
            break  # a seal is missing: verifying the file will say which
        after = page[-1].seq
    if span.until is None:
        with database.reading() as connection:
            last_rows = map(as_document, unsealed(connection, company))
            yield from ({"history": row, "seal": None} for row in last_rows)


def _reach(connection: sa.Connection, company: str, span: Span) -> tuple[int, int]:
    """The first and the last seal of a span; the last is before the first where there is none."""
    chosen = history_seals.c.company == company
    if span.since:
        chosen &= history_seals.c.last_at >= span.since
    if span.until:
        chosen &= history_seals.c.first_at < span.until
    ends = sa.select(sa.func.min(history_seals.c.seq), sa.func.max(history_seals.c.seq))
    first, last = connection.execute(ends.where(chosen)).one()
    return (first, last) if first else (1, 0)


# --- verifying a file ----------------------------------------------------------------------------


def verify_lines(lines: Iterable[bytes | str], *, kept: str = "") -> Verdict:
    """Verify an export by itself; ``kept`` is a hash written down earlier.

    Raises:
        NotAnExport: it is none, or a line cannot be read.

    """
    documents = _documents(lines)
    header = next(documents, (1, {}))[1]
    if header.get("form") != FORM:
        raise NotAnExport(f'line 1: not an export: its first line has no "form": "{FORM}"')
    company = str(header.get("company"))
    walk, unsealed = None, 0
    broken: Break | None = None
    for seal, rows in _sealed(documents):
        if seal is None:
            unsealed += len(rows)
            continue
        # An export of a span begins anywhere: its first seal names what stood before it.
        walk = walk or Walk(company, seal.seq - 1, seal.previous if seal.seq > 1 else ZERO)
        if broken := walk.take(seal, {row["id"]: row for row in rows}) or _as_listed(seal, rows):
            break
    walk = walk or Walk(company)
    missing = int(header.get("seals", 0)) - walk.seals
    if broken is None and missing:
        said = f"the export began with {missing} more seals than it has now"
        broken = Break("seal_missing", said, walk.seq + 1)
    return walk.verdict(unsealed, broken, kept)


def _sealed(
    documents: Iterator[tuple[int, Document]],
) -> Iterator[tuple[Seal | None, list[Document]]]:
    """Each seal with the rows that follow it; None with those that are not sealed."""
    seal: Seal | None = None
    rows: list[Document] = []
    unsealed: list[Document] = []
    for number, line in documents:
        if "seal" in line and "history" not in line:
            if seal:
                yield seal, rows
            seal, rows = _as_seal(line["seal"], number), []
        elif not isinstance(line.get("history"), dict) or "id" not in line["history"]:
            raise NotAnExport(f"line {number}: neither a seal nor a row of history")
        elif line.get("seal") is None:
            unsealed.append(line["history"])
        else:
            rows.append(line["history"])
    if seal:
        yield seal, rows
    elif rows:
        raise NotAnExport("its rows say they are sealed, and no seal stands before them")
    yield None, unsealed


def _as_listed(seal: Seal, rows: list[Document]) -> Break | None:
    """A row that stands there twice could say two things; the order is the seal's."""
    ids = [row["id"] for row in rows]
    twice = [each for each in set(ids) if ids.count(each) > 1] if len(set(ids)) < len(ids) else []
    if twice:
        said = f"row {min(twice)} of seal {seal.seq} stands there twice"
        return Break("row_inserted", said, seal.seq, min(twice))
    if ids != seal.ids:
        said = f"the rows of seal {seal.seq} stand in another order"
        return Break("rows_reordered", said, seal.seq)
    return None


def _documents(lines: Iterable[bytes | str]) -> Iterator[tuple[int, Document]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise NotAnExport(f"line {number}: not JSON: {error}") from None
        if not isinstance(document, dict):
            raise NotAnExport(f"line {number}: no JSON object")
        yield number, document


def _as_seal(document: Any, number: int) -> Seal:  # noqa: ANN401 - any JSON document
    try:
        return _SEAL.validate_python(document, strict=False)
    except ValidationError:
        raise NotAnExport(f"line {number}: a seal lacks something, or has something else") from None
