"""Finding items by words: of their number, title, vendor, and the source's own id.

What an item is found by is a text of plain words beside each revision, the same on both databases;
each word that is looked for has to be the beginning of one of them.
"""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

import sqlalchemy as sa

from gatepost.ledger.tables import Id

LONGEST_WORD: Final = 60  # characters; what is longer is cut, on both sides


def words_for(company: str, *texts: str) -> str:
    """What an item is found by; the first word is its company's and never typed by a person."""
    return " ".join([_company(company), *words_in(" ".join(texts))])


def words_in(text: str) -> list[str]:
    """The words of a text: letters and digits, without case and accents, each once."""
    plain = text if text.isascii() else _without_accents(text)
    spaced = "".join(sign if sign.isalnum() else " " for sign in plain.casefold())
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in spaced.split()))


def has(words: str, wanted: Sequence[str]) -> bool:
    """Whether an item that is found by ``words`` is found by what is wanted."""
    padded = f" {words}"
    return all(f" {word}" in padded for word in wanted)


def found_by(wanted: Sequence[str], company: str | None, dialect: str) -> sa.Subquery:
    """The same from the index: ``item_id`` and ``revision``, in no order a list is read in."""
    index, query = _INDEX[dialect]
    text = query(_company(company) if company else "", wanted)
    columns = (sa.column("item_id", Id), sa.column("revision", sa.Integer))
    return sa.text(index).bindparams(words=text).columns(*columns).subquery("found")


def _tsquery(company: str, wanted: Sequence[str]) -> str:
    quoted = company.replace("\\", "\\\\").replace("'", "''")
    return " & ".join([f"'{quoted}'"] * bool(company) + [f"'{word}':*" for word in wanted])


def _match(company: str, wanted: Sequence[str]) -> str:
    quoted = company.replace('"', '""')
    return " ".join([f'"{quoted}"'] * bool(company) + [f'"{word}"*' for word in wanted])


_INDEX: Final[dict[str, tuple[str, Callable[[str, Sequence[str]], str]]]] = {
    "postgresql": (
        "select item_id, revision from revisions where "
        "array_to_tsvector(string_to_array(words, ' ')) @@ cast(:words as tsquery)",
        _tsquery,
    ),
    "sqlite": (
        "select item_id, revision from revision_words where revision_words match :words",
        _match,
    ),
}


def _company(key: str) -> str:
    return f"@{key.casefold()}"


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
