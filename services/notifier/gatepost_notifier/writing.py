"""Writing the mails that tell what became of an item: rejected, failed to export, in the ERP."""

from typing import Any

from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company
from gatepost.domain.policies import (
    Addressee,
    failure_addressees,
    rejection_addressees,
    synced_addressees,
)
from gatepost.ledger import tables
from gatepost.ledger.work import Work
from gatepost.messages.requests import PostMail, TellOfFailure, TellOfRejection, TellOfSync
from gatepost_notifier.item_facts import currency_of, erp_of, facts_of, zone_of
from gatepost_notifier.letters import message_id, thread_id
from gatepost_notifier.reasons import why_failure, why_rejection, why_synced
from gatepost_notifier.rejections import rejection_of
from gatepost_notifier.rendering import Rendered, render
from gatepost_notifier.settings import notifier_settings
from gatepost_notifier.wording import moment, one_line, paragraph, times

NO_SERVER = "kept: no SMTP server is configured"
NOTHING = Rendered("", "", "")


def tell_of_rejection(message: TellOfRejection, work: Work) -> None:
    """Tell its creator and sender, and a project's approvers, that it was rejected, and why."""
    item, company = _subject(message.item_id, work)
    rejection = rejection_of(item, message.revision, company, work)
    currency = currency_of(item, work)
    for addressee in rejection_addressees(item, company):
        zone = zone_of(addressee.email, company)
        why = why_rejection(addressee.email, item)
        mail = render(
            f"rejection_{item.kind}",
            item=facts_of(item, company, zone, currency),
            company=one_line(company.name),
            comment=paragraph(rejection.comment),
            reason_code=one_line(rejection.reason_code),
            rejected_by=one_line(rejection.by),
            rejected_at=moment(rejection.at, zone),
            is_editable=rejection.stands,
            why=why,
        )
        _leave(mail, f"rejection_{item.kind}", item, addressee, why, work)


def tell_of_failure(message: TellOfFailure, work: Work) -> None:
    """Tell whoever accepted it and the operators what the ERP said, and who can fix it.

    One that was retried, rejected or sent again meanwhile needs nobody: that is written down.
    """
    item, company = _subject(message.item_id, work)
    if item.state is not State.FAILED or item.revision != message.revision or not item.cause:
        for addressee in failure_addressees(item, company):
            reason = f"dropped: it was {item.state} before this left"
            _note(NOTHING, "failed_export", item, addressee, "dropped", reason, work)
        return
    currency = currency_of(item, work)
    for addressee in failure_addressees(item, company):
        why = why_failure(addressee.email, item, company)
        mail = render(
            "failed_export",
            item=facts_of(item, company, zone_of(addressee.email, company), currency),
            company=one_line(company.name),
            erp=erp_of(company, work),
            cause=paragraph(item.cause.message, 2000),
            erp_code=one_line(item.cause.erp_code, 80),
            who_can_fix=paragraph(item.cause.who_can_fix, 500),
            tried=times(item.attempts),
            why=why,
        )
        _leave(mail, "failed_export", item, addressee, why, work)


def tell_of_sync(message: TellOfSync, work: Work) -> None:
    """Tell its creator and sender, where they asked for it, under which number the ERP has it."""
    item, company = _subject(message.item_id, work)
    if item.origin is None:  # unlinked meanwhile: it would not be true
        return
    for addressee in synced_addressees(item, company):
        why = why_synced(addressee.email, item)
        mail = render(
            "synced",
            item=facts_of(item, company, zone_of(addressee.email, company), item.currency),
            company=one_line(company.name),
            erp=erp_of(company, work),
            number=one_line(item.origin.code or item.origin.id, 80),
            why=why,
        )
        _leave(mail, "synced", item, addressee, why, work)


def _subject(item_id: str, work: Work) -> tuple[Item, Company]:
    item = work.item(item_id)
    return item, work.directory.company(item.company)


def _leave(
    mail: Rendered, template: str, item: Item, addressee: Addressee, why: str, work: Work
) -> None:
    """Leave a written mail to be posted; where there is no mail server it is only kept."""
    has_server = notifier_settings().server is not None
    reason = why if has_server else NO_SERVER
    mail_id = _note(mail, template, item, addressee, "written", reason, work)
    if has_server:
        work.send(PostMail(item_id=item.id, mail_id=mail_id))


def _note(
    mail: Rendered,
    template: str,
    item: Item,
    addressee: Addressee,
    status: str,
    reason: str,
    work: Work,
) -> str:
    mail_id = work.new_id()
    row: dict[str, Any] = {
        "company": item.company,
        "template": template,
        "item_id": item.id,
        "revision": item.revision,
        "recipient": addressee.email,
        "recipient_name": addressee.name,
        "message_id": message_id(mail_id),
        "thread": thread_id(item.id),
        "merged_into": None,
        "created_at": work.now,
        "sent_at": None,
    }
    texts = {"subject": mail.subject, "text": mail.text, "html": mail.html}
    work.add(tables.mails, id=mail_id, status=status, reason=reason, **texts, **row)
    return mail_id
