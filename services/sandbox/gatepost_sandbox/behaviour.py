"""How the ERP behaves: the modes, and which requests they touch."""

import random
from enum import StrEnum
from typing import Any, Self

from pydantic import Field

from gatepost_sandbox.kinds import Kind
from gatepost_sandbox.wearing import Setting, Switch


class Mode(StrEnum):
    """What happens to a request."""

    OK = "ok"  # it is done and answered
    DOWN = "down"  # 503, nothing done
    BUSY = "busy"  # 423, somebody has the record open
    SLOW = "slow"  # done at once, answered after the delay
    LATE = "late"  # done only after the delay, perhaps when nobody waits any more, then answered
    RATE_LIMITED = "rate_limited"  # 429 with Retry-After
    REFUSE = "refuse"  # 422 with the code and message asked for
    TIMEOUT_BEFORE = "timeout_before"  # 503 after the delay, nothing done
    TIMEOUT_AFTER = "timeout_after"  # done, and no answer: after the delay the line goes dead
    GARBAGE = "garbage"  # 200 and a page of HTML, nothing done
    GARBAGE_AFTER = "garbage_after"  # done, and 200 with a page of HTML


#: The modes that make sense for a write only; the others touch reads too.
WRITES_ONLY = frozenset({Mode.BUSY, Mode.LATE, Mode.REFUSE, Mode.TIMEOUT_AFTER, Mode.GARBAGE_AFTER})


class Behaviour(Setting):
    """One setting of the switch."""

    mode: Mode = Mode.OK
    kinds: tuple[Kind, ...] = ()  # none named = every kind, and the lists without a kind
    delay: float = Field(default=3.0, ge=0, le=600)
    probability: float = Field(default=1.0, ge=0, le=1)
    retry_after: int = Field(default=1, ge=0, le=3600)
    code: str = "period_closed"
    message: str = "The accounting period of this record is closed."
    honour_idempotency_key: bool = False

    def calm(self) -> Self:
        return type(self)(honour_idempotency_key=self.honour_idempotency_key)

    def touches(self, kind: Kind | None, *, writing: bool) -> bool:
        """Whether a request is treated so.

        With ``for_next`` only writes are: a look-up between two writes must not use it up.
        """
        if self.mode is Mode.OK or (self.kinds and kind not in self.kinds):
            return False
        if not writing and (self.mode in WRITES_ONLY or self.for_next is not None):
            return False
        return self.probability >= 1 or random.random() < self.probability


class BehaviourSwitch(Switch[Behaviour]):
    """The switch on the ERP's wall. A restart turns it back to ok."""

    def __init__(self) -> None:
        super().__init__(Behaviour())

    def put(self, asked: dict[str, Any]) -> Behaviour:
        """Set what was asked for; whether keys are honoured stays as it was unless it is named."""
        honoured = {"honour_idempotency_key": self.shows().honour_idempotency_key}
        self.turn(Behaviour.model_validate(honoured | asked))
        return self.shows()

    def met_by(self, kind: Kind | None, *, writing: bool) -> Behaviour:
        return self.meet(lambda behaviour: behaviour.touches(kind, writing=writing))
