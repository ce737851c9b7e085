"""The eight operations the Web Connector calls."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Final

import structlog

from gatepost.connectors.quickbooks.soap import Call
from gatepost.connectors.quickbooks.statuses import kept_out, trouble
from gatepost_exporter.calling_in.sessions import Desk, Session, Sessions

log = structlog.get_logger()

GO_ON: Final = 50  # per cent done; what there will be is not known
ALL_DONE: Final = 100
NOT_KNOWN: Final = -1
OLDEST_CLIENT: Final = 2
UNKNOWN_CALLER: Final = "nvu"
BUSY: Final = "busy"
PATIENCE: Final = 20.0  # seconds an answer may be held back while the next question is made
OVER: Final = "this session is over; the next one goes on where it was"

Result = str | int | Sequence[str]


class Operations:
    """What each operation does; see :mod:`gatepost.connectors.quickbooks.soap` for their names.

    Args:
        desk: lets callers in.

    """

    def __init__(self, desk: Desk) -> None:
        self.sessions = Sessions()
        self._desk = desk
        self._by_name: Mapping[str, Callable[[str, Mapping[str, str]], Result]] = {
            "serverVersion": self._server_version,
            "clientVersion": self._client_version,
            "authenticate": self._authenticate,
            "sendRequestXML": self._send_request,
            "receiveResponseXML": self._receive_response,
            "connectionError": self._connection_error,
            "getLastError": self._last_error,
            "closeConnection": self._close,
        }

    def answer(self, key: str, call: Call) -> Result:
        """What to answer to a call for the connection of that key."""
        return self._by_name[call.operation](key, call.given)

    def _server_version(self, key: str, given: Mapping[str, str]) -> str:
        return f"Gatepost {version('gatepost')}"

    def _client_version(self, key: str, given: Mapping[str, str]) -> str:
        first = given["strVersion"].strip().partition(".")[0]
        if first.isdecimal() and int(first) < OLDEST_CLIENT:
            return f"E:this Web Connector is too old: {given['strVersion'][:20]}; 2.0 is needed"
        return ""

    def _authenticate(self, key: str, given: Mapping[str, str]) -> Sequence[str]:
        name = self._desk.recognise(key, given["strUserName"], given["strPassword"])
        if name is None:
            log.warning("a call with a wrong name or password", connection=key[:80])
            return ["", UNKNOWN_CALLER]
        admitted = self._desk.admit(name) if self.sessions.end_of(name) else BUSY
        if isinstance(admitted, str):
            return ["", admitted]
        self.sessions.open(admitted)
        return [admitted.ticket, admitted.company_file]

    def _send_request(self, key: str, given: Mapping[str, str]) -> str:
        session = self.sessions.find(given["ticket"])
        if session is None:
            return ""
        spoken = f"{given['qbXMLMajorVers'] or 0}.{given['qbXMLMinorVers'] or 0}"
        session.begin(given["strCompanyFileName"], spoken)
        return session.post.collect(PATIENCE) or ""

    def _receive_response(self, key: str, given: Mapping[str, str]) -> int:
        session = self.sessions.find(given["ticket"])
        if session is None:
            return NOT_KNOWN
        if given["hresult"]:
            session.post.deliver(trouble(given["hresult"], given["message"]))
        else:
            session.post.deliver(given["response"])
        return GO_ON if session.post.has_question(PATIENCE) else ALL_DONE

    def _connection_error(self, key: str, given: Mapping[str, str]) -> str:
        session = self.sessions.find(given["ticket"])
        if session is not None:
            error = kept_out(given["hresult"], given["message"])
            log.warning("QuickBooks Desktop could not be opened", connection=session.name,
                        why=error.message, code=given["hresult"][:20])  # fmt: skip
            self._desk.was_refused(session, error)
            self.sessions.close(session)
        return "done"

    def _last_error(self, key: str, given: Mapping[str, str]) -> str:
        session = self.sessions.find(given["ticket"])
        return OVER if session is None else session.last_error or "nothing more is to be done"

    def _close(self, key: str, given: Mapping[str, str]) -> str:
        session: Session | None = self.sessions.find(given["ticket"])
        if session is not None:
            self.sessions.close(session)
        return "OK"
