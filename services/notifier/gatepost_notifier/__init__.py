"""Notifier: writes the mails, and posts them; tells webhooks what happened."""

from gatepost.messages.requests import (
    MailSignInCode,
    Summarize,
    TellOfFailure,
    TellOfRejection,
    TellOfSync,
)
from gatepost.messages.routes import Queue
from gatepost.runtime.service import Service
from gatepost_notifier.announcing import Announcing
from gatepost_notifier.posting import Posting
from gatepost_notifier.settings import NotifierSettings
from gatepost_notifier.signing_in import mail_sign_in_code
from gatepost_notifier.summarizing import Planning, summarize
from gatepost_notifier.writing import tell_of_failure, tell_of_rejection, tell_of_sync

service = Service(
    "notifier",
    queue=Queue.NOTIFY,
    handlers={
        TellOfRejection: tell_of_rejection,
        TellOfFailure: tell_of_failure,
        TellOfSync: tell_of_sync,
        MailSignInCode: mail_sign_in_code,
    },
    batches={Summarize: summarize},
    outside={Queue.POST: Posting, Queue.WEBHOOKS: Announcing},
    background=(Planning,),
    threads=6,  # two for the mails, however slow the endpoints of webhooks are: see announcing.PARCELS
    settings=NotifierSettings,
)
