"""Calling: events over kept-alive connections to their endpoints, all endpoints side by side."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import httpcore

from gatepost import __version__
from gatepost.domain.addresses import Network
from gatepost.ledger.webhook_secrets import Secret
from gatepost.ledger.work import Claimed
from gatepost.messages.cloud_events import STRUCTURED
from gatepost.runtime.outside import boottime
from gatepost.runtime.service import Report
from gatepost_notifier.endpoint_outcomes import Answered, Forbidden, NotBegun, Outcome, Silent
from gatepost_notifier.guarding import GuardedNetwork, MayNotBeCalled
from gatepost_notifier.signing import signature
from gatepost_notifier.webhook_settings import WebhookSettings
from gatepost_notifier.wording import one_line

ANSWER_LIMIT: Final = 4096  # bytes of an answer that are read, of which a line is kept


@dataclass(frozen=True, slots=True)
class HookCall:
    """One event to be posted to one endpoint. ``timestamp`` is signed with it."""

    message: Claimed
    webhook_id: str
    delivery_id: str
    event_id: str
    body: bytes = field(repr=False)
    url: str = field(repr=False)  # some services keep a key in it
    secrets: tuple[Secret, ...]
    timestamp: int
    attempt: int
    age: float  # seconds


class Endpoints:
    """Posts to endpoints. Shared by the threads of a process: no endpoint holds two of them."""

    def __init__(self, settings: WebhookSettings, networks: Sequence[Network]) -> None:
        self._settings = settings
        self._networks = networks
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whom this machine trusts; certificates are always verified."""
        return ssl.create_default_context()

    async def post(self, calls: Sequence[HookCall], deadline: float, report: Report) -> None:
        """Post what can be posted, none begun after the deadline; report each exactly once."""
        by_endpoint: dict[str, list[HookCall]] = {}
        for call in calls:
            by_endpoint.setdefault(call.webhook_id, []).append(call)
        tasks = [self._post_to(each, deadline, report) for each in by_endpoint.values()]
        await asyncio.gather(*tasks)

    async def _post_to(self, calls: Sequence[HookCall], deadline: float, report: Report) -> None:
        """All for one endpoint; once it is silent the rest is left for later."""
        endpoint = calls[0].webhook_id
        if not self._take(endpoint):
            for call in calls:
                report(call, NotBegun())
            return
        waiting, silent = iter(calls), NotBegun()
        is_silent = False

        async def work_off(pool: httpcore.AsyncConnectionPool) -> None:
            nonlocal is_silent
            for call in waiting:
                if is_silent or boottime() > deadline:
                    report(call, silent)
                    continue
                outcome = await self._one(pool, call)
                is_silent |= isinstance(outcome, Silent | Forbidden)
                report(call, outcome)

        try:
            async with self._pool(calls[0].url) as pool:
                wide = min(self._settings.webhook_in_flight, len(calls))
                await asyncio.gather(*(work_off(pool) for _ in range(wide)))
        finally:
            with self._lock:
                self._busy.discard(endpoint)

    def _take(self, endpoint: str) -> bool:
        with self._lock:
            free = endpoint not in self._busy
            self._busy.add(endpoint)
        return free

    @asynccontextmanager
    async def _pool(self, url: str) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        secure = url.lower().startswith("https:")
        async with httpcore.AsyncConnectionPool(
            ssl_context=self._trust if secure else None,
            max_connections=self._settings.webhook_in_flight,
            network_backend=GuardedNetwork(secure=secure, networks=self._networks),
        ) as pool:
            yield pool

    async def _one(self, pool: httpcore.AsyncConnectionPool, call: HookCall) -> Outcome:
        seconds = self._settings.webhook_timeout
        answered: Answered | None = None
        try:
            async with (
                asyncio.timeout(seconds),
                pool.stream(
                    "POST", call.url, headers=_headers(call), content=call.body
                ) as response,
            ):
                answered = _answered(response)
                return replace(answered, text=await _words(response))
        except MayNotBeCalled as error:
            return Forbidden(str(error))
        except TimeoutError:
            return answered or Silent(f"the endpoint did not answer within {seconds:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            said = one_line(str(error)) or type(error).__name__
            return answered or Silent(f"the endpoint cannot be reached: {said}")


def _answered(response: httpcore.Response) -> Answered:
    headers = {name.lower(): value for name, value in response.headers}
    asked = headers.get(b"retry-after", b"")
    return Answered(response.status, "", float(asked) if asked.isdigit() else None)


async def _words(response: httpcore.Response) -> str:
    """The beginning of what it said. Read to its end the connection can be used again."""
    said = b""
    async for part in response.aiter_stream():
        said += part
        if len(said) > ANSWER_LIMIT:
            break
    return one_line(said[:ANSWER_LIMIT].decode("utf-8", "replace"))


def _headers(call: HookCall) -> list[tuple[str, str]]:
    signed = signature(call.secrets, call.event_id, call.timestamp, call.body)
    return [
        ("Content-Type", STRUCTURED),
        ("User-Agent", f"gatepost/{__version__}"),
        ("webhook-id", call.event_id),
        ("webhook-timestamp", str(call.timestamp)),
        ("webhook-signature", signed),
    ]
