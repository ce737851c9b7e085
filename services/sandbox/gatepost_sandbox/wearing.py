"""A switch whose setting may wear off: one for the ERP, one for the mail server."""

import threading
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class Setting(BaseModel):
    """What the switch is set to, and for how many more requests."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    for_next: int | None = Field(default=None, ge=1)

    def calm(self) -> Self:
        """The setting it falls back to."""
        return type(self)()

    def worn(self) -> Self:
        """The setting after one more request has met it."""
        if self.for_next is None:
            return self
        if self.for_next == 1:
            return self.calm()
        return self.model_copy(update={"for_next": self.for_next - 1})


S = TypeVar("S", bound=Setting)


class Switch(Generic[S]):
    """Turned by hand, met by requests; any thread may do either."""

    def __init__(self, setting: S) -> None:
        self._lock = threading.Lock()
        self._setting = setting

    def turn(self, to: S) -> None:
        with self._lock:
            self._setting = to

    def shows(self) -> S:
        with self._lock:
            return self._setting

    def meet(self, touched: Callable[[S], bool]) -> S:
        """What a request is to be treated with; only one it touches wears the setting."""
        with self._lock:
            met = self._setting
            if not touched(met):
                return met.calm()
            self._setting = met.worn()
            return met
