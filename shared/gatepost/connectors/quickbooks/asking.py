"""Asking QuickBooks: one message set at a time, its statuses made into errors."""

import secrets
from collections.abc import Iterator, Sequence
from pathlib import PureWindowsPath
from typing import Any, Final

from gatepost.connectors.errors import ConfigurationError, OutcomeUnknown, Unavailable
from gatepost.connectors.port import Post
from gatepost.connectors.quickbooks import statuses
from gatepost.connectors.quickbooks.elements import Element
from gatepost.connectors.quickbooks.messages import (
    Answer,
    AnswerSet,
    Request,
    read,
    set_id,
    written,
)
from gatepost.connectors.quickbooks.models import VERSION, CompanyQuery, ListQuery, TxnQuery

PAGE: Final = 200  # records of a list that are given at once
SCAN: Final = 1000  # records at once when all are looked through for a mark


class Asking:
    """What can be asked over one post.

    Args:
        post: the way to QuickBooks; None while it has not called.
        company_file: the only one that may be asked; any where it is empty.

    """

    def __init__(self, post: Post | None, company_file: str) -> None:
        self._post = post
        self._company_file = company_file

    def company(self) -> str:
        """The name of the company whose books these are."""
        answer = self._question(Request("CompanyQueryRq", CompanyQuery()))
        return str(answer.records[0].findtext("CompanyName") or "") if answer.records else ""

    def one(self, request: str, query: Element) -> Any | None:  # noqa: ANN401 - lxml has no types
        """The record with an id or a full name; None when there surely is none."""
        answer = self._question(Request(request, query))
        return answer.records[0] if answer.records else None

    def several(self, request: str, query: Element) -> Sequence[Any]:
        return self._question(Request(request, query)).records

    def page(self, request: str, query: Element, iterator: str) -> Answer | None:
        """A page of a list, the first or the one after; None when the iterator is forgotten."""
        go_on = (("iterator", "Continue"), ("iteratorID", iterator))
        how = go_on if iterator else (("iterator", "Start"),)
        answer = self._first(self._exchange([Request(request, query, "", how)], writes=False))
        if answer.is_error and iterator:
            return None
        return _answered(answer)

    def scan(self, request: str, query: ListQuery | TxnQuery) -> Iterator[Any]:
        """Every record there is."""
        iterator = ""
        while True:
            answer = self.page(request, query, iterator)
            if answer is None:
                raise Unavailable("QuickBooks Desktop has forgotten how far it was in a list")
            yield from answer.records
            iterator = answer.iterator
            if not iterator or not answer.remaining:
                return

    def change(self, request: Request, key: str) -> Any:  # noqa: ANN401 - lxml has no types
        """Write, under an id by which the answer can be asked for again; gives the record.

        An id that was used before, for something that was refused, is given up for a new one:
        QuickBooks would answer as it did then.

        Raises:
            ConnectorError: it was refused, or nobody knows.

        """
        first = set_id(key)
        used = self._status(first) is not None
        new_id, old_id = (set_id(key, secrets.token_hex(8)), first) if used else (first, "")
        answers = self._exchange([request], writes=True, new_id=new_id, old_id=old_id)
        if answers.status not in (None, 0):
            code = answers.status
            raise OutcomeUnknown("QuickBooks Desktop does not know the request again",
                                 erp_code=str(code))  # fmt: skip
        answer = self._first(answers)
        if answer.is_error:
            raise statuses.error_of(answer.code, answer.message)
        if not answer.records:
            raise OutcomeUnknown("the answer of QuickBooks Desktop names no record")
        return answer.records[0]

    def recovered(self, key: str) -> Any | None:  # noqa: ANN401 - lxml has no types
        """What QuickBooks kept of a write whose answer was lost: the record, if one was written."""
        answers = self._status(set_id(key))
        written = [each for each in answers.answers if not each.is_error] if answers else []
        return written[0].records[0] if written and written[0].records else None

    def _status(self, used_id: str) -> AnswerSet | None:
        """The answer that was kept under an id; None when there is none."""
        kept = self._exchange([], writes=False, old_id=used_id)
        return None if kept.status in statuses.SET_IS_UNKNOWN or not kept.answers else kept

    def _question(self, request: Request) -> Answer:
        return _answered(self._first(self._exchange([request], writes=False)))

    def _exchange(
        self, requests: Sequence[Request], *, writes: bool, new_id: str = "", old_id: str = ""
    ) -> AnswerSet:
        if self._post is None:
            raise Unavailable("QuickBooks Desktop calls in by itself, and has not")
        self._is_the_right_one(self._post)
        document = written(requests, new_id=new_id, old_id=old_id)
        answer = self._post.ask(document, writes=writes)
        try:
            return read(answer)
        except OutcomeUnknown as error:
            if writes:
                raise
            raise Unavailable(error.message) from None  # reading is safe to repeat

    def _is_the_right_one(self, post: Post) -> None:
        if self._company_file and not _same_file(self._company_file, post.place):
            said = f"QuickBooks Desktop has {post.place or 'no company file'} open"
            raise ConfigurationError(f"{said}; this connection is for {self._company_file}")
        if post.version and _numbers(post.version) < _numbers(VERSION):
            said = f"this QuickBooks Desktop speaks qbXML {post.version}; {VERSION} is needed"
            raise ConfigurationError(said)

    def _first(self, answers: AnswerSet) -> Answer:
        if not answers.answers:
            raise OutcomeUnknown("QuickBooks Desktop answered to nothing that was asked")
        return answers.answers[0]


def _answered(answer: Answer) -> Answer:
    """An answer to a question; that there is nothing is one, too."""
    nothing = answer.code in statuses.NOTHING or answer.code == statuses.NO_SUCH_ID
    if answer.is_error and not nothing:
        error = statuses.error_of(answer.code, answer.message)
        raise Unavailable(error.message) if isinstance(error, OutcomeUnknown) else error
    return answer


def _same_file(wanted: str, found: str) -> bool:
    """Windows' paths: without regard to case; a name alone is enough."""
    ours, theirs = PureWindowsPath(wanted.lower()), PureWindowsPath(found.lower())
    return ours == theirs or (ours.name == str(ours) and ours.name == theirs.name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))
