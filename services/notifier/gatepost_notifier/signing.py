"""Signing: what Standard Webhooks asks for, so that a receiver can tell who calls and when.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Sequence

from gatepost.ledger.webhook_secrets import Secret


def signature(secrets: Sequence[Secret], event_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: one for each secret, for a while there may be two."""
    content = f"{event_id}.{timestamp}.".encode() + body
    signed = (hmac.digest(secret.key, content, "sha256") for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signed)
