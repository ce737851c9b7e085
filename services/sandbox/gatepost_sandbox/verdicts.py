"""Whether what the story was to show has happened: told from the ledger, the ERP and the mailbox."""

import contextlib
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost.ledger.reading import ItemPage
from gatepost_sandbox.cast import id_of
from gatepost_sandbox.story import ANN, BO, COMMENT, OMAR, SUMMARY, Story

if TYPE_CHECKING:
    from gatepost.cli.stage import Stage
    from gatepost_sandbox.serving import Sandbox

SETTLE_SECONDS: Final = 5.0  # for messages that are still under way
CONSOLE_SECONDS: Final = 10.0
APPROVERS: Final = frozenset({ANN, BO})
#: The roles whose items met the approvers, and so must have been alerted about.
ALERTED: Final = ("accepted", "rejected", "refused by the ERP", "waits for the ERP", "answer lost")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that was to happen, and whether it did."""

    what: str
    found: str
    holds: bool


def verdicts(stage: "Stage", story: Story, sandbox: "Sandbox") -> Sequence[Verdict]:
    """All of them, the failed ones too."""
    from gatepost.cli.stage import Broken

    with contextlib.suppress(Broken):
        stage.until(lambda: not stage.messages_left(), "an empty ledger", SETTLE_SECONDS)
    return list(Judge(stage, story, sandbox).verdicts())


class Judge:
    """Looks at what is left of the story."""

    def __init__(self, stage: "Stage", story: Story, sandbox: "Sandbox") -> None:
        self._stage = stage
        self._story = story
        self._mails = sandbox.mailbox.mails()
        self._records = sandbox.books.records()

    def verdicts(self) -> Iterator[Verdict]:
        """Each in the order of the story."""
        yield self._accepted()
        yield self._too_long()
        yield self._rejected()
        yield self._resent()
        yield self._automatic()
        yield self._failed_and_retried()
        yield self._waited_for()
        yield self._adopted()
        yield self._alerts()
        yield self._no_duplicates()
        yield self._nothing_left()
        yield self._summed_up()
        yield self._console_answers()

    def _accepted(self) -> Verdict:
        page = self._page("accepted")
        records = self._records_of("accepted")
        found = f"{_state(page)}, {len(records)} record in the ERP"
        holds = _state(page) == State.SYNCED and len(records) == 1 and _past(page, "accepted")
        return Verdict("accepted: synced, one record", found, holds)

    def _too_long(self) -> Verdict:
        event = self._story.events.get("too long")
        told = [
            error["message"]
            for fact in self._stage.facts
            if event and fact.event["data"].get("refused_event") == event["id"]
            for error in fact.event["data"]["errors"]
        ]
        holds = any("38 characters" in each for each in told) and self._page("too long") is None
        return Verdict("a code of 38 characters: refused, not stored", "; ".join(told), holds)

    def _rejected(self) -> Verdict:
        page = self._page("rejected")
        comments = [row["comment"] for row in _rows(page, "rejected")]
        to = self._to_whom("rejected", COMMENT)
        expected = {page.item.created_by, page.item.sent_by} if page else set()
        found = f"rejected {len(comments)} time, mails to {', '.join(sorted(to)) or 'nobody'}"
        holds = comments == [COMMENT] and bool(expected) and to == expected
        return Verdict("rejected: creator and sender have the comment", found, holds)

    def _resent(self) -> Verdict:
        page = self._page("resent")
        alerts = [
            row for row in (page.mails if page else ())
            if row["template"] == "alert" and row["revision"] == 2
        ]  # fmt: skip
        held_back = {row["recipient"] for row in alerts if row["status"] == "held_back"}
        posted = Counter(
            to for mail in self._about("rejected") for to in mail["to"] if to in APPROVERS
        )
        more = sum(posted.values()) - len(APPROVERS)
        found = (
            f"{_state(page)} at revision {page.item.revision if page else 0}, {more} more alerts"
        )
        holds = _state(page) == State.SENT and held_back == APPROVERS and len(alerts) == 2
        once_each = posted == Counter(APPROVERS)
        return Verdict("resent after the reject: no further alert", found, holds and once_each)

    def _automatic(self) -> Verdict:
        page = self._page("automatic")
        records = self._records_of("automatic")
        by = page.item.decided_by if page else "nobody"
        found = f"{_state(page)} by {by}, {len(page.mails) if page else 0} mails"
        holds = _state(page) == State.SYNCED and by == "auto-accept" and len(records) == 1
        return Verdict("an invoice passes by itself", found, holds and not (page and page.mails))

    def _failed_and_retried(self) -> Verdict:
        page = self._page("refused by the ERP")
        past = [row["what"] for row in (page.history if page else ())]
        order = [each for each in past if each in ("failed to export", "retried", "synced")]
        to = self._to_whom("refused by the ERP", "closed")
        records = self._records_of("refused by the ERP")
        found = f"{' -> '.join(order)}, mails to {', '.join(sorted(to)) or 'nobody'}"
        holds = order == ["failed to export", "retried", "synced"] and len(records) == 1
        told = to == {ANN, OMAR}
        return Verdict("refused by the ERP: failed, told, retried", found, holds and told)

    def _waited_for(self) -> Verdict:
        page = self._page("waits for the ERP")
        outcomes = Counter(row["outcome"] for row in (page.attempts if page else ()))
        found = f"{_state(page)} after {outcomes['Unavailable']} tries in vain"
        holds = _state(page) == State.SYNCED and outcomes["Unavailable"] >= 2
        not_failed = not _past(page, "failed to export")
        return Verdict("an ERP that is down is waited for", found, holds and not_failed)

    def _adopted(self) -> Verdict:
        page = self._page("answer lost")
        records = self._records_of("answer lost")
        adopted = any(row["detail"].get("adopted") for row in _rows(page, "synced"))
        found = (
            f"{_state(page)}, {'found again' if adopted else 'not found'}, {len(records)} record"
        )
        holds = _state(page) == State.SYNCED and adopted and len(records) == 1
        return Verdict("an answer is lost: found by its mark", found, holds)

    def _alerts(self) -> Verdict:
        wanting = [
            f"{role} ({to})" for role in ALERTED for to in sorted(APPROVERS)
            if not any(to in mail["to"] for mail in self._about(role))
        ]  # fmt: skip
        found = f"without: {', '.join(wanting)}" if wanting else f"{len(self._mails)} mails in all"
        return Verdict("both approvers were alerted to each", found, not wanting)

    def _no_duplicates(self) -> Verdict:
        marks = Counter(record["mark"] for record in self._records)
        twice = [mark for mark, count in marks.items() if count > 1]
        synced = self._stage.count(tables.items.c.state == State.SYNCED)
        found = f"{len(self._records)} records for {synced} synced items, {len(twice)} twice"
        holds = not twice and len(marks) == synced and None not in marks
        return Verdict("nothing is in the ERP twice", found, bool(synced) and holds)

    def _nothing_left(self) -> Verdict:
        left = self._stage.messages_left()
        return Verdict("nothing is left undone", f"{left} messages in the ledger", left == 0)

    def _summed_up(self) -> Verdict:
        event = self._story.events.get("resent")
        number = event["data"]["number"] if event else "?"
        to = [
            to for mail in self._mails for to in mail["to"]
            if SUMMARY in mail["subject"] and number in mail["text"]
        ]  # fmt: skip
        found = f"{len(to)} summaries with {number}, to {', '.join(sorted(to)) or 'nobody'}"
        return Verdict(
            "the next morning: the daily summary", found, sorted(to) == sorted(APPROVERS)
        )

    def _console_answers(self) -> Verdict:
        url = f"{self._stage.program.settings.public_url}/sign-in"
        try:
            with urllib.request.urlopen(url, timeout=CONSOLE_SECONDS) as answer:  # noqa: S310 - our own address
                found = f"{answer.status} at {url}"
                holds = b"Be one of the demo" in answer.read()
        except OSError as error:
            found, holds = f"{url}: {error}", False
        return Verdict("the console answers", found, holds)

    # --- looking -------------------------------------------------------------------------------

    def _page(self, role: str) -> ItemPage | None:
        event = self._story.events.get(role)
        return self._stage.page(id_of(event)) if event else None

    def _records_of(self, role: str) -> list[dict[str, Any]]:
        """The ERP's records with the item's mark."""
        event = self._story.events.get(role)
        return [record for record in self._records if event and record["mark"] == id_of(event)]

    def _about(self, role: str) -> list[dict[str, Any]]:
        """The mails in which an item is named, the daily summaries left out."""
        event = self._story.events.get(role)
        number = event["data"]["number"] if event else "?"
        return [
            mail for mail in self._mails
            if number in mail["subject"] + mail["text"] and SUMMARY not in mail["subject"]
        ]  # fmt: skip

    def _to_whom(self, role: str, words: str) -> set[str]:
        """Who has a mail about an item that says these words."""
        return {
            to for mail in self._about(role) if words in " ".join(mail["text"].split())
            for to in mail["to"]
        }  # fmt: skip


def _state(page: ItemPage | None) -> str:
    return page.item.state if page else "not there"


def _rows(page: ItemPage | None, what: str) -> list[dict[str, Any]]:
    return [row for row in (page.history if page else ()) if row["what"] == what]


def _past(page: ItemPage | None, what: str) -> bool:
    return bool(_rows(page, what))
