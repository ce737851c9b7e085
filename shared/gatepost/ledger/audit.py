"""The audit chain: what a row of history and a seal hash to, and walking along the seals.

A seal lists rows of one company's history with their hashes, and names the hash of the seal before
it: who changes a row or a seal would have to write every later seal anew, and the newest hash may
be kept elsewhere. The form that is hashed is RFC 8785's; docs/explanation/audit-chain.md defines it.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from gatepost.ledger.statements.sealing import COLUMNS

ZERO: Final = "0" * 64  # what the first seal names as the one before it
GONE: Final = ""  # listed instead of a hash: the row was gone before it could be sealed

Document = dict[str, Any]


def canonical(document: object) -> bytes:
    """A document as JSON in the one form that is hashed: sorted keys, no spaces, UTF-8."""
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # what orjson never wrote: a number of more than 64 bits, half a character
        text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")


def digest(document: object) -> str:
    """SHA-256 over the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def moment(value: datetime | str) -> str:
    """A time as it is hashed: ``2026-11-20T09:30:00.000000Z``. What is no time stays what it is."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def as_document(row: Iterable[Any]) -> Document:
    """A row of history, as its columns, as the document that is hashed and exported."""
    document = dict(zip(COLUMNS, row, strict=True))
    document["at"] = moment(document["at"])
    # What somebody wrote by hand need not be JSON: its text is hashed, and verifying goes on.
    with suppress(orjson.JSONDecodeError):
        document["detail"] = orjson.loads(document["detail"])
    return document


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of a company's chain. ``rows`` are (id, hash) in the order of (at, id)."""

    company: str
    seq: int
    at: str
    first_at: str
    last_at: str
    previous: str
    rows: tuple[tuple[str, str], ...]
    hash: str = ""

    @property
    def expected_hash(self) -> str:
        """What its hash must be."""
        return digest({name: value for name, value in self.document.items() if name != "hash"})

    @property
    def document(self) -> Document:
        """The seal as it is exported; ``asdict`` would copy each of its rows."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def ids(self) -> list[str]:
        return [row_id for row_id, _ in self.rows]


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: which seal and row, and a sentence for a person."""

    kind: str  # seal_missing, seal_changed, rows_reordered, row_changed, row_missing, row_inserted, ...
    sentence: str
    seal: int | None = None
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along a chain found: whether it holds, and how far it reaches."""

    company: str
    seals: int
    rows: int
    unsealed: int
    head: str  # the hash of the last seal that holds
    broken: Break | None = None

    @property
    def holds(self) -> bool:
        return self.broken is None


@dataclass(slots=True)
class Walk:
    """A walk along one company's seals, as far as they hold.

    Args:
        company: whose.
        seq: the seal that stands before the first one.
        head: its hash.

    """

    company: str
    seq: int = 0
    head: str = ZERO
    seals: int = 0
    rows: int = 0
    hashes: set[str] = field(default_factory=set)

    def take(self, seal: Seal, rows: Mapping[str, Document]) -> Break | None:
        """Go over one seal and the rows it lists; what does not hold, if anything."""
        if broken := self._link(seal, rows) or _rows(seal, rows):
            return broken
        self.seq, self.head = seal.seq, seal.hash
        self.seals += 1
        self.rows += len(seal.rows)
        self.hashes.add(seal.hash)
        return None

    def verdict(self, unsealed: int, broken: Break | None, kept: str = "") -> Verdict:
        """What was found; a hash that was ``kept`` elsewhere must be among those of the seals."""
        if broken is None and kept and kept not in self.hashes:
            said = (
                f"no seal has the hash that was kept: {kept}; seals were cut off, or written anew"
            )
            broken = Break("head_missing", said)
        return Verdict(self.company, self.seals, self.rows, unsealed, self.head, broken)

    def _link(self, seal: Seal, rows: Mapping[str, Document]) -> Break | None:
        expected = self.seq + 1
        if seal.seq != expected or seal.company != self.company:
            found = f"seal {seal.seq} of {seal.company}"
            return Break(
                "seal_missing", f"seal {expected} is missing: {found} stands there", expected
            )
        if seal.hash != seal.expected_hash:
            if _in_order(seal, rows).expected_hash == seal.hash:
                return Break(
                    "rows_reordered",
                    f"the rows of seal {seal.seq} stand in another order",
                    seal.seq,
                )
            return Break("seal_changed", f"seal {seal.seq} is not as it was written", seal.seq)
        if seal.previous != self.head:
            before = f"seal {self.seq}" if self.seq else "the beginning"
            return Break("chain_cut", f"seal {seal.seq} does not follow from {before}", seal.seq)
        return None


def _rows(seal: Seal, rows: Mapping[str, Document]) -> Break | None:
    for row_id, sealed in seal.rows:
        if row_id not in rows:
            when = "before it was sealed" if sealed == GONE else "since"
            said = f"row {row_id} of seal {seal.seq} is missing: it was deleted {when}"
            return Break("row_missing", said, seal.seq, row_id)
        if digest(rows[row_id]) != sealed:
            said = f"row {row_id} of seal {seal.seq} was changed after it was sealed"
            return Break("row_changed", said, seal.seq, row_id)
    return inserted(rows.keys() - seal.ids)


def inserted(ids: Collection[str]) -> Break | None:
    """Rows that no seal lists and that do not wait for one: nobody but an intruder writes such."""
    if not ids:
        return None
    first, count = min(ids), len(ids)
    more = f", and {count - 1} more" if count > 1 else ""
    return Break("row_inserted", f"row {first}{more} is in no seal and waits for none", row=first)


def _in_order(seal: Seal, rows: Mapping[str, Document]) -> Seal:
    """The seal with its rows in the order in which they are always sealed."""
    ordered = sorted(seal.rows, key=lambda row: (rows.get(row[0], {}).get("at", ""), row[0]))
    return replace(seal, rows=tuple(ordered))
