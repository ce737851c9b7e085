"""The gate of a connection, as people move it: paused for a while, resumed at once."""

from datetime import datetime

import sqlalchemy as sa

from gatepost.connectors.discovery import configure, load_connector
from gatepost.connectors.errors import ConnectorError, Unavailable
from gatepost.connectors.port import CallsIn
from gatepost.ledger.tables import connections, items, messages
from gatepost.ledger.work import Work
from gatepost.messages.requests import Export


def pause(work: Work, company: str, key: str, because: str) -> None:
    """Stop exporting over a connection until somebody resumes it; what is accepted waits."""
    work.connection.execute(_of(company, key).values(paused=True, paused_because=because))


def kept_out(work: Work, company: str, key: str, because: str) -> None:
    """Note why an ERP that called could not open its books; empty: it could.

    What waits for it says so when it is looked at next, which is now. A pause keeps its own reason.
    """
    row = connections.c
    news = sa.and_(row.company == company, row.key == key, ~row.paused,
                   row.paused_because != because)  # fmt: skip
    noted = sa.update(connections).where(news).values(paused_because=because)
    if work.connection.execute(noted).rowcount and because:
        held = messages.c.lease_token == call_token(company, key)
        work.connection.execute(sa.update(messages).where(held).values(due_at=work.now))


def resume(work: Work, company: str, key: str) -> int:
    """Export again, at once: pause and breaker are forgotten; gives how many exports are due now."""
    calm = {"paused": False, "paused_because": "", "open_until": None, "failures": 0}
    work.connection.execute(_of(company, key).values(**calm))
    return _make_due(work, company)


def ask(row: sa.RowMapping) -> str:
    """Ask the ERP of a connection whether it answers with these credentials; gives what it said.

    Raises:
        ConnectorError: it does not, or the options do not fit.

    """
    kind = load_connector(row["connector"])
    connector = kind(configure(kind, row["options"]))
    try:
        if isinstance(connector, CallsIn):
            return _when_it_called(connector.profile.title, row) + paused(row)
        return connector.check() + paused(row)
    except ConnectorError as error:
        error.message += paused(row)
        raise
    finally:
        connector.close()


def paused_because(row: sa.RowMapping) -> str:
    """Why a connection is paused; empty where it is not, and the column tells what kept its ERP out."""
    return str(row["paused_because"]) if row["paused"] else ""


def paused(row: sa.RowMapping) -> str:
    """That a connection is paused, and why, to stand after what is said of it; else empty."""
    return f"; it is paused: {row['paused_because']}" if row["paused"] else ""


def call_token(company: str, key: str) -> str:
    """The token of what waits until the ERP of a connection calls in."""
    return f"call:{company}/{key}"


def waiting_for_call(connection: sa.Connection, row: sa.RowMapping, now: datetime) -> str:
    """What waits until the ERP of a connection calls in, in a sentence; empty where nothing does."""
    token = call_token(row["company"], row["key"])
    waiting = sa.select(sa.func.count()).where(messages.c.lease_token == token)
    count = connection.execute(waiting).scalar_one()
    if not count:
        return ""
    title = load_connector(row["connector"]).profile.title
    return f"{count} waiting for {not_called(title, row, now)}"


def not_called(title: str, row: sa.RowMapping, now: datetime) -> str:
    """An ERP that calls in, when it did last, and what kept it out: its silence is nothing strange."""
    last: datetime | None = row["last_contact_at"]
    if last is None:
        return f"{title}, which has not called yet"
    at = f"{last:%H:%M}" if last.date() == now.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{title}, last seen {at} UTC{_kept_out_by(row)}"


def _kept_out_by(row: sa.RowMapping) -> str:
    why = "" if row["paused"] else row["paused_because"]
    return f": {why}" if why else ""


def _when_it_called(title: str, row: sa.RowMapping) -> str:
    last: datetime | None = row["last_contact_at"]
    if last is None:
        raise Unavailable(f"{title} has not called yet; it calls in by itself")
    seen = f"it was last seen {last:%Y-%m-%d %H:%M} UTC"
    return f"{title} calls in by itself; {seen}{_kept_out_by(row)}"


def _make_due(work: Work, company: str) -> int:
    """Offer the exports that wait for the ERP to the exporter now.

    Only what was put off by itself: a leased request is with an exporter, a parked one waits for a
    person, one that nobody has tried yet is in its grace window. And never one whose earlier call is
    unsettled: looking before the ERP is done with it would write it twice.
    """
    of_company = sa.select(items.c.id).where(items.c.company == company, ~items.c.unsettled)
    put_off = sa.and_(
        messages.c.type == Export.TYPE,
        messages.c.lease_token == sa.cast(messages.c.id, sa.Text),
        messages.c.due_at > work.now,
        messages.c.last_error.is_not(None),
        messages.c.item_id.in_(of_company),
    )
    statement = sa.update(messages).where(put_off).values(due_at=work.now)
    return work.connection.execute(statement).rowcount


def _of(company: str, key: str) -> sa.Update:
    return sa.update(connections).where(connections.c.company == company, connections.c.key == key)
