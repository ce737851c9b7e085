"""Delivering: letters over one connection to the mail server, one after another."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import aiosmtplib

from gatepost.ledger.work import Claimed
from gatepost.runtime.outside import boottime
from gatepost.runtime.service import Report
from gatepost_notifier.letters import Letter, compose, needs_utf8
from gatepost_notifier.outcomes import Away, NotBegun, Outcome, PutOff, Refused, Taken, Unknown
from gatepost_notifier.settings import NotifierSettings
from gatepost_notifier.wording import one_line

CLOSING: Final = 421  # the server says good-bye, whatever it was asked
TOO_LARGE: Final = (523, 552)  # said of the sender, meant for this one mail
SMOOTHING: Final = 0.1  # weight of the newest mail in the average
_QUIT_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class MailCall:
    """One mail to be posted.

    ``merged`` are the alerts that go in it. ``is_fixed``: an earlier try may have delivered it, so
    it goes out again as it was, or not at all.
    """

    message: Claimed
    mail_id: str
    letter: Letter
    merged: tuple[str, ...] = ()
    was: str = "written"  # its status before
    is_fixed: bool = False


class Delivery:
    """Talks to the mail server. Shared by the threads of a process; counts how long it is away."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._settings = settings
        self._rounds_away = 0
        self.average_seconds = 0.02  # that a mail takes

    async def post(self, calls: Sequence[MailCall], deadline: float, report: Report) -> None:
        """Post what can be posted, none begun after the deadline; report each exactly once."""
        waiting = iter(calls)
        try:
            client = await self._connected()
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            self._leave(waiting, self._away(error), report)
            return
        self._rounds_away = 0
        for call in waiting:
            begun = time.perf_counter()
            outcome = await self._one(client, call, deadline)
            self.average_seconds += SMOOTHING * (time.perf_counter() - begun - self.average_seconds)
            report(call, outcome)
            if isinstance(outcome, Away):
                self._leave(waiting, outcome, report)
            elif not client.is_connected:
                self._leave(waiting, self._away("the connection was lost"), report)
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await client.quit(timeout=_QUIT_SECONDS)
        client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        """A connection, signed in.

        Raises:
            SMTPException, OSError, TimeoutError, ValueError: there is none to be had.

        """
        seconds = self._settings.notifier_smtp_timeout
        server: dict[str, Any] = self._settings.server or {}
        # The name we greet with is given: left to itself the library asks the network for one.
        name = self._settings.sender.domain
        client = aiosmtplib.SMTP(**server, local_hostname=name, timeout=seconds)
        async with asyncio.timeout(seconds):
            await client.connect()
        return client

    async def _one(self, client: aiosmtplib.SMTP, call: MailCall, deadline: float) -> Outcome:
        if boottime() > deadline:
            return NotBegun()
        try:
            wire = compose(call.letter)
            options = ["SMTPUTF8"] if needs_utf8(call.letter) else []
            async with asyncio.timeout(self._settings.notifier_smtp_timeout):
                await client.sendmail(
                    self._settings.sender.addr_spec,
                    call.letter.recipient,
                    wire,
                    mail_options=options,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return self._answered(error.recipients[0].code, error.recipients[0].message)
        except aiosmtplib.SMTPSenderRefused as error:
            if error.code in TOO_LARGE:
                return Refused(_words(error.code, error.message))
            return self._away(_words(error.code, error.message))
        except aiosmtplib.SMTPResponseException as error:
            return self._answered(error.code, error.message)
        except (aiosmtplib.SMTPNotSupported, ValueError) as error:
            return Refused(one_line(str(error)))
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            client.close()
            return Unknown(f"the mail server fell silent: {_named(error)}")
        return Taken()

    def _answered(self, code: int, answer: str) -> Outcome:
        words = _words(code, answer)
        if code == CLOSING:
            return self._away(words)
        return PutOff(words) if code < 500 else Refused(words)

    def _away(self, why: Exception | str) -> Away:
        self._rounds_away += 1
        words = _named(why) if isinstance(why, Exception) else why
        return Away(f"the mail server cannot be used: {words}", self._rounds_away)

    def _leave(self, waiting: Iterator[MailCall], outcome: Outcome, report: Report) -> None:
        for call in waiting:
            report(call, outcome)


def _words(code: int, answer: str) -> str:
    return f"the mail server said {code} {one_line(answer)}"


def _named(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}")
