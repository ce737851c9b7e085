"""The ERP's books: records, customers, vendors.

Nothing here looks at marks to save a caller from writing twice: two entries with one mark are two
records, as in most real ERPs, and that is how a double write is seen.
"""

import json
import sqlite3
from datetime import UTC, datetime

from gatepost_sandbox.checks import check
from gatepost_sandbox.kinds import Kind
from gatepost_sandbox.parties import CUSTOMERS, VENDORS, Party
from gatepost_sandbox.records import Record, amended, entered, receipt
from gatepost_sandbox.refusals import RecordNotFound
from gatepost_sandbox.store import Store

_SEED = "INSERT OR IGNORE INTO parties (id, role, party) VALUES (?, ?, ?)"
_ENTER = """INSERT INTO records (kind, reference, mark, number, parent, record, id)
            VALUES (?, ?, ?, ?, ?, ?, ?)"""
_AMEND = """UPDATE records SET kind = ?, reference = ?, mark = ?, number = ?, parent = ?, record = ?
            WHERE id = ?"""
_NEXT = """INSERT INTO serials (kind, last) VALUES (?, 1)
           ON CONFLICT (kind) DO UPDATE SET last = last + 1 RETURNING last"""
_FIND = "SELECT record FROM records WHERE 1"
# The plus keeps the planner from walking a whole kind where a mark or a number finds one row.
_WHERE = {
    "kind": "AND +kind = ?",
    "reference": "AND reference = ?",
    "mark": "AND mark = ?",
    "number": "AND number = ?",
    "parent": "AND parent = ?",
}
_PARTIES = (
    "SELECT party FROM parties WHERE role = ? AND id > ? AND party LIKE ? ORDER BY id LIMIT ?"
)
_PAGE = "AND place > ? AND record LIKE ? ORDER BY place LIMIT ?"
_NEWEST = "ORDER BY place DESC LIMIT ?"
_COUNTS = "SELECT json_array(kind, count(*)) FROM records GROUP BY kind"
_PLACE = "SELECT place FROM records WHERE id = ?"
_NO_LIMIT = -1


class Books:
    """What was entered, kept until it is removed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as books:
            for role, parties in (("customer", CUSTOMERS), ("vendor", VENDORS)):
                books.executemany(_SEED, [(one["id"], role, json.dumps(one)) for one in parties])

    def enter(self, kind: Kind, body: Record, key: str | None = None) -> Record:
        """Write a new record. A key that was seen before is given the first answer again."""
        with self._store.transaction() as books:
            if key is not None and (first := _first_answer(books, kind, key)) is not None:
                return first
            serial = books.execute(_NEXT, (kind,)).fetchone()[0]
            record = entered(kind, f"{kind.prefix}-{serial}", body, _now())
            check(books, kind, record)
            books.execute(_ENTER, _row(record))
            answer = receipt(record)
            if key is not None:
                _keep_answer(books, kind, key, answer)
            return answer

    def amend(self, kind: Kind, record_id: str, body: Record) -> Record:
        """Change what the body names; the rest stays, and the version rises."""
        with self._store.transaction() as books:
            record = amended(_the(books, kind, record_id), body, _now())
            check(books, kind, record)
            books.execute(_AMEND, _row(record))
            return receipt(record)

    def remove(self, kind: Kind, record_id: str) -> None:
        """Take a record out, as a bookkeeper may do behind everyone's back."""
        with self._store.transaction() as books:
            _the(books, kind, record_id)
            books.execute("DELETE FROM records WHERE id = ?", (record_id,))

    def record(self, kind: Kind, record_id: str) -> Record:
        with self._store.transaction() as books:
            return _the(books, kind, record_id)

    def records(self, **where: str) -> list[Record]:
        """Records in the order they were entered; ``where`` names kind, reference, mark, ..."""
        query = " ".join([_FIND, *(_WHERE[name] for name in where), "ORDER BY place"])
        return [json.loads(record) for record in self._store.column(query, *where.values())]

    def newest(self, limit: int, kind: Kind | None = None) -> tuple[list[Record], dict[str, int]]:
        """The last records that were entered, the newest first, and how many there are of each kind."""
        chosen = {"kind": str(kind)} if kind else {}
        query = " ".join([_FIND, *(_WHERE[name] for name in chosen), _NEWEST])
        found = [
            json.loads(record) for record in self._store.column(query, *chosen.values(), limit)
        ]
        return found, dict(json.loads(row) for row in self._store.column(_COUNTS))

    def find(self, record_id: str) -> Record | None:
        """A record by its id, of whatever kind it is."""
        found = self._store.column(f"{_FIND} AND id = ?", record_id)
        return json.loads(found[0]) if found else None

    def page(
        self, where: dict[str, str], *, after: str = "0", limit: int, having: str = ""
    ) -> tuple[list[Record], str | None]:
        """A part of them, and where the next one begins: a place in the books never moves."""
        query = " ".join([_FIND, *(_WHERE[name] for name in where), _PAGE])
        rows = self._store.column(query, *where.values(), int(after), _like(having), limit + 1)
        found = [json.loads(record) for record in rows]
        if len(found) <= limit:
            return found, None
        (place,) = self._store.column(_PLACE, found[limit - 1]["id"])
        return found[:limit], str(place)

    def parties(
        self, role: str, *, after: str = "", limit: int | None = None, having: str = ""
    ) -> tuple[list[Party], str | None]:
        """Customers or vendors, all of them or a part, and where the next one begins."""
        most = _NO_LIMIT if limit is None else limit + 1
        rows = self._store.column(_PARTIES, role, after, _like(having), most)
        found: list[Party] = [json.loads(party) for party in rows]
        if limit is None or len(found) <= limit:
            return found, None
        return found[:limit], found[limit - 1]["id"]


def _like(having: str) -> str:
    """A pattern for documents with these words anywhere in them."""
    return f"%{having.replace('%', '').replace('_', '')}%"


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _the(books: sqlite3.Connection, kind: Kind, record_id: str) -> Record:
    query = "SELECT record FROM records WHERE kind = ? AND id = ?"
    if (row := books.execute(query, (kind, record_id)).fetchone()) is None:
        raise RecordNotFound(f"there is no {kind.replace('_', ' ')} {record_id}")
    record: Record = json.loads(row[0])
    return record


def _row(record: Record) -> tuple[str | None, ...]:
    texts = [record[name] for name in ("kind", "reference", "mark", "number", "parent")]
    columns = [None if text is None else str(text) for text in texts]
    return (*columns, json.dumps(record), record["id"])


def _first_answer(books: sqlite3.Connection, kind: Kind, key: str) -> Record | None:
    query = "SELECT answer FROM first_answers WHERE key = ? AND kind = ?"
    row = books.execute(query, (key, kind)).fetchone()
    return None if row is None else json.loads(row[0])


def _keep_answer(books: sqlite3.Connection, kind: Kind, key: str, answer: Record) -> None:
    keep = "INSERT INTO first_answers (key, kind, answer) VALUES (?, ?, ?)"
    books.execute(keep, (key, kind, json.dumps(answer)))
