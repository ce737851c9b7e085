"""Noting mails: each is a row with its reason, whether it is to be posted or not."""

from gatepost.domain.items import Item
from gatepost.domain.policies import Addressee
from gatepost.ledger import tables
from gatepost.ledger.work import Work
from gatepost.messages.requests import PostMail
from gatepost_notifier.letters import message_id, thread_id
from gatepost_notifier.rendering import Rendered
from gatepost_notifier.settings import notifier_settings

NO_SERVER = "kept: no SMTP server is configured"
NOTHING = Rendered("", "", "")


def leave(
    mail: Rendered,
    template: str,
    company: str,
    addressee: Addressee,
    why: str,
    work: Work,
    *,
    item: Item | None = None,
    mail_id: str = "",
) -> None:
    """Leave a written mail to be posted; where there is no mail server it is only kept.

    Args:
        mail: what it says.
        template: what it was made of.
        company: whose mail it is.
        addressee: who gets it.
        why: and why.
        work: the transaction.
        item: what it is about, where that is one item.
        mail_id: its id, where there may be only one such mail; one that exists stays as it is.

    """
    has_server = notifier_settings().server is not None
    reason = why if has_server else NO_SERVER
    found = note(
        template, company, addressee, "written", reason, work, item=item, mail=mail, mail_id=mail_id
    )
    if has_server:
        work.send(PostMail(item_id=item.id if item else "", mail_id=found))


def note(
    template: str,
    company: str,
    addressee: Addressee,
    status: str,
    reason: str,
    work: Work,
    *,
    item: Item | None = None,
    mail: Rendered = NOTHING,
    mail_id: str = "",
) -> str:
    """Write a mail's row; gives its id."""
    found = mail_id or work.new_id()
    work.add(
        tables.mails,
        id=found,
        company=company,
        template=template,
        item_id=item.id if item else None,
        revision=item.revision if item else None,
        recipient=addressee.email,
        recipient_name=addressee.name,
        status=status,
        reason=reason,
        merged_into=None,
        message_id=message_id(found),
        thread=thread_id(item.id) if item else "",
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        created_at=work.now,
        sent_at=None,
    )
    return found
