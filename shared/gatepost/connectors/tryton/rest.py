"""Tryton's REST API: records are searched for, created and written, with typed values as JSON."""

import base64
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode

import orjson

from gatepost.connectors.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    OutcomeUnknown,
    ValidationFailed,
)
from gatepost.connectors.http import HttpClient

Record: TypeAlias = dict[str, Any]
Domain: TypeAlias = list[Any]
PAGE: Final = 100  # records that are asked for with one call
_OLDEST_FIRST: Final = [["id", "ASC"]]


class Rest:
    """The API of one database.

    Args:
        http: the client for its server, with the key in its headers.
        database: the database's name.

    """

    def __init__(self, http: HttpClient, database: str) -> None:
        self._http = http
        self._place = f"/{quote(database, safe='')}/rest/model"
        self._context: dict[str, str] = {}

    def of_company(self, company: int) -> None:
        """Ask as of that company from now on: many of a record's fields depend on it."""
        self._context = {"X-Tryton-Context": _as_base64({"company": company})}

    def search(
        self, model: str, domain: Domain, fields: Sequence[str], limit: int = PAGE
    ) -> list[Record]:
        """The records that a domain describes, the oldest first.

        Raises:
            Transient: it cannot be asked just now.
            ConfigurationError: there is no such database, or not with this key.

        """
        asked = [("d", _as_base64(domain)), ("o", _as_base64(_OLDEST_FIRST)), ("s", str(limit))]
        wanted = urlencode([*asked, *(("f", field) for field in fields)])
        try:
            found: list[Record] = self._http.get(f"{self._place}/{model}?{wanted}", self._context)
        except (ConfigurationError, ValidationFailed) as error:
            raise _better(error) from None
        return found

    def create(self, model: str, values: Record, fields: Sequence[str]) -> Record:
        """A new record, and what its fields are then.

        Raises:
            ConnectorError: one of its closed set.

        """
        return self._written("POST", f"{self._place}/{model}", values, fields)

    def write(self, model: str, id: int, values: Record, fields: Sequence[str]) -> Record:
        """Change a record; gives what its fields are then.

        Raises:
            ConnectorError: one of its closed set.

        """
        return self._written("PUT", f"{self._place}/{model}/{id}", values, fields)

    def _written(self, method: str, path: str, values: Record, fields: Sequence[str]) -> Record:
        wanted = urlencode([("f", field) for field in fields])
        try:
            answer = self._http.write(method, f"{path}?{wanted}", values, self._context)
        except (ConfigurationError, ValidationFailed) as error:
            raise _better(error) from None
        if not isinstance(answer.document, dict) or not isinstance(answer.document.get("id"), int):
            raise OutcomeUnknown("Tryton's answer names no record")
        return answer.document


def _better(error: ConfigurationError | ValidationFailed) -> ConnectorError:
    """What a refusal means where it is more than a value that Tryton does not take."""
    if error.erp_code in ("http_401", "http_403"):
        return ConfigurationError("Tryton refuses the key", erp_code=error.erp_code)
    if error.erp_code == "http_404":  # a record that is missing is found missing by a search
        said = "Tryton has no such database, or is older than 8.2 and has no REST API"
        return ConfigurationError(said, erp_code=error.erp_code)
    if error.erp_code == "http_409":
        return Busy(error.message, erp_code=error.erp_code)
    return error


def decimal(value: Decimal | str) -> Record:
    """A number as Tryton wants one."""
    return {"__class__": "Decimal", "decimal": str(value)}


def day(iso: str) -> Record:
    """A date as Tryton wants one, from ``2026-11-30``."""
    year, month, of_month = map(int, iso.split("-"))
    return {"__class__": "date", "year": year, "month": month, "day": of_month}


def told(value: Any) -> str | None:  # noqa: ANN401 - JSON
    """A number or a date of Tryton's as text; None where it has none."""
    match value:
        case {"__class__": "Decimal", "decimal": str(number)}:
            return number
        case {"__class__": "date", "year": int(year), "month": int(month), "day": int(of_month)}:
            return f"{year:04}-{month:02}-{of_month:02}"
        case float() | int() | str():
            return str(value)
    return None


def id_from(text: str | None) -> int:
    """An id of Tryton's; -1, which no record has, for what cannot be one."""
    return int(text) if text and text.isascii() and text.isdecimal() else -1


def holding(word: str) -> str:
    """A pattern for what has that word in it, whatever characters the word is of."""
    for character in "\\%_":
        word = word.replace(character, f"\\{character}")
    return f"%{word}%"


def _as_base64(document: Any) -> str:  # noqa: ANN401 - JSON
    return base64.urlsafe_b64encode(orjson.dumps(document)).decode()
