"""The ways an event takes from the command line to intake; each tells at once what it can tell."""

import http.client
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gatepost.cli.events import Event
from gatepost.cli.talking import Exit, fail

if TYPE_CHECKING:
    from gatepost.ledger.work import Work
    from gatepost.runtime.settings import Settings

Carrier = Callable[[Event], str]
"""Sends one event; gives the reason where it was refused, else nothing."""

STRUCTURED: Final = "application/cloudevents+json"
TIMEOUT: Final = 30.0  # seconds


@contextmanager
def over_amqp(url: str) -> Generator[Carrier]:
    """Publish to ``gatepost.items``: persistent, each confirmed; intake answers with events."""
    import pika
    from pika.exceptions import NackError, UnroutableError

    from gatepost.messages.routes import ITEMS_EXCHANGE
    from gatepost.runtime.broker import parameters
    from gatepost.runtime.relay import declare_topology

    declare_topology(url)  # whoever is first: an event must find the queue
    with closing(pika.BlockingConnection(parameters(url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()

        def publish(event: Event) -> str:
            properties = pika.BasicProperties(
                content_type=STRUCTURED, delivery_mode=2, message_id=str(event.document.get("id"))
            )
            body = json.dumps(event.document).encode()
            try:
                channel.basic_publish(
                    ITEMS_EXCHANGE, event.routing_key, body, properties, mandatory=True
                )
            except (NackError, UnroutableError):
                return "RabbitMQ did not take it"
            return ""

        yield publish


@contextmanager
def over_http(url: str, token: str) -> Generator[Carrier]:
    """``POST /v1/events``: the answer names every reason at once."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fail(f"{url} is no address of a console", Exit.USAGE)
    secure = parts.scheme == "https"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    headers = {"Content-Type": STRUCTURED, "Authorization": f"Bearer {token}"}
    path = parts.path.rstrip("/") + "/v1/events"
    with closing(make(parts.hostname, parts.port, timeout=TIMEOUT)) as connection:

        def post(event: Event) -> str:
            try:
                connection.request("POST", path, json.dumps(event.document).encode(), headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                fail(f"{url} does not answer: {error}")
            if response.status in (401, 403):
                fail(_reason(response.status, answer), Exit.NOT_ALLOWED)
            return "" if response.status in (200, 202) else _reason(response.status, answer)

        yield post


def _reason(status: int, answer: bytes) -> str:
    """What an answer after RFC 9457 says, every reason of it."""
    try:
        problem: dict[str, Any] = json.loads(answer)
        errors = [str(each["message"]) for each in problem.get("errors") or ()]
        return "; ".join(errors) or str(problem.get("detail") or problem["title"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"the answer was {status}"


@contextmanager
def into_the_ledger(settings: "Settings") -> Iterator[Carrier]:
    """Leave events in the ledger of an embedded program, which takes them within a second.

    What the rules say against one is said at once; it is handed over all the same, so that intake
    refuses it as it would any other: with an event, and a place in quarantine.
    """
    from gatepost.cli.opening import open_ledger
    from gatepost.messages.requests import Receive

    with open_ledger(settings) as ledger:

        def leave(event: Event) -> str:
            with ledger.work() as work:
                body = json.dumps(event.document)
                work.send(Receive(item_id="", body=body, channel="cli"))
                return _objections(body, work)

        yield leave


def _objections(body: str, work: "Work") -> str:
    """Everything against an event, as far as it can be told before it is stored."""
    from gatepost.domain.errors import Refusal
    from gatepost.ledger.admission import examine, read_or_refuse
    from gatepost.messages.cloud_events import Unintelligible, read
    from gatepost.messages.item_events import ITEM_SENT, check_type

    try:
        envelope = read(body.encode())
        check_type(envelope)
        if envelope.type != ITEM_SENT:
            return ""
        admission = examine(*read_or_refuse(envelope, work), work)
        if not admission.only_lacks_its_parent:  # which may stand right before it in the file
            admission.check()
    except Unintelligible as error:
        return str(error)
    except Refusal as refusal:
        return "; ".join(problem.message for problem in refusal.problems)
    return ""
