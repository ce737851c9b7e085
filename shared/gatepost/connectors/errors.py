"""What a connector may raise: a closed set, for the exporter decides by it.

::

    ConnectorError
    ├── Transient              surely not executed: try again later
    │   ├── Busy               this record or this minute: locked, rate limited
    │   └── Unavailable        the ERP as a whole: refused connection, 503; feeds the breaker
    ├── Permanent              refused: a person must act
    │   ├── ValidationFailed   a value the ERP does not take
    │   ├── ReferenceNotFound  vendor, account, parent unknown to the ERP
    │   │   └── RecordGone     the item's own record, which was to be updated
    │   ├── DuplicateFound     another record has the number already
    │   ├── Unsupported        the ERP cannot hold this kind
    │   └── PeriodClosed       the books of that date are closed
    ├── ConfigurationError     credentials, licence, wrong company: pauses the connection
    ├── DependencyNotReady     its parent is not in the ERP yet
    └── OutcomeUnknown         it may have been executed: look before anything else; silence
        │                      feeds the breaker, too
        └── AnswerAwaited      handed over, and the ERP answers in its own time: looked for until then
"""

from collections.abc import Sequence

from gatepost.domain.errors import FieldProblem


class ConnectorError(Exception):
    """The root of what connectors raise.

    Args:
        message: a sentence for a person, without secrets.
        erp_code: the ERP's own code, if it gave one.
        retry_after: seconds the ERP asks to be left alone, if it said so.

    """

    who_can_fix: str = "an operator"

    def __init__(
        self, message: str, *, erp_code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.erp_code = erp_code
        self.retry_after = retry_after


class Transient(ConnectorError):
    """Surely not executed: it may be tried again."""


class Busy(Transient):
    """This record is locked, or too much was asked within the minute."""


class Unavailable(Transient):
    """The ERP as a whole does not answer, or says that it cannot."""


class Permanent(ConnectorError):
    """Refused: trying again would give the same answer."""

    who_can_fix = "the sender, or accounting"


class ValidationFailed(Permanent):
    """A value the ERP does not take.

    Args:
        message: as of any error.
        erp_code: as of any error.
        retry_after: as of any error.
        problems: what was found before the ERP was asked, if so: it says who can fix it.

    """

    who_can_fix = "the sender: correct it at its source, after it was rejected"

    def __init__(
        self,
        message: str,
        *,
        erp_code: str = "",
        retry_after: float | None = None,
        problems: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(message, erp_code=erp_code, retry_after=retry_after)
        self.problems = tuple(problems)
        if problems:
            self.who_can_fix = "; ".join(dict.fromkeys(each.who_can_fix for each in problems))


class ReferenceNotFound(Permanent):
    """Something the record refers to is unknown to the ERP."""

    who_can_fix = "accounting: create or link what is missing in the ERP, then retry"


class RecordGone(ReferenceNotFound):
    """The item's own record, which was to be updated, is no longer in the ERP."""

    who_can_fix = "an accounting approver: unlink it, then retry: it is written as a new record"


class DuplicateFound(Permanent):
    """Another record of the ERP has the number already."""

    who_can_fix = "accounting: reject it; its sender gives it another number and sends it again"


class Unsupported(Permanent):
    """The ERP cannot hold this kind of item."""

    who_can_fix = "whoever keeps the connection"


class PeriodClosed(Permanent):
    """The books of that date are closed."""

    who_can_fix = "accounting: open the period or change the accounting date, then retry"


class ConfigurationError(ConnectorError):
    """Nothing can be written with these credentials or settings."""

    who_can_fix = "an operator: correct the connection, then resume it"


class DependencyNotReady(ConnectorError):
    """Its parent is not in the ERP yet."""


class OutcomeUnknown(ConnectorError):
    """The request may have been executed.

    Args:
        message: as of any error.
        erp_code: as of any error.
        silent: whether no answer came at all: then the ERP as a whole may be away.

    """

    who_can_fix = "accounting: look into the ERP, then link the record or export again"

    def __init__(self, message: str, *, erp_code: str = "", silent: bool = False) -> None:
        super().__init__(message, erp_code=erp_code)
        self.silent = silent


class AnswerAwaited(OutcomeUnknown):
    """It was handed over, and the ERP has not said yet what it makes of it: no failure, no try.

    Args:
        message: as of any error: what is waited for.
        retry_after: seconds after which to look again; the connection's ``settle`` if not given.

    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
