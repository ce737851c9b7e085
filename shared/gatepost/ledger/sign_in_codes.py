"""The codes that people sign in with: derived from the key of the settings, never stored.

Whoever reads the database, or a message on its way to the notifier, learns no code from it.
"""

import hmac
from datetime import timedelta
from typing import Final

DIGITS: Final = 6
VALID: Final = timedelta(minutes=10)
_PURPOSE: Final = b"gatepost sign-in code 1\0"


def code_of(secret_key: str, sign_in_id: str) -> str:
    """The six digits that belong to somebody's wish to sign in."""
    digest = hmac.digest(secret_key.encode(), _PURPOSE + sign_in_id.encode(), "sha256")
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}}"
