"""Approval: prompts the approvers, records what people decide, accepts by itself where told to."""

from gatepost.messages.requests import Decide, DecideRecord, Review
from gatepost.messages.routes import Queue
from gatepost.runtime.service import Service
from gatepost_approval.deciding import decide
from gatepost_approval.importing import decide_record
from gatepost_approval.prompting import review

service = Service(
    "approval",
    queue=Queue.APPROVAL,
    handlers={Review: review, Decide: decide, DecideRecord: decide_record},
)
