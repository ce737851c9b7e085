"""Acting out a behaviour around one piece of work."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from gatepost_sandbox.answers import Silence, garbage, problem
from gatepost_sandbox.behaviour import Behaviour, Mode

Act = Callable[[], Awaitable[Response]]


class Stage:
    """Where behaviours are acted out. Whoever waits here goes home when the sandbox stops."""

    def __init__(self) -> None:
        self._closing = asyncio.Event()

    def close(self) -> None:
        self._closing.set()

    async def pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    async def act(self, behaviour: Behaviour, work: Act) -> Response:
        """The answer to a request that met the behaviour; the work is done, or it is not."""
        match behaviour.mode:
            case Mode.OK:
                return await work()
            case Mode.SLOW:
                answer = await work()
                await self.pause(behaviour.delay)
                return answer
            case Mode.LATE:
                await self.pause(behaviour.delay)
                return await work()
            case Mode.TIMEOUT_AFTER:
                await work()
                await self.pause(behaviour.delay)
                return Silence()
            case Mode.GARBAGE_AFTER:
                await work()
                return garbage()
            case Mode.TIMEOUT_BEFORE:
                await self.pause(behaviour.delay)
        return _undone(behaviour)


def _undone(behaviour: Behaviour) -> Response:
    """The answer where nothing was done."""
    match behaviour.mode:
        case Mode.BUSY:
            return problem(423, "record_locked", "The record is open in another window.")
        case Mode.RATE_LIMITED:
            wait = {"Retry-After": str(behaviour.retry_after)}
            return problem(429, "rate_limited", "Too many requests.", wait)
        case Mode.REFUSE:
            return problem(422, behaviour.code, behaviour.message)
        case Mode.GARBAGE:
            return garbage()
        case Mode.TIMEOUT_BEFORE:
            return problem(503, "timed_out", "The ERP did not get to it in time.")
    return problem(503, "down", "The ERP is down for maintenance.")
