"""Message sets: what is sent to QuickBooks as one, and what it answers."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gatepost.connectors.errors import OutcomeUnknown
from gatepost.connectors.quickbooks.elements import Element
from gatepost.connectors.quickbooks.models import VERSION
from gatepost.connectors.quickbooks.parsing import NotXml, parsed

_HEAD: Final = f'<?xml version="1.0" encoding="utf-8"?><?qbxml version="{VERSION}"?>'
_ID_BYTES: Final = 14  # 23 characters, which is as long as an id may be


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a set. ``body`` is the name of the element that holds a change; a question has none."""

    name: str
    element: Element
    body: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What QuickBooks says to one request. Severity is Info, Warn or Error."""

    code: int
    severity: str
    message: str
    records: Sequence[Any]  # the elements of what it found or wrote
    iterator: str = ""
    remaining: int = 0

    @property
    def is_error(self) -> bool:
        return self.severity == "Error"


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """What it says to a set. ``status`` is about the set's id: 0, 600, 9001, ...; None without one."""

    status: int | None
    answers: Sequence[Answer]


def set_id(key: str, nonce: str = "") -> str:
    """The id under which QuickBooks keeps the answer to a write."""
    digest = hashlib.blake2b(f"{key}{nonce}".encode(), digest_size=_ID_BYTES).digest()
    return base64.b32encode(digest).decode().rstrip("=")


def written(requests: Sequence[Request], *, new_id: str = "", old_id: str = "") -> str:
    """A set as qbXML. What is not ASCII is written as character references.

    Args:
        requests: in the order they are done; the first that fails ends the set.
        new_id: keeps the answer, so that it can be asked for again.
        old_id: an earlier set whose answer is asked for, or forgotten when there is a new one.

    """
    root = etree.Element("QBXML")
    ids = {"newMessageSetID": new_id, "oldMessageSetID": old_id}
    given = {name: value for name, value in ids.items() if value}
    messages = etree.SubElement(root, "QBXMLMsgsRq", onError="stopOnError", **given)
    for number, request in enumerate(requests, start=1):
        asked = etree.SubElement(messages, request.name, requestID=str(number))
        for name, value in request.attributes:
            asked.set(name, value)
        request.element.fill(etree.SubElement(asked, request.body) if request.body else asked)
    return _HEAD + str(etree.tostring(root, encoding="ascii", xml_declaration=False).decode())


def read(document: str) -> AnswerSet:
    """What QuickBooks answered to a set.

    Raises:
        OutcomeUnknown: it is no answer that can be read.

    """
    try:
        messages = parsed(document).find("QBXMLMsgsRs")
    except NotXml as error:
        raise OutcomeUnknown(f"the answer of QuickBooks Desktop: {error}") from None
    if messages is None:
        raise OutcomeUnknown("the answer of QuickBooks Desktop is none to a request")
    status = messages.get("messageSetStatusCode")
    try:
        return AnswerSet(int(status) if status else None, [_answer(each) for each in messages])
    except ValueError:
        raise OutcomeUnknown("the answer of QuickBooks Desktop has no status") from None


def _answer(element: Any) -> Answer:  # noqa: ANN401 - lxml has no types
    return Answer(
        code=int(element.get("statusCode", "")),
        severity=element.get("statusSeverity", ""),
        message=element.get("statusMessage", ""),
        records=[
            each for each in element if isinstance(each.tag, str) and each.tag.endswith("Ret")
        ],
        iterator=element.get("iteratorID", ""),
        remaining=int(element.get("iteratorRemainingCount") or 0),
    )
