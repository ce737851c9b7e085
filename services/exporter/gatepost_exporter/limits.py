"""Limits of a connection, shared by all exporters: calls in flight, and calls a minute.

Slots are leased: those of a dead exporter are free again when its lease ends. While Redis is away,
one call at a time in each process is all that is dared.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any, Final

import redis
import structlog
from redis.exceptions import RedisError

from gatepost.ledger.ids import uuid7

log = structlog.get_logger()

MINUTE: Final = 60  # seconds
_ALONE: Final = "alone"  # the slot of a process that has no Redis

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
    """Slots taken for one parcel; give them back with :meth:`Limits.give_back`."""

    count: int
    prefix: str


class Limits:
    """What the exporters of all processes have agreed on for each connection."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._take: Any = client.register_script(_TAKE)
        self._count: Any = client.register_script(_COUNT)
        self._alone: dict[str, float] = {}  # until when, by connection
        self._lock: Final = threading.Lock()

    def take(self, connection: str, *, limit: int, wanted: int, lease: float) -> Slots:
        """Take up to ``wanted`` slots of a connection; may be none.

        Args:
            connection: ``company/key``.
            limit: calls in flight at once, over all exporters.
            wanted: how many calls could be made at once here.
            lease: seconds after which the slots are free again by themselves.

        """
        prefix = f"{uuid7()}-"
        try:
            key = f"gatepost:slots:{connection}"
            taken = self._take(keys=[key], args=[limit, wanted, int(lease) + 1, prefix])
            return Slots(int(taken), prefix)
        except RedisError as error:
            log.warning("Redis is away; one call at a time here", error=repr(error))
            return self._take_alone(connection, lease)

    def _take_alone(self, connection: str, lease: float) -> Slots:
        """The one call that this process dares without Redis, if nobody is at it."""
        with self._lock:
            if self._alone.get(connection, 0.0) > time.monotonic():
                return Slots(0, "")
            self._alone[connection] = time.monotonic() + lease
        return Slots(1, _ALONE)

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

    def give_back(self, connection: str, slots: Slots) -> None:
        """The calls are over."""
        if slots.prefix == _ALONE:
            self._alone.pop(connection, None)
            return
        if not slots.count:
            return
        names = [f"{slots.prefix}{number}" for number in range(1, slots.count + 1)]
        try:
            self._redis.zrem(f"gatepost:slots:{connection}", *names)
        except RedisError as error:
            log.warning("slots are given back by their lease", error=repr(error))
