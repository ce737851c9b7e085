"""Limits of a connection, shared by all exporters: calls in flight, and calls a minute.

Slots are leased: those of a dead exporter are free again when its lease ends. While Redis is away,
one call at a time in each process is all that is dared.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import redis
import structlog
from redis.exceptions import RedisError

from gatepost.ledger.ids import uuid7

log = structlog.get_logger()

MINUTE: Final = 60  # seconds
LEASE_MARGIN: Final = 3.0  # seconds beyond a call's time-out until its slot is surely free
RENEWAL_SECONDS: Final = 1.0
ALONE: Final = "alone-"

# KEYS: slots (a sorted set of slot -> end of its lease)
# ARGV: limit, wanted, lease in seconds, prefix of the new slots' names
_TAKE: Final = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local free = math.max(0, tonumber(ARGV[1]) - redis.call('ZCARD', KEYS[1]))
local take = math.min(free, tonumber(ARGV[2]))
for n = 1, take do
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[4] .. n)
end
return take
"""


# KEYS, ARGV: as above, the limit alone; nothing is taken
_FREE: Final = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(redis.call('TIME')[1]))
return tonumber(ARGV[1]) - redis.call('ZCARD', KEYS[1])
"""

# KEYS: the calls of a minute
# ARGV: calls, seconds. In one step with its end: a count without one would stand for ever.
_COUNT: Final = """
local made = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('TTL', KEYS[1]) < 0 then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return made
"""


@dataclass(frozen=True, slots=True)
class Slots:
    """Slots of one connection, by name; none of them may outlive the call that is made in it."""

    names: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.names)


class Limits:
    """What the exporters of all processes have agreed on for each connection.

    A slot's lease is short, so that those of a dead exporter are free again soon; a thread renews
    the leases of those that are in use here.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._take: Any = client.register_script(_TAKE)
        self._count: Any = client.register_script(_COUNT)
        self._free: Any = client.register_script(_FREE)
        self._in_use: dict[str, tuple[str, float]] = {}  # slot -> connection, lease
        self._renewal: threading.Thread | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()

    def take(self, connection: str, *, limit: int, wanted: int, lease: float) -> Slots:
        """Take up to ``wanted`` slots of a connection; may be none.

        Args:
            connection: ``company/key``.
            limit: calls in flight at once, over all exporters.
            wanted: how many calls could be made at once here.
            lease: seconds after which the slots of a dead exporter are free again.

        """
        if wanted <= 0:
            return Slots()
        prefix = f"{uuid7()}-"
        lease += LEASE_MARGIN
        try:
            taken = int(self._take(keys=[_key(connection)], args=[limit, wanted, lease, prefix]))
        except RedisError as error:
            log.warning("Redis is away; one call at a time here", error=repr(error))
            return self._alone(connection)
        names = tuple(f"{prefix}{number}" for number in range(1, taken + 1))
        with self._lock:
            self._in_use.update(dict.fromkeys(names, (connection, lease)))
            if self._renewal is None:
                self._renewal = threading.Thread(target=self._renew, name="slots", daemon=True)
                self._renewal.start()
        return Slots(names)

    def is_free(self, connection: str, limit: int) -> bool:
        """Whether a slot seems to be free. Nothing is taken by looking."""
        try:
            return int(self._free(keys=[_key(connection)], args=[limit])) > 0
        except RedisError:
            return f"{ALONE}{connection}" not in self._in_use

    def _alone(self, connection: str) -> Slots:
        name = f"{ALONE}{connection}"
        with self._lock:
            if name in self._in_use:
                return Slots()
            self._in_use[name] = (connection, 0.0)
        return Slots((name,))

    def give_back(self, connection: str, names: Sequence[str]) -> None:
        """The calls in these slots are over."""
        with self._lock:
            for name in names:
                self._in_use.pop(name, None)
        try:
            if names:
                self._redis.zrem(_key(connection), *names)
        except RedisError as error:
            log.warning("slots are given back by their lease", error=repr(error))

    def within_the_minute(self, connection: str, *, per_minute: int, calls: int) -> int:
        """How many of ``calls`` the minute still allows; they are counted as made. 0: no limit."""
        if per_minute <= 0:
            return calls
        key = f"gatepost:minute:{connection}"
        try:
            made = int(self._count(keys=[key], args=[calls, MINUTE]))
        except RedisError as error:
            log.warning("Redis is away; the limit of a minute is not kept", error=repr(error))
            return calls
        return max(0, min(calls, per_minute - (made - calls)))

    def _renew(self) -> None:
        while not self._closed.wait(RENEWAL_SECONDS):
            with self._lock:
                in_use = [(slot, *held) for slot, held in self._in_use.items() if held[1]]
            try:
                now = int(self._redis.time()[0])
                pipeline = self._redis.pipeline(transaction=False)
                for slot, connection, lease in in_use:
                    pipeline.zadd(_key(connection), {slot: now + lease}, xx=True)
                pipeline.execute()
            except RedisError as error:
                log.warning("slots could not be renewed", error=repr(error))


def _key(connection: str) -> str:
    return f"gatepost:slots:{connection}"
