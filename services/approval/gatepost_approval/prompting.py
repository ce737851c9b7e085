"""Prompting: an item arrived. The company's setting accepts it, or its approvers are alerted."""

from gatepost.domain.decisions import AUTO_ACCEPT, Decision, Verdict
from gatepost.domain.errors import Incomplete, NotSendable
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company
from gatepost.domain.policies import Addressee, accepts_by_itself, alert_addressees
from gatepost.ledger import tables
from gatepost.ledger.objecting import complete
from gatepost.ledger.work import Work
from gatepost.messages.requests import PostMail, Review
from gatepost_approval.accepting import pass_on


def review(message: Review, work: Work) -> None:
    """Put an arrival before whoever decides on it. One that moved on meanwhile is left alone."""
    item = work.find(message.item_id)
    if item is None or item.state is not State.SENT or item.revision != message.revision:
        return
    company = work.directory.company(item.company)
    if accepts_by_itself(company.settings, item) and _is_accepted(item, company, work):
        return
    for addressee in alert_addressees(item, company):
        _alert(item, company, addressee, work)


def _is_accepted(item: Item, company: Company, work: Work) -> bool:
    """Accept it by the setting, unless only a person can say what its ERP asks, or it could not be written.

    It waits for a person then, as any item does: an alert says that it is there, its history why.
    """
    decision = Decision(Verdict.ACCEPT, AUTO_ACCEPT, item.revision, channel="setting")
    try:
        item.entries = complete(item, {}, work)
    except (Incomplete, NotSendable) as missing:
        why = "not accepted by the setting"
        work.record(item, why, by=AUTO_ACCEPT.email, channel="setting", comment=str(missing))
        return False
    item.accept(decision, company, work.now)
    pass_on(item, decision, work)
    return True


def _alert(item: Item, company: Company, addressee: Addressee, work: Work) -> None:
    """Leave an alert for one person, or write down why it is held back.

    Alerts of one person that wait go out as one mail: whichever is posted first takes them all.
    """
    mail_id = work.new_id()
    work.add(
        tables.mails,
        id=mail_id,
        company=company.key,
        template="alert",
        item_id=item.id,
        revision=item.revision,
        recipient=addressee.email,
        recipient_name=addressee.name,
        status="held_back" if addressee.held_back else "waiting",
        reason=f"held back: {addressee.held_back}"
        if addressee.held_back
        else "it needs a decision",
        merged_into=None,
        message_id="",
        thread="",
        subject="",
        text="",
        html="",
        created_at=work.now,
        sent_at=None,
    )
    if not addressee.held_back:
        work.send(PostMail(item_id=item.id, mail_id=mail_id), once=(company.key, addressee.email))
