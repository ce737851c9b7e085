"""The ``.qwc`` file that tells a Web Connector where to call, and the password it calls with."""

import base64
import hmac
import uuid
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

_PURPOSE: Final = b"gatepost quickbooks web connector password 1\0"
_GROUP: Final = 5  # characters between dashes: it is typed by hand
_OWNER: Final = uuid.UUID(
    "6c1f0a53-9b83-5d0a-8c5e-3f2f63f5f4d1"
)  # Gatepost, as Web Connectors know it
EVERY_MINUTES: Final = 5


class NotReachable(ValueError):
    """An address no Web Connector would call."""


def user_of(company: str, key: str) -> str:
    """The name a Web Connector calls itself."""
    return f"{company}/{key}"


def password_of(secret_key: str, company: str, key: str, salt: str = "") -> str:
    """The password of a connection: derived, and stored nowhere here.

    It is shown when the file is made, and typed into the Web Connector once.
    """
    said = _PURPOSE + f"{company}/{key}:{salt}".encode()
    digest = base64.b32encode(hmac.digest(secret_key.encode(), said, "sha256")).decode().lower()
    return "-".join(digest[at : at + _GROUP] for at in range(0, 5 * _GROUP, _GROUP))


def qwc(company: str, key: str, address: str, *, title: str = "") -> bytes:
    """The file. The same connection has the same ids, so that it takes the place of an older one.

    Args:
        company: whose connection.
        key: the connection's.
        address: where the exporter listens for Web Connectors, without a path.
        title: what the company is called, for people.

    Raises:
        NotReachable: Web Connectors call by HTTPS only, save on their own machine.

    """
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise NotReachable(f"{address}: Web Connectors call by https only, save on localhost")
    base = address.rstrip("/")
    values = {
        "AppName": f"Gatepost {user_of(company, key)}",
        "AppID": "",
        "AppURL": f"{base}/quickbooks/{key}",
        "AppDescription": f"Writes what {title or company} has accepted into this company file",
        "AppSupport": f"{base}/quickbooks/{key}",
        "UserName": user_of(company, key),
        "OwnerID": f"{{{_OWNER}}}",
        "FileID": f"{{{uuid.uuid5(_OWNER, user_of(company, key))}}}",
        "QBType": "QBFS",
        "Style": "Document",
    }
    root = etree.Element("QBWCXML")
    for name, value in values.items():
        etree.SubElement(root, name).text = value
    scheduler = etree.SubElement(root, "Scheduler")
    etree.SubElement(scheduler, "RunEveryNMinutes").text = str(EVERY_MINUTES)
    etree.SubElement(root, "IsReadOnly").text = "false"
    document: bytes = etree.tostring(
        root, encoding="utf-8", xml_declaration=True, pretty_print=True
    )
    return document
