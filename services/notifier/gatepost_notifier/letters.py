"""Letters: a mail's row as the message that goes over the wire."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from gatepost.ledger.mail_secrets import MailSecrets
from gatepost_notifier.folding import FOLDING
from gatepost_notifier.settings import notifier_settings, secret_key
from gatepost_notifier.wording import one_line


def message_id(mail_id: str) -> str:
    """A mail's Message-ID: the same however often it is posted, so that one may be told from two."""
    return f"<mail.{mail_id}@{notifier_settings().sender.domain}>"


def thread_id(item_id: str) -> str:
    """The root of all mails about an item: no mail has this id, all refer to it."""
    return f"<item.{item_id}@{notifier_settings().sender.domain}>"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is posted of a mail's row; its secrets are filled in on the way out."""

    recipient: str
    recipient_name: str
    reason: str
    message_id: str
    thread: str
    subject: str
    text: str
    html: str
    written_at: datetime
    mail_id: str = ""  # its row's: what only the mail itself holds is derived from it

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Letter":
        """The letter in a row of the table ``mails``."""
        named = {"written_at": "created_at", "mail_id": "id"}
        return cls(**{name: row[named.get(name, name)] for name in cls.__dataclass_fields__})


def compose(letter: Letter) -> bytes:
    """The letter as it goes over the wire; the same letter always makes the same bytes.

    Raises:
        ValueError: the recipient is no mail address.

    """
    message = EmailMessage(policy=FOLDING.clone(utf8=needs_utf8(letter)))
    message["From"] = notifier_settings().sender
    message["To"] = _address(letter)
    message["Subject"] = one_line(letter.subject, 1000)
    message["Date"] = letter.written_at
    message["Message-ID"] = letter.message_id
    if letter.thread:
        message["In-Reply-To"] = message["References"] = letter.thread
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message["X-Gatepost-Reason"] = one_line(letter.reason)
    secrets = MailSecrets(secret_key(), letter.mail_id, letter.recipient)
    message.set_content(secrets.fill(letter.text))
    message.add_alternative(secrets.fill(letter.html), subtype="html")
    message.set_boundary(f"=_{letter.message_id.strip('<>').partition('@')[0]}")
    return message.as_bytes()


def needs_utf8(letter: Letter) -> bool:
    """Whether the address itself has more than ASCII, which not all mail servers take (RFC 6531)."""
    return not letter.recipient.isascii()


def _address(letter: Letter) -> Address:
    name = one_line(letter.recipient_name, 100)
    user, _, domain = letter.recipient.rpartition("@")
    try:
        if needs_utf8(letter):  # the strict parser knows ASCII alone
            return Address(name, user, domain)
        return Address(name, addr_spec=letter.recipient)
    except Exception as error:  # the parser of addresses raises whatever comes to it
        raise ValueError(f"{letter.recipient!r} is no mail address") from error
