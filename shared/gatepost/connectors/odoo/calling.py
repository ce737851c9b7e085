"""Odoo's two protocols, for one kind of call: a method of a model, its arguments by their names."""

import re
import threading
from typing import Any, Final, Literal, Protocol, TypeAlias
from urllib.parse import quote

from gatepost.connectors.errors import (
    ConfigurationError,
    ConnectorError,
    OutcomeUnknown,
    Unavailable,
    Unsupported,
    ValidationFailed,
)
from gatepost.connectors.http import HttpClient
from gatepost.connectors.odoo.verdicts import import_refusal, refusal

Record: TypeAlias = dict[str, Any]
Domain: TypeAlias = list[Any]
ProtocolName: TypeAlias = Literal["auto", "json2", "jsonrpc"]
PAGE: Final = 100  # records that are asked for with one call
_WILD: Final = re.compile(r"[\\%_]")
_FIRST: Final = "vals_list"  # of create: up to 18 it has to be there by its place
_OLDER: Final = ("http_3", "http_404", "http_405")  # what an older one makes of JSON-2's addresses
_NOT_THERE: Final = (ValidationFailed, Unsupported)  # a 404 or 405 without a word of Odoo's


def plain(word: str) -> str:
    """A word as a pattern that matches it alone."""
    return _WILD.sub(r"\\\g<0>", word)


class Transport(Protocol):
    """A protocol."""

    def call(self, model: str, method: str, named: Record) -> Any:  # noqa: ANN401 - JSON
        """What the method gives.

        Raises:
            ConnectorError: one of its closed set.

        """


class Json2:
    """From Odoo 19 on: a method has an address, HTTP has the status."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def call(self, model: str, method: str, named: Record) -> Any:  # noqa: ANN401 - JSON
        path = f"/json/2/{quote(model, safe='')}/{quote(method, safe='')}"
        return self._http.write("POST", path, named, {}).document


class JsonRpc:
    """Up to Odoo 18: one address, every answer is a 200, and a user's number has to be asked for."""

    def __init__(self, http: HttpClient, database: str, user: str, key: str) -> None:
        self._http = http
        self._database, self._user, self._key = database, user, key
        self._uid: int | None = None

    def __repr__(self) -> str:
        return f"JsonRpc({self._database!r}, {self._user!r})"

    def call(self, model: str, method: str, named: Record) -> Any:  # noqa: ANN401 - JSON
        who = [self._database, self._signed_in(), self._key]
        rest = {name: value for name, value in named.items() if name != _FIRST}
        first = [named[_FIRST]] if _FIRST in named else []
        return self._ask("object", "execute_kw", [*who, model, method, first, rest])

    def _signed_in(self) -> int:
        if self._uid is None:
            who = [self._database, self._user, self._key, {}]
            uid = self._ask("common", "authenticate", who)
            if not isinstance(uid, int) or isinstance(uid, bool):  # a bad login is no error to it
                raise ConfigurationError("Odoo does not know the user with this key")
            self._uid = uid
        return self._uid

    def _ask(self, service: str, method: str, args: list[Any]) -> Any:  # noqa: ANN401 - JSON
        params = {"service": service, "method": method, "args": args}
        asked = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        try:
            document = self._http.write("POST", "/jsonrpc", asked, {}).document
        except _NOT_THERE:
            raise ConfigurationError("there is no Odoo at this address") from None
        if not isinstance(document, dict):
            raise OutcomeUnknown("Odoo's answer is none of JSON-RPC")
        if error := document.get("error"):
            data = error.get("data") if isinstance(error, dict) else None
            raise refusal(data if isinstance(data, dict) else {})
        return document.get("result")


class Odoo:
    """One database, whichever protocol it speaks; many threads ask."""

    def __init__(self, json2: Json2, jsonrpc: JsonRpc, protocol: ProtocolName) -> None:
        self._json2, self._jsonrpc = json2, jsonrpc
        known: dict[str, Transport] = {"json2": json2, "jsonrpc": jsonrpc}
        self._transport: Transport | None = known.get(protocol)
        self._choosing = threading.Lock()
        self._context: Record = {"lang": "en_US"}  # its sentences are told apart in English

    def of_company(self, company: int) -> None:
        """Ask as of that company from now on."""
        self._context = {**self._context, "allowed_company_ids": [company]}

    def ask(self, model: str, method: str, **named: Any) -> Any:  # noqa: ANN401 - JSON
        """What a method that writes nothing gives.

        Raises:
            Transient: it cannot be asked just now.
            ConfigurationError: not with these credentials, rights or modules.

        """
        try:
            return self._call(model, method, named, active_test=False)  # archived ones as well
        except OutcomeUnknown as error:  # reading is always safe to repeat
            raise Unavailable(error.message) from None

    def search(
        self, model: str, domain: Domain, fields: list[str], limit: int = PAGE
    ) -> list[Record]:
        """The records that a domain describes, the oldest first."""
        found = self.ask(
            model, "search_read", domain=domain, fields=fields, limit=limit, order="id"
        )
        if not isinstance(found, list):
            raise Unavailable("Odoo's answer is no list of records")
        return found

    def load(self, model: str, rows: list[Record]) -> list[int]:
        """Have rows imported, all or none: what has an external id that is there is changed.

        The first row names all columns; a cell that a row lacks is empty. Whether it went well is
        told by the ids alone: a load that was refused is answered like any other.

        Raises:
            ConnectorError: one of its closed set.

        """
        columns = list(dict.fromkeys(name for row in rows for name in row))
        data = [[row.get(name, "") for name in columns] for row in rows]
        answer = self._call(model, "load", {"fields": columns, "data": data})
        if not isinstance(answer, dict) or "ids" not in answer:
            raise OutcomeUnknown("Odoo's answer does not say what it has loaded")
        ids = answer["ids"]
        if not ids:
            raise import_refusal(answer.get("messages"))
        return [int(id) for id in ids]

    def name(self, names: list[Record]) -> None:
        """Give external ids to records that are there.

        Raises:
            ConnectorError: one of its closed set.

        """
        self._call("ir.model.data", "create", {"vals_list": names})

    def _call(self, model: str, method: str, named: Record, **context: bool) -> Any:  # noqa: ANN401 - JSON
        """Without ``active_test`` in what is written: else its defaults were archived ones as well."""
        named = {**named, "context": {**self._context, **context}}
        try:
            return self._spoken().call(model, method, named)
        except _NOT_THERE as error:
            if error.erp_code.startswith("http_"):
                said = "there is no Odoo at this address, its module rpc is not installed, or it is older"
                raise ConfigurationError(said, erp_code=error.erp_code) from None
            raise

    def _spoken(self) -> Transport:
        """The protocol, found by asking for something that every Odoo from 19 on has."""
        with self._choosing:
            if self._transport is None:
                self._transport = self._json2 if self._speaks_json2() else self._jsonrpc
            return self._transport

    def _speaks_json2(self) -> bool:
        try:
            answer = self._json2.call("res.users", "context_get", {})
        except ConnectorError as error:
            if error.erp_code.startswith(_OLDER):
                return False
            if isinstance(error, OutcomeUnknown):
                raise Unavailable(error.message) from None
            raise
        return isinstance(answer, dict) and "jsonrpc" not in answer
