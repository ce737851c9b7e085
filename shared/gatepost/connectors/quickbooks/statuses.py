"""What QuickBooks says, as one of the closed set of errors."""

from typing import Final

from gatepost.connectors.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    DuplicateFound,
    OutcomeUnknown,
    PeriodClosed,
    ReferenceNotFound,
    Unavailable,
    Unsupported,
    ValidationFailed,
)

#: What a question answers when there is nothing: no match, an id or a name that is not there.
NOTHING: Final = frozenset({1, 500, 3120})
NO_SUCH_ID: Final = 3000
STALE: Final = 3200
SET_IS_UNKNOWN: Final = frozenset({600, 9002})

#: From a code on, up to the next row: what it means.
_RANGES: Final[tuple[tuple[int, type[ConnectorError]], ...]] = (
    (1000, OutcomeUnknown),  # an internal error: it may have been done
    (1010, Unavailable),
    (1030, Unsupported),
    (1040, OutcomeUnknown),
    (2000, Unsupported),
    (3000, ValidationFailed),  # ids, dates, amounts, lengths
    (3100, DuplicateFound),
    (3101, ValidationFailed),
    (3120, ReferenceNotFound),
    (3121, ValidationFailed),
    (3140, ReferenceNotFound),
    (3141, ValidationFailed),
    (3170, Busy),  # cannot be changed just now: open in a window, related object changed
    (3171, PeriodClosed),  # before the closing date
    (3172, Busy),
    (3190, ValidationFailed),
    (3200, Busy),
    (3201, ValidationFailed),
    (3231, Unavailable),  # not done, because one before it failed
    (3232, ValidationFailed),
    (3250, ConfigurationError),  # a feature that is switched off, a permission that is missing
    (3263, ValidationFailed),
    (9000, OutcomeUnknown),
)

#: HRESULTs of the Web Connector: what it could not do, and so what was surely not done.
_PARSE: Final = 0x80040400
_OTHER_FILE: Final = frozenset({0x8004040A, 0x80040410, 0x80040417})
_NOT_SENT: Final = frozenset({0x80040401, 0x80040408, 0x8004040D, 0x80040414, 0x80040416})

#: Why QuickBooks could not be opened when it called, in words for whoever sits before it.
_KEPT_OUT: Final = {
    0x80040401: "it cannot be reached: is QuickBooks installed and open?",
    0x80040403: "the company file cannot be opened",
    0x80040408: "it could not be started",
    0x80040414: "it has a dialog open: close it",
    0x80040416: "it is not open, and no whole path of a company file is given to open",
    0x80040418: "its administrator has to allow Gatepost first, with the company file open",
    0x80040420: "its user has denied access: allow it under Integrated Applications",
    0x80040422: "another program has the company file open in single-user mode",
}


def error_of(code: int, message: str) -> ConnectorError:
    """The error a status code of the severity Error means."""
    kind: type[ConnectorError] = OutcomeUnknown
    for first, each in _RANGES:
        if code >= first:
            kind = each
    return kind(f"QuickBooks Desktop: {message or code}", erp_code=str(code))


def trouble(hresult: str, message: str) -> ConnectorError:
    """The error the Web Connector means when it could not have a request done."""
    number = _number(hresult)
    said = f"QuickBooks Desktop: {message or hresult}"
    if number == _PARSE:
        return ValidationFailed(said, erp_code=hresult)
    if number in _OTHER_FILE:
        return ConfigurationError(said, erp_code=hresult)
    if number in _NOT_SENT:
        return Unavailable(said, erp_code=hresult)
    return OutcomeUnknown(said, erp_code=hresult)


def kept_out(hresult: str, message: str) -> ConnectorError:
    """Why QuickBooks could not open its books: nothing was sent, so nothing was done.

    ConfigurationError where another file is open; all else is over by itself, or with a click.
    """
    number = _number(hresult)
    if number in _OTHER_FILE:
        return trouble(hresult, message)
    words = _KEPT_OUT.get(number) or message.strip()[:300]
    return Unavailable(
        f"{words} ({hresult[:20]})" if words else hresult[:20], erp_code=hresult[:20]
    )


def _number(hresult: str) -> int:
    try:
        return int(hresult, 16) & 0xFFFFFFFF
    except ValueError:
        return 0
