"""Notifier: writes the mails, and posts them."""

from gatepost.messages.requests import Summarize, TellOfFailure, TellOfRejection, TellOfSync
from gatepost.messages.routes import Queue
from gatepost.runtime.service import Service
from gatepost_notifier.posting import Posting
from gatepost_notifier.settings import NotifierSettings
from gatepost_notifier.summarizing import Planning, summarize
from gatepost_notifier.writing import tell_of_failure, tell_of_rejection, tell_of_sync

service = Service(
    "notifier",
    queue=Queue.NOTIFY,
    handlers={
        TellOfRejection: tell_of_rejection,
        TellOfFailure: tell_of_failure,
        TellOfSync: tell_of_sync,
    },
    batches={Summarize: summarize},
    outside={Queue.POST: Posting},
    background=(Planning,),
    threads=2,  # mails are written while another thread waits for the mail server
    settings=NotifierSettings,
)
