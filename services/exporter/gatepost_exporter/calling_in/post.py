"""The post: where a connector's question and an ERP that calls in meet.

The connector asks and waits. The ERP, calling, collects the question and later delivers the answer.
What was collected may have been executed; what was not was surely not.
"""

import threading
from dataclasses import dataclass
from typing import Final

from gatepost.connectors.errors import ConnectorError, OutcomeUnknown, Unavailable
from gatepost.runtime.outside import boottime

FOREVER: Final = float("inf")


@dataclass(slots=True)
class Letter:
    """One question, and what came of it."""

    document: str
    collected: bool = False
    answer: str | None = None
    error: ConnectorError | None = None

    @property
    def is_answered(self) -> bool:
        return self.answer is not None or self.error is not None


class Post:
    """The questions of one call of an ERP's, one after the other.

    Args:
        seconds: how long the ERP may take to come for a question, and again to answer it.

    """

    def __init__(self, seconds: float) -> None:
        self.place = ""
        self.version = ""
        self.until = FOREVER  # CLOCK_BOOTTIME: nothing is handed out later
        self._seconds = seconds
        self._changed = threading.Condition()
        self._one_at_a_time = threading.Lock()
        self._letter: Letter | None = None
        self._finished = False
        self._closed = False

    # --- the connector's side --------------------------------------------------------------------

    def ask(self, document: str, *, writes: bool) -> str:
        """Leave a question and wait for the answer; see :class:`gatepost.connectors.Post`."""
        with self._one_at_a_time, self._changed:
            letter = Letter(document)
            if not self._closed:
                self._letter = letter
                self._changed.notify_all()
                self._changed.wait_for(lambda: letter.collected or self._closed, self._seconds)
                if letter.collected:
                    self._changed.wait_for(
                        lambda: letter.is_answered or self._closed, self._seconds
                    )
                self._letter = None
        return _what_came_of(letter, writes=writes)

    def finish(self) -> None:
        """Nothing more will be asked in this call."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    # --- the ERP's side --------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return not self._closed

    @property
    def is_in_hand(self) -> bool:
        """Whether the ERP holds a question, and may be at work on it."""
        letter = self._letter
        return letter is not None and letter.collected and not letter.is_answered

    def has_question(self, patience: float) -> bool:
        """Whether the ERP should go on: something is asked, or may be soon."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_asked() or self._finished, patience)
            return self._is_asked() or not (self._finished or self._closed)

    def collect(self, patience: float) -> str | None:
        """The next question; None when there is none, or none came up in so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_asked() or self._finished, patience)
            letter = self._letter
            if letter is None or letter.collected or self._closed or boottime() > self.until:
                return None
            letter.collected = True
            self._changed.notify_all()
            return letter.document

    def deliver(self, answer: str | ConnectorError) -> None:
        """The answer to the question that was collected; one that nobody waits for is dropped."""
        with self._changed:
            letter = self._letter
            if letter is None or not letter.collected:
                return
            if isinstance(answer, ConnectorError):
                letter.error = answer
            else:
                letter.answer = answer
            self._changed.notify_all()

    def close(self) -> None:
        """The ERP has hung up."""
        with self._changed:
            self._closed = self._finished = True
            self._changed.notify_all()

    def _is_asked(self) -> bool:
        return self._closed or (self._letter is not None and not self._letter.collected)


def _what_came_of(letter: Letter, *, writes: bool) -> str:
    if letter.answer is not None:
        return letter.answer
    if not letter.collected:
        raise Unavailable("the ERP did not come for it")
    error = letter.error or OutcomeUnknown("the ERP came for it and did not answer", silent=True)
    if isinstance(error, OutcomeUnknown) and not writes:
        raise Unavailable(error.message)  # reading is safe to repeat
    raise error
