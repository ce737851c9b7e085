"""The secrets that webhooks are signed with: derived from the key of the settings, never stored.

A row holds a salt and a fingerprint; without ``GATEPOST_SECRET_KEY`` nobody can make a signature
of them. The fingerprint tells when the key is not the one the secret was derived with.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

PREFIX: Final = "whsec_"  # Standard Webhooks: so that scanners for leaked secrets know one
_PURPOSE: Final = b"gatepost webhook secret 1\0"


@dataclass(frozen=True, slots=True)
class Secret:
    """The key of one webhook's signatures."""

    key: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """As Standard Webhooks writes it, to be shown once: ``whsec_...``."""
        return PREFIX + base64.b64encode(self.key).decode()

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.key).hexdigest()[:16]


def new_salt() -> str:
    return secrets.token_hex(16)


def derive(secret_key: str, webhook_id: str, salt: str) -> Secret:
    """The secret of a webhook; another salt gives another."""
    said = _PURPOSE + f"{webhook_id}:{salt}".encode()
    return Secret(hmac.digest(secret_key.encode(), said, "sha256"))
