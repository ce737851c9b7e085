"""The map of the product on one screen: which message goes to which queue."""

from enum import StrEnum
from typing import Final

from gatepost.messages import requests
from gatepost.messages.requests import Message

ITEMS_EXCHANGE: Final = "gatepost.items"  # topic: sources publish here, <company>.<kind>.<verb>
EVENTS_EXCHANGE: Final = "gatepost.events"  # topic: results go out here, <company>.<kind>.<event>
UNROUTABLE: Final = "gatepost.unroutable"
DEAD: Final = "gatepost.dead"


class Queue(StrEnum):
    """Where work waits."""

    INTAKE = "intake"  # events from the sources: the one queue that is itself the record
    INTAKE_LEDGER = "intake.ledger"  # events that stand in the ledger
    APPROVAL = "approval"
    EXPORT = "export"  # and lanes: export.<lane>
    READ = "read"  # questions to the ERPs: what they have, and whether they still have it
    NOTIFY = "notify"  # mails to be written
    POST = "notify.post"  # mails to be posted
    WEBHOOKS = "notify.webhooks"  # events to be posted to webhooks
    FAILED_TO_EXPORT = "failed-to-export"  # every failed export, for whoever wants to watch it
    EVENTS = "events"  # no queue of RabbitMQ: rows the relay publishes to the outside


ROUTES: Final[dict[type[Message], Queue]] = {
    requests.Receive: Queue.INTAKE_LEDGER,
    requests.Review: Queue.APPROVAL,
    requests.Decide: Queue.APPROVAL,
    requests.DecideRecord: Queue.APPROVAL,
    requests.Export: Queue.EXPORT,
    requests.ReadErp: Queue.READ,
    requests.SyncByItself: Queue.READ,
    requests.LookUp: Queue.READ,
    requests.PostMail: Queue.POST,
    requests.MailSignInCode: Queue.NOTIFY,
    requests.Deliver: Queue.WEBHOOKS,
    requests.TellOfRejection: Queue.NOTIFY,
    requests.TellOfFailure: Queue.NOTIFY,
    requests.TellOfSync: Queue.NOTIFY,
    requests.Summarize: Queue.NOTIFY,
}


def queue_of(message: Message) -> str:
    """The queue a message waits in; exports of a connection set apart have a lane of their own."""
    queue = ROUTES[type(message)]
    if isinstance(message, requests.Export) and message.lane:
        return f"{queue}.{message.lane}"
    return queue
