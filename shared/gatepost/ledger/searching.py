"""Finding items by words: of their number, title, vendor, and the source's own id.

What an item is found by is a row of plain words beside its revision, the same on both databases;
each word that is looked for has to be the beginning of one of them.
"""

import unicodedata
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from gatepost.ledger.statements import Statements
from gatepost.ledger.tables import items, revisions

LONGEST_WORD: Final = 60  # characters; what is longer is cut, on both sides
FEW: Final = 2000  # matches that are sorted; where there are more, the list is walked


def words_for(company: str, *texts: str) -> str:
    """What an item is found by; the first word is its company's and never typed by a person."""
    return " ".join([_company(company), *words_in(" ".join(texts))])


def words_in(text: str) -> list[str]:
    """The words of a text: letters and digits, without case and accents, each once."""
    plain = text if text.isascii() else _without_accents(text)
    spaced = "".join(sign if sign.isalnum() else " " for sign in plain.casefold())
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in spaced.split()))


def matching(
    connection: sa.Connection, statements: Statements, q: str, company: str | None
) -> tuple[sa.ColumnElement[bool], bool]:
    """The condition that items are found by ``q``, and whether so few are that they can be sorted.

    An index gives the matches in no order that a list is read in. So it is asked for a few: rare
    words are answered by it, and for common ones the list is walked, where a page fills soon.
    """
    words = words_in(q)
    if not words:
        return sa.false(), True
    mark = _company(company) if company else ""
    index, query = _INDEX[statements.name]
    rows = connection.execute(index, {"query": query(mark, words), "limit": FEW + 1}).all()
    if len(rows) <= FEW:
        ids = sorted({row.item_id for row in rows})
        return items.c.id.in_(ids) & _has(words), True
    return _has(words), False


def _tsquery(mark: str, words: list[str]) -> str:
    quoted = mark.replace("\\", "\\\\").replace("'", "''")
    return " & ".join([f"'{quoted}'"] * bool(mark) + [f"'{word}':*" for word in words])


def _match(mark: str, words: list[str]) -> str:
    quoted = mark.replace('"', '""')
    return " ".join([f'"{quoted}"'] * bool(mark) + [f'"{word}"*' for word in words])


_INDEX: Final[dict[str, tuple[sa.TextClause, Callable[[str, list[str]], str]]]] = {
    "postgresql": (
        sa.text(
            "select item_id::text as item_id from revisions where "
            "array_to_tsvector(string_to_array(words, ' ')) @@ cast(:query as tsquery) limit :limit"
        ),
        _tsquery,
    ),
    "sqlite": (
        sa.text(
            "select item_id from revision_words where revision_words match :query limit :limit"
        ),
        _match,
    ),
}


def _has(words: list[str]) -> sa.ColumnElement[bool]:
    """By its current revision: what it was called before does not count."""
    padded = sa.literal(" ") + revisions.c.words
    current = (revisions.c.item_id == items.c.id) & (revisions.c.revision == items.c.revision)
    has_all = sa.and_(*(padded.contains(f" {word}") for word in words))
    return sa.exists().where(current, has_all)


def _company(key: str) -> str:
    return f"@{key.casefold()}"


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
