"""Every mail that was posted, the last five thousand, as its reader would see it."""

import email.message
import email.policy
import email.utils
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import Field

from gatepost_sandbox.store import Store
from gatepost_sandbox.wearing import Setting, Switch

Mail = dict[str, Any]

KEPT: Final = 5000


class MailMode(StrEnum):
    """What the mail server does when a mail has been handed over."""

    OK = "ok"  # takes it
    REFUSE = "refuse"  # answers with the code asked for; the mail is not kept
    HANG = "hang"  # answers 421 after the delay; the mail is not kept


class MailBehaviour(Setting):
    """One setting of the mail server's switch."""

    mode: MailMode = MailMode.OK
    code: int = Field(default=451, ge=400, le=599)
    delay: float = Field(default=60.0, ge=0, le=600)


class Mailbox:
    """The mails, and the switch that makes the server refuse them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.switch = Switch(MailBehaviour())

    def refuse_next(self, n: int = 1, code: int = 451) -> None:
        """Turn away the next ``n`` mails: a 4xx may be tried again, a 5xx may not."""
        self.switch.turn(MailBehaviour(mode=MailMode.REFUSE, code=code, for_next=n))

    def meet(self) -> MailBehaviour:
        return self.switch.meet(lambda behaviour: behaviour.mode is not MailMode.OK)

    def keep(self, mail: Mail) -> None:
        with self._store.transaction() as mails:
            kept = mails.execute("INSERT INTO mails (mail) VALUES (?)", (json.dumps(mail),))
            oldest = (kept.lastrowid or 0) - KEPT
            mails.execute("DELETE FROM mails WHERE id <= ?", (oldest,))

    def mails(self, newest: int = KEPT) -> list[Mail]:
        """In the order they were posted; ``newest`` leaves out all but the last so many."""
        query = """SELECT json_set(mail, '$.id', id) FROM
            (SELECT id, mail FROM mails ORDER BY id DESC LIMIT ?) ORDER BY id"""
        return [json.loads(mail) for mail in self._store.column(query, newest)]

    def mail(self, mail_id: int) -> Mail | None:
        query = "SELECT json_set(mail, '$.id', id) FROM mails WHERE id = ?"
        found = self._store.column(query, mail_id)
        return json.loads(found[0]) if found else None

    def clear(self) -> None:
        with self._store.transaction() as mails:
            mails.execute("DELETE FROM mails")


def opened(content: bytes, sender: str, recipients: list[str]) -> Mail:
    """A mail taken apart. ``to`` is who it was handed over for, whatever its headers say."""
    message = email.message_from_bytes(content, policy=email.policy.SMTP)
    headers: dict[str, str] = {}
    for name, value in message.items():
        text = _clean(str(value))
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return {
        "from": email.utils.parseaddr(headers.get("From", ""))[1] or _clean(sender),
        "to": [_clean(recipient) for recipient in recipients],
        "subject": headers.get("Subject", ""),
        "headers": headers,
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "received_at": datetime.now(UTC).isoformat(),
    }


def _part(message: email.message.EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    except LookupError:  # a character set nobody knows
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return _clean(content).replace("\r\n", "\n")


def _clean(text: str) -> str:
    """Bytes that were no UTF-8 are carried as lone surrogates, which no JSON can hold."""
    return text.encode("utf-8", "replace").decode()
