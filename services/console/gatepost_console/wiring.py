"""What a route may ask for: the ledger, the settings, the answer to a request it leaves."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from gatepost.ledger.asking import Outcome, ask
from gatepost.ledger.ledger import Ledger
from gatepost.messages.requests import Message
from gatepost_console.settings import ConsoleSettings, is_loopback

if TYPE_CHECKING:
    from gatepost.runtime.program import Demo, Program


@dataclass(frozen=True, slots=True)
class House:
    """What the application stands on. ``stopping`` is set when the program is asked to stop."""

    program: "Program"
    settings: ConsoleSettings
    stopping: threading.Event

    @property
    def ledger(self) -> Ledger:
        return self.program.ledger

    @property
    def demo(self) -> "Demo | None":
        """What there is in a demo; none of it where others than this machine could reach it."""
        return self.program.demo if is_loopback(self.settings.http_host) else None

    @property
    def secret_key(self) -> str:
        """The key of the settings: no program starts without one."""
        key = self.program.settings.secret_key
        if key is None:
            raise RuntimeError("GATEPOST_SECRET_KEY is missing")
        return key.get_secret_value()

    def ask(self, requests: Sequence[Message]) -> list[Outcome]:
        """Leave requests in the ledger and wait for what comes of them."""
        wait = self.settings.http_decision_wait
        return ask(self.ledger, requests, wait, stopping=self.stopping)


async def _house(request: Request) -> House:
    found: House = request.app.state.house
    return found


async def _ledger(request: Request) -> Ledger:
    return (await _house(request)).ledger


TheHouse = Annotated[House, Depends(_house)]
TheLedger = Annotated[Ledger, Depends(_ledger)]
