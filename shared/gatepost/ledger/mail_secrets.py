"""What only a mail itself holds: the tokens of its links and its code, derived from the settings' key.

A mail's row has marks in their places. They are filled in when the mail goes over the wire, so whoever
reads the database, its backups or the log of mails can neither decide nor sign in with them.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final

DIGITS: Final = 6
_TOKEN: Final = b"gatepost decision token 1\0"
_CODE: Final = b"gatepost decision code 1\0"
_MARK: Final = b"gatepost decision mark 1\0"
_MARKS: Final = re.compile(r"m([0-9a-f]{32})~(?:code|([0-9a-f-]{36})~([0-9]{1,10}))")
_NO_CODE: Final = "······"
_NO_LINK: Final = "in-the-mail-itself"


@dataclass(frozen=True, slots=True)
class MailSecrets:
    """The secrets of one mail to one person."""

    key: str = field(repr=False)
    mail_id: str
    email: str

    def link_mark(self, item_id: str, revision: int) -> str:
        """What stands in the mail's row for the token of a link."""
        return f"{self._mark}~{item_id}~{revision}"

    @property
    def code_mark(self) -> str:
        """What stands there for the code."""
        return f"{self._mark}~code"

    def token(self, item_id: str, revision: int) -> str:
        """The token of the link to one revision of an item: 256 bits."""
        said = "\0".join((self.mail_id, self.email.lower(), item_id, str(revision)))
        digest = hmac.digest(self.key.encode(), _TOKEN + said.encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def code(self) -> str:
        """The six digits of the mail."""
        said = "\0".join((self.mail_id, self.email.lower()))
        digest = hmac.digest(self.key.encode(), _CODE + said.encode(), "sha256")
        return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}}"

    def fill(self, text: str) -> str:
        """The text with the secrets in their places; marks of other mails stay."""
        own = self._mark[1:]

        def secret(found: re.Match[str]) -> str:
            if found[1] != own:
                return found[0]
            return self.token(found[2], int(found[3])) if found[2] else self.code

        return _MARKS.sub(secret, text)

    @property
    def _mark(self) -> str:
        # Nobody who writes an item's title can guess it, so none gets a secret into a place of theirs.
        digest = hmac.digest(self.key.encode(), _MARK + self.mail_id.encode(), "sha256")
        return f"m{digest[:16].hex()}"


def without_marks(text: str) -> str:
    """A mail's text as its log shows it."""
    return _MARKS.sub(lambda found: _NO_LINK if found[2] else _NO_CODE, text)


def hash_of(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
