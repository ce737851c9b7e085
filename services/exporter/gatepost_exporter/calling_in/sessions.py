"""Sessions: one call of an ERP's, from its password to its goodbye."""

import secrets
import threading
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from gatepost.connectors.errors import ConnectorError
from gatepost_exporter.calling_in.post import Post

log = structlog.get_logger()

_JOIN_SECONDS: Final = 5.0


class Session:
    """One call. What is to be done in it is done by a thread, over its post.

    Args:
        name: the connection's, ``company/key``.
        post: where questions and answers meet.
        work: asks whatever is to be asked; ends when there is nothing more.
        company_file: what the ERP is to open; empty: what it has open already.
        goodbye: called once, when nothing more will be done in it.

    """

    def __init__(
        self,
        name: str,
        post: Post,
        work: Callable[[Post], None],
        *,
        company_file: str = "",
        goodbye: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.ticket = secrets.token_urlsafe(24)
        self.post = post
        self.company_file = company_file
        self.last_error = ""
        self._work = work
        self._goodbye = goodbye
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, place: str, version: str) -> None:
        """The ERP has opened its books: what waits for it is begun. Twice is once."""
        if self._thread is not None or self._ended.is_set():
            return
        self.post.place, self.post.version = place, version
        self._thread = threading.Thread(target=self._run, name=f"call {self.name}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """The ERP has hung up, or another call has taken the place of this one."""
        if self._ended.is_set():
            return
        self._ended.set()
        self.post.close()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)
        else:
            self._goodbye()

    def _run(self) -> None:
        try:
            self._work(self.post)
        except Exception:  # the database is away: leases end by themselves
            log.exception("a call was broken off", connection=self.name)
            self.last_error = "Gatepost has trouble; it goes on with the next call"
        finally:
            self.post.finish()
            self._goodbye()  # the ERP may never say so itself


class Desk(Protocol):
    """Who lets ERPs in."""

    def recognise(self, key: str, user: str, password: str) -> str | None:
        """The name of the connection that is called over; None when the caller is a stranger."""

    def admit(self, name: str) -> Session | str:
        """A session, or why there is none: ``none`` or ``busy``, in the Web Connector's words."""

    def was_refused(self, session: Session, error: ConnectorError) -> None:
        """The ERP called and could not open its books."""


class Sessions:
    """The sessions that are open, by ticket; a connection has one at most."""

    def __init__(self) -> None:
        self._by_ticket: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, session: Session) -> None:
        with self._lock:
            self._by_ticket[session.ticket] = session

    def find(self, ticket: str) -> Session | None:
        return self._by_ticket.get(ticket)

    def close(self, session: Session) -> None:
        with self._lock:
            self._by_ticket.pop(session.ticket, None)
        session.end()

    def end_of(self, name: str) -> bool:
        """End what is open of a connection: the ERP has begun anew, so what was before is dead.

        Gives False, and ends nothing, while the ERP may be at work for another caller of that name.
        """
        open_ones = [one for one in list(self._by_ticket.values()) if one.name == name]
        if any(each.post.is_in_hand for each in open_ones):
            return False
        for each in open_ones:
            self.close(each)
        return True

    def end_all(self) -> None:
        for each in list(self._by_ticket.values()):
            self.close(each)
