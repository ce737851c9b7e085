"""Writing the mails that tell what became of an item: rejected, failed to export, in the ERP."""

from gatepost.domain.items import Item
from gatepost.domain.people import Company
from gatepost.domain.policies import (
    failure_addressees,
    rejection_addressees,
    synced_addressees,
)
from gatepost.ledger.work import Work
from gatepost.messages.requests import PostMail, TellOfFailure, TellOfRejection, TellOfSync
from gatepost_notifier.gathering import Alert, why_seen_to
from gatepost_notifier.item_facts import currency_of, erp_of, facts_of, zone_of
from gatepost_notifier.noting import leave, note
from gatepost_notifier.reasons import why_failure, why_rejection, why_synced
from gatepost_notifier.rejections import rejection_of
from gatepost_notifier.rendering import render
from gatepost_notifier.wording import moment, one_line, paragraph


def tell_of_rejection(message: TellOfRejection, work: Work) -> None:
    """Tell its creator and sender, and a project's approvers, that it was rejected, and why."""
    item, company = _subject(message.item_id, work)
    rejection = rejection_of(item, message.revision, company, work)
    currency = currency_of(item, work)
    for addressee in rejection_addressees(item, company):
        zone = zone_of(addressee.email, company)
        why = why_rejection(addressee.email, item, company)
        mail = render(
            f"rejection_{item.kind}",
            item=facts_of(item, company, addressee.email, currency),
            company=one_line(company.name),
            comment=paragraph(rejection.comment),
            reason_code=one_line(rejection.reason_code),
            rejected_by=one_line(rejection.by),
            rejected_at=moment(rejection.at, zone),
            is_editable=rejection.stands,
            why=why,
        )
        leave(mail, f"rejection_{item.kind}", company.key, addressee, why, work, item=item)


def tell_of_failure(message: TellOfFailure, work: Work) -> None:
    """Tell whoever accepted it and the operators what the ERP said, and who can fix it.

    What failed meanwhile goes into the same mail, grouped by cause. One that was retried, rejected
    or sent again needs nobody: that is written down.
    """
    item, company = _subject(message.item_id, work)
    seen_to = why_seen_to(Alert("", item.id, message.revision), item)
    for addressee in failure_addressees(item, company):
        status = "dropped" if seen_to else "waiting"
        reason = seen_to or why_failure(addressee.email, item, company)
        mail_id = note("failed_export", company.key, addressee, status, reason, work, item=item)
        if not seen_to:
            post = PostMail(item_id=item.id, mail_id=mail_id)
            work.send(post, once=("failed_export", company.key, addressee.email))


def tell_of_sync(message: TellOfSync, work: Work) -> None:
    """Tell its creator and sender, where they asked for it, under which number the ERP has it."""
    item, company = _subject(message.item_id, work)
    if item.origin is None:  # unlinked meanwhile: it would not be true
        return
    for addressee in synced_addressees(item, company):
        why = why_synced(addressee.email, item)
        mail = render(
            "synced",
            item=facts_of(item, company, addressee.email, item.currency),
            company=one_line(company.name),
            erp=erp_of(company, work),
            number=one_line(item.origin.code or item.origin.id, 80),
            why=why,
        )
        leave(mail, "synced", company.key, addressee, why, work, item=item)


def _subject(item_id: str, work: Work) -> tuple[Item, Company]:
    item = work.item(item_id)
    return item, work.directory.company(item.company)
