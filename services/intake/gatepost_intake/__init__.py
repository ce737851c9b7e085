"""Intake: hears what sources send, checks it, stores the items.

RabbitMQ's queue ``intake`` is the one place where the broker is the record, so it is read by our own
consumer that acknowledges after the commit. Events from the API stand in the ledger already.
"""

from gatepost.messages.requests import Receive
from gatepost.messages.routes import Queue
from gatepost.runtime.service import Service
from gatepost_intake.listening import Listening
from gatepost_intake.receiving import receive_from_ledger
from gatepost_intake.settings import IntakeSettings

service = Service(
    "intake",
    queue=Queue.INTAKE_LEDGER,
    batches={Receive: receive_from_ledger},
    background=(Listening,),
    settings=IntakeSettings,
)
