"""The front desk: who may call in, whether there is anything for them, and doing it."""

import hmac
import threading
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from gatepost.connectors.discovery import configure, load_connector
from gatepost.connectors.errors import ConfigurationError, ConnectorError
from gatepost.connectors.quickbooks import QuickBooksConfig
from gatepost.connectors.quickbooks.qwc import password_of, user_of
from gatepost.ledger import gates
from gatepost.ledger.directory import ConnectionEntry
from gatepost.ledger.tables import connections, messages
from gatepost.messages.requests import Export, LookUp, ReadErp
from gatepost.runtime.outside import LeasedHandler
from gatepost_exporter.calling_in.door import calls_in
from gatepost_exporter.calling_in.over_post import LinesOverPost
from gatepost_exporter.calling_in.post import Post
from gatepost_exporter.calling_in.sessions import Session
from gatepost_exporter.exporting import Exporting
from gatepost_exporter.reading import Reading

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

NOTHING: Final = "none"
BUSY: Final = "busy"
LINGER: Final = 1.0  # seconds a call is kept for what follows from what was just done
CALL_LEASE: Final = 2.0  # seconds until a dead exporter's call is over: renewed while it lives
PAUSE: Final = 0.05  # seconds between looks
EXPORTS: Final = (Export.TYPE,)
QUESTIONS: Final = (ReadErp.TYPE, LookUp.TYPE)


class FrontDesk:
    """Lets QuickBooks in, and has done what waits for it in the ledger."""

    def __init__(self, program: "Program") -> None:
        self._program = program
        self._ledger = program.ledger
        self._exporting = Exporting(program)
        self._stopping = threading.Event()

    def close(self) -> None:
        self._stopping.set()

    def recognise(self, key: str, user: str, password: str) -> str | None:
        """The connection, if the password is its own; see :class:`Desk`."""
        secret = self._program.settings.secret_key
        entry = self._ledger.directory().connection_of(user.partition("/")[0])
        if secret is None or entry is None or entry.key != key or not calls_in(entry):
            return None
        salt = _config(entry).password_salt
        wanted = password_of(secret.get_secret_value(), entry.company, entry.key, salt)
        known = hmac.compare_digest(wanted.encode(), password.strip().encode())
        name = user_of(entry.company, entry.key)
        return name if known and user == name else None

    def admit(self, name: str) -> Session | str:
        """A session, if anything waits and no other exporter has one; see :class:`Desk`."""
        entry = self._ledger.directory().connection_of(name.partition("/")[0])
        if entry is None or not self._note_call(entry):
            return NOTHING
        config = _config(entry)
        limits = self._exporting.lines.limits
        slots = limits.take(name, limit=1, wanted=1, lease=CALL_LEASE)
        if not slots.count:
            return BUSY
        return Session(
            name,
            Post(config.timeout),
            lambda post: self._work(entry, post),
            company_file=config.company_file if "\\" in config.company_file else "",
            goodbye=lambda: limits.give_back(name, slots.names),
        )

    def was_refused(self, session: Session, error: ConnectorError) -> None:
        """It stands where people look; another company file pauses, until somebody has seen to it."""
        company, _, key = session.name.partition("/")
        with self._ledger.work() as work:
            if isinstance(error, ConfigurationError):
                gates.pause(work, company, key, error.message)
            else:
                gates.kept_out(work, company, key, error.message)

    def _note_call(self, entry: ConnectionEntry) -> bool:
        """Write down that it has called; gives whether anything waits for it."""
        is_it = (connections.c.company == entry.company) & (connections.c.key == entry.key)
        waiting = sa.exists().where(messages.c.lease_token == _token(entry))
        with self._ledger.work() as work:
            row = work.connection.execute(sa.select(waiting)).scalar_one()
            seen = sa.update(connections).where(is_it).values(last_contact_at=work.now)
            work.connection.execute(seen)
        return bool(row)

    # --- what is done in a call ------------------------------------------------------------------

    def _work(self, entry: ConnectionEntry, post: Post) -> None:
        """Have done what waits, exports before questions, until nothing has come for a while."""
        with self._ledger.work() as work:
            gates.kept_out(work, entry.company, entry.key, "")  # it has opened its books
        lines = LinesOverPost(self._exporting.lines, entry, post)
        rooms = (
            (EXPORTS, self._handler(Exporting(self._program, lines))),
            (QUESTIONS, self._handler(Reading(self._program, lines))),
        )
        quiet = 0.0
        while post.is_open and quiet < LINGER and not self._stopping.is_set():
            if any(self._one(entry, types, handler) for types, handler in rooms):
                quiet = 0.0
            else:
                quiet += PAUSE
                self._stopping.wait(PAUSE)

    def _one(self, entry: ConnectionEntry, types: tuple[str, ...], handler: LeasedHandler) -> bool:
        with self._ledger.work() as work:
            message_id = self._ledger.let_go(work, _token(entry), types)
        if message_id is None:
            return False
        handler([message_id])
        return True

    def _handler(self, outside: Exporting | Reading) -> LeasedHandler:
        attempts = self._program.settings.handler_attempts
        return LeasedHandler(self._ledger, outside, dispatch=lambda ids: None, attempts=attempts)


def _token(entry: ConnectionEntry) -> str:
    return gates.call_token(entry.company, entry.key)


def _config(entry: ConnectionEntry) -> QuickBooksConfig:
    config: Any = configure(load_connector(entry.connector), entry.options)
    assert isinstance(config, QuickBooksConfig), "the only one that calls in"  # noqa: S101
    return config
