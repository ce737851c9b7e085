"""What Odoo's refusals mean: by the name of its exception, or by what an import says of a row.

Of an error only its name and its first line are ever kept: ``debug`` beside them is a traceback of
the server's, ``arguments`` and ``context`` are what it was called with.
"""

import re
from email.message import Message
from typing import Any, Final

import orjson

from gatepost.connectors.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    DuplicateFound,
    OutcomeUnknown,
    PeriodClosed,
    Permanent,
    ReferenceNotFound,
    Unavailable,
    ValidationFailed,
)
from gatepost.connectors.http import Answer, outcome_of

SAID: Final = 500  # characters of a sentence of Odoo's that are kept

#: An exception in a sentence of load's, with its name.
_WRAPPED: Final = re.compile(r"Unknown error during import: <class '([\w.]+)'>: ?(.*)")
_AFTERWARDS: Final = "current transaction is aborted"

#: By the name of the exception, without its module; what is not here was a mistake in the call.
_NAMED: Final[dict[str, type[ConnectorError]]] = {
    "AccessError": ConfigurationError,
    "AccessDenied": ConfigurationError,
    "Unauthorized": ConfigurationError,
    "Forbidden": ConfigurationError,
    "NotFound": ConfigurationError,  # no such model or method: a module is not installed
    "MissingError": ReferenceNotFound,
    "UserError": ValidationFailed,
    "ValidationError": ValidationFailed,
    "SerializationFailure": Busy,
    "TransactionRollbackError": Busy,
    "DeadlockDetected": Busy,
    "LockNotAvailable": Busy,
    "TooManyRequests": Busy,
    "ServiceUnavailable": Unavailable,
    "PoolError": Unavailable,
}

#: By words in a sentence, in lower case; the first that fits. PostgreSQL and Odoo say them so in English.
_WORDED: Final[tuple[tuple[str, type[ConnectorError]], ...]] = (
    ("could not serialize access", Busy),
    ("deadlock detected", Busy),
    ("could not obtain lock", Busy),
    ("ir_model_data_module_name_uniq", Busy),  # two wrote the same external id in the same moment
    (_AFTERWARDS, Busy),  # and nothing else was said
    ("you are not allowed to", ConfigurationError),
    ("security restrictions", ConfigurationError),
    ("accesserror", ConfigurationError),
    ("'nonetype' object is not callable", ConfigurationError),  # 16.0 of before it imported JSON
    ("lock date", PeriodClosed),
    ("no matching record found", ReferenceNotFound),
    ("does not exist or has been deleted", ReferenceNotFound),
    ("duplicate key value", DuplicateFound),
    ("already exists", DuplicateFound),
)


def judged(status: int, headers: Message, raw: bytes) -> Answer:
    """An HTTP answer of Odoo's; an error with a name has been rolled back over there.

    Raises:
        ConnectorError: one of its closed set.

    """
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        if 200 <= status < 300:
            said = f"Odoo answered {status} with something that is no JSON document"
            raise OutcomeUnknown(said) from None
        return outcome_of(status, headers, b"")  # a page for people: none of it is kept
    if 200 <= status < 300:
        return Answer(status, document)
    if status in (423, 429, 502, 503, 504) or not (
        isinstance(document, dict) and isinstance(document.get("name"), str)
    ):
        return outcome_of(status, headers, b"")
    raise refusal(document)


def refusal(data: dict[str, Any]) -> ConnectorError:
    """What an exception of Odoo's means: ``name`` and ``message`` are looked at, nothing else."""
    name = str(data.get("name", ""))
    message = said(data.get("message")) or f"Odoo failed: {name or 'it does not say why'}"
    short = name.rpartition(".")[2]
    found = _by_words(message)
    if found is None:
        is_odoos = name.startswith("odoo.") or short in _NAMED
        found = _NAMED.get(short) or (ValidationFailed if is_odoos else Permanent)
    if short == "OperationalError":  # PostgreSQL's, of the database as a whole
        found = ConfigurationError if "does not exist" in message else Unavailable
    return found(message, erp_code=name[:SAID])


def import_refusal(messages: object) -> ConnectorError:
    """What is meant by the messages of a load that gave no ids: nothing of it was kept."""
    errors = [
        text
        for each in (messages if isinstance(messages, list) else ())
        if isinstance(each, dict) and each.get("type") == "error"
        if (text := said(each.get("message")))
    ]
    # What is said of the rows after the one that failed says nothing of why.
    telling = [text for text in errors if _AFTERWARDS not in text.lower()] or errors
    by_words = [(_by_words(text), text) for text in telling]
    for known, text in by_words:
        if known is Busy:
            return Busy(text, erp_code="load")
    found, text = by_words[0] if by_words else (None, "Odoo took nothing, and does not say why")
    if wrapped := _WRAPPED.match(text):
        return refusal({"name": wrapped[1], "message": wrapped[2]})
    return (found or ValidationFailed)(text, erp_code="load")


def said(message: object) -> str:
    """The first line of what Odoo says, not too long."""
    lines = str(message or "").strip().splitlines()
    return lines[0].strip()[:SAID] if lines else ""


def _by_words(message: str) -> type[ConnectorError] | None:
    lower = message.lower()
    return next((found for words, found in _WORDED if words in lower), None)
