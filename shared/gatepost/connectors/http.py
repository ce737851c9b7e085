"""HTTP to an ERP: kept-alive connections, and an exact answer to "may it have been executed?"."""

import http.client
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import orjson

from gatepost.connectors.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    OutcomeUnknown,
    Unavailable,
    Unsupported,
    ValidationFailed,
)

KEEP_SECONDS: Final = 2.0  # an idle connection older than this may have been closed over there
_NO_SCHEME: Final = "http:// or https:// is missing in front of it"
ANSWER_LIMIT: Final = 16 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ERP answered: its status and its JSON document."""

    status: int
    document: Any


Judge: TypeAlias = Callable[[int, Message, bytes], Answer]
"""Tells what a status, headers and a body mean; raises what :func:`outcome_of` may."""


class HttpClient:
    """A client for one ERP; each thread has a connection of its own.

    Args:
        url: the ERP's address; its path is a prefix of every request's.
        timeout: seconds to wait for the connection, and for each part of the answer.
        headers: sent with every request.
        judge: what an answer means, for an ERP that says it in its own way; :func:`outcome_of`.

    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            shown = url.rpartition("@")[2]  # before it stands who signs in, and how
            names = "it names no host" if parts.scheme in ("http", "https") else _NO_SCHEME
            raise ConfigurationError(f'"{shown}" is no HTTP address: {names}')
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._timeout = timeout
        self._judge = judge or outcome_of
        self._headers = {"Accept": "application/json", **(headers or {})}
        self._local = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def close(self) -> None:
        """Close the connections of all threads; none of them may be in use."""
        while self._open:
            self._open.pop().close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - a JSON document
        """The document at ``path``.

        Raises:
            Transient: it cannot be read just now; reading is always safe to repeat.
            ConfigurationError: not with these credentials.

        """
        try:
            answer = self._request("GET", path, None, headers or {})
        except OutcomeUnknown as error:
            raise Unavailable(error.message) from None
        if answer.status != 200:
            raise Unavailable(f"the ERP answered {answer.status} to a question")
        return answer.document

    def write(self, method: str, path: str, document: Any, headers: Mapping[str, str]) -> Answer:  # noqa: ANN401 - JSON
        """Send a document; the answer is one that tells what became of it.

        Raises:
            ConnectorError: one of its closed set; see :func:`outcome_of`.

        """
        return self._request(method, path, orjson.dumps(document), headers)

    def _request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        connection = self._connected()
        sent = {**self._headers, **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, self._prefix + path, body, sent)
            response = connection.getresponse()
            raw = response.read(ANSWER_LIMIT)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise OutcomeUnknown(
                f"no answer from the ERP: {error or type(error).__name__}", silent=True
            ) from None
        self._local.used_at = time.monotonic()
        if response.will_close:
            self._drop()
        return self._judge(response.status, response.headers, raw)

    def _connected(self) -> http.client.HTTPConnection:
        """This thread's connection, open. Failing here, the request surely was not executed."""
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None and time.monotonic() - self._local.used_at < KEEP_SECONDS:
            return kept
        self._drop()
        make = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        fresh = make(self._host, self._port, timeout=self._timeout)
        try:
            fresh.connect()
        except (OSError, ssl.SSLError) as error:
            raise Unavailable(f"the ERP cannot be reached: {error}") from None
        fresh.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        weakref.finalize(fresh, fresh.sock.close)  # it ends with its thread, or with this client
        self._local.connection, self._local.used_at = fresh, time.monotonic()
        self._open.add(fresh)
        return fresh

    def _drop(self) -> None:
        kept = getattr(self._local, "connection", None)
        if kept is not None:
            kept.close()
            self._open.discard(kept)
        self._local.connection = None


def outcome_of(status: int, headers: Message, raw: bytes) -> Answer:
    """What an HTTP answer means for a write.

    Raises:
        Busy: 423, 429: surely not executed.
        Unavailable: 503: surely not executed.
        ConfigurationError: 401, 403.
        Unsupported: 405, 501.
        ValidationFailed: any other 4xx; connectors look at ``erp_code`` to say it better.
        OutcomeUnknown: 500, 502, 504, or an answer that is no JSON: it may have been executed.

    """
    try:
        document = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        document = None
    if 200 <= status < 300:
        if not isinstance(document, dict | list):
            raise OutcomeUnknown(
                f"the ERP answered {status} with something that is no JSON document"
            )
        return Answer(status, document)
    raise _refusal(status, headers, document if isinstance(document, dict) else {})


def _refusal(status: int, headers: Message, document: dict[str, Any]) -> ConnectorError:
    code = str(document.get("code") or f"http_{status}")
    message = str(document.get("detail") or document.get("message") or f"the ERP answered {status}")
    if status in (423, 429):
        return Busy(message, erp_code=code, retry_after=_seconds(headers.get("Retry-After")))
    if status == 503:
        return Unavailable(message, erp_code=code, retry_after=_seconds(headers.get("Retry-After")))
    if status in (401, 403):
        return ConfigurationError(message, erp_code=code)
    if status in (405, 501):
        return Unsupported(message, erp_code=code)
    if 400 <= status < 500:
        return ValidationFailed(message, erp_code=code)
    return OutcomeUnknown(message, erp_code=code)


def _seconds(retry_after: str | None) -> float | None:
    """RFC 9110, section 10.2.3; the form with a date is left to our own waits."""
    return float(retry_after) if retry_after and retry_after.isdigit() else None
