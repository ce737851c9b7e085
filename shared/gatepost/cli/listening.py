"""``gatepost listen``: follows what Gatepost tells the outside, as it happens."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from gatepost.cli.naming import item_id_of
from gatepost.cli.opening import open_ledger, open_settings
from gatepost.cli.talking import AsJson, say, show, show_json_line, warn

if TYPE_CHECKING:
    from gatepost.ledger.ledger import Ledger
    from gatepost.runtime.settings import Settings

POLL_SECONDS: Final = 0.5
_NOTHING: Final = str(UUID(int=0))
#: Of an event's data, what its line has shown already or nobody reads on a line.
SHOWN_ALREADY: Final = frozenset(
    {"item_id", "company", "kind", "external_id", "revision", "state", "badge", "editable"}
)


def listen(
    item: Annotated[
        str | None, typer.Option("--item", metavar="ID", help="Only what is about this one.")
    ] = None,
    company: Annotated[
        str | None, typer.Option("--company", help="Only what is about this one's items.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow gatepost.events until Ctrl-C: everything from the line that says so.

    Embedded, where there is no RabbitMQ, the history of the items is followed instead.
    """
    settings = open_settings()
    wanted = Wanted(item_id_of(item) if item else None, company)
    try:
        if settings.is_embedded:
            _follow_history(settings, wanted, as_json=as_json)
        else:
            _follow_events(settings.amqp_url.get_secret_value(), wanted, as_json=as_json)
    except KeyboardInterrupt:
        say("")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listened for: one item, one company, or everything."""

    item_id: str | None = None
    company: str | None = None

    def has(self, data: dict[str, Any]) -> bool:
        return self.item_id in (None, data["item_id"]) and self.company in (None, data["company"])

    @property
    def binding(self) -> str:
        """The routing keys it comes under. A company's key may hold dots: ``has`` is exact."""
        return f"{self.company}.#" if self.company else "#"


def _follow_events(url: str, wanted: Wanted, *, as_json: bool) -> None:
    """A queue of our own, which is gone when we are: nobody else misses an event for it.

    It is bound before we say that we listen, so nothing is missed from then on; unless RabbitMQ
    goes away, and the queue with it, which is said.
    """
    from pika.exceptions import AMQPConnectionError

    from gatepost.runtime.relay import declare_topology

    declare_topology(url)
    while True:
        try:
            _listen(url, wanted, as_json=as_json)
        except AMQPConnectionError:
            warn("RabbitMQ went away; what happens until it is back is not seen here")
            _until_it_is_back(url)


def _listen(url: str, wanted: Wanted, *, as_json: bool) -> None:
    import orjson
    import pika

    from gatepost.messages.routes import EVENTS_EXCHANGE
    from gatepost.runtime.broker import parameters

    connection = pika.BlockingConnection(parameters(url))
    try:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, wanted.binding)
        say("listening to gatepost.events; Ctrl-C ends it")
        for _method, _properties, body in channel.consume(queue, auto_ack=True, exclusive=True):
            event = orjson.loads(body)
            if wanted.has(event["data"]):
                show_json_line(event) if as_json else show(_line_of_event(event))
    finally:
        if connection.is_open:
            connection.close()


def _until_it_is_back(url: str) -> None:
    from pika.exceptions import AMQPError

    from gatepost.runtime.relay import declare_topology

    while True:
        time.sleep(POLL_SECONDS)
        try:
            declare_topology(url)
        except (AMQPError, OSError):
            continue
        return


def _line_of_event(event: dict[str, Any]) -> str:
    data = event["data"]
    subject = event.get("subject") or "unknown"
    fact = event["type"].split(".")[2]
    more = {name: value for name, value in data.items() if name not in SHOWN_ALREADY and value}
    told = " ".join(f"{name}={_brief(value)}" for name, value in more.items())
    head = f"{event['time'][11:19]}  {subject} rev {data['revision']}  {fact}"
    return f"{head}  {told}".rstrip()


def _brief(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("message") or value.get("id") or value)
    if isinstance(value, list):
        return "; ".join(_brief(each) for each in value)
    return str(value)


def _follow_history(settings: "Settings", wanted: Wanted, *, as_json: bool) -> None:
    with open_ledger(settings) as ledger:
        last = _newest(ledger)
        say("no RabbitMQ is set (GATEPOST_AMQP_URL): following the history instead; Ctrl-C ends it")
        for row in _news(ledger, last, wanted):
            if as_json:
                show_json_line(row)
                continue
            told = f"{row['comment']}  " if row["comment"] else ""
            head = f"{row['at']:%H:%M:%S}  {row['subject']} rev {row['revision']}  {row['what']}"
            show(f"{head}  {told}by {row['by']} ({row['channel']})")


def _newest(ledger: "Ledger") -> str:
    from gatepost.ledger.tables import history

    newest = history.select().with_only_columns(history.c.id).order_by(history.c.id.desc()).limit(1)
    with ledger.database.reading() as connection:
        return connection.execute(newest).scalar() or _NOTHING


def _news(ledger: "Ledger", last: str, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Rows of the history after ``last``, in the order they become visible."""
    import sqlalchemy as sa

    from gatepost.ledger.tables import history, items

    subject = items.c.company + "/" + items.c.kind + "/" + items.c.external_id
    joined = sa.join(history, items, history.c.item_id == items.c.id)
    statement = sa.select(history, subject.label("subject")).select_from(joined)
    if wanted.item_id:
        statement = statement.where(history.c.item_id == wanted.item_id)
    if wanted.company:
        statement = statement.where(history.c.company == wanted.company)
    since, seen = last, {last}
    while True:
        newer = statement.where(history.c.id > since).order_by(history.c.id)
        with ledger.database.reading() as connection:
            rows = [dict(row) for row in connection.execute(newer).mappings()]
        for row in rows:
            if row["id"] not in seen:
                yield row
        # An id is older than its commit: those of the last minute are looked at again.
        since = max(since, *(_a_minute_before(row["id"]) for row in rows)) if rows else since
        seen = {*(each for each in seen if each > since), *(row["id"] for row in rows)}
        time.sleep(POLL_SECONDS)


def _a_minute_before(row_id: str) -> str:
    """The lowest UUIDv7 of a minute before the one given: its first 48 bits are milliseconds."""
    moment = max(0, int(row_id.replace("-", "")[:12], 16) - 60_000)
    return str(UUID(int=moment << 80))
