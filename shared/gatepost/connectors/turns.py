"""Turns: what concerns one item, or one number, is done by one thread at a time."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from weakref import WeakValueDictionary


class Turns:
    """A lock for each mark or number; it is forgotten with the last who waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._giving = threading.Lock()

    @contextmanager
    def of(self, *keys: str) -> Iterator[None]:
        """Wait until nobody else of this process is at work on any of those marks and numbers.

        An empty one is nobody's. Always taken in one order, so that no two wait for each other.
        """
        with self._giving:
            turns = [self._turn(key) for key in sorted(set(filter(None, keys)))]
        with ExitStack() as taken:
            for turn in turns:
                taken.enter_context(turn.lock)
            yield

    def _turn(self, key: str) -> "_Lock":
        turn = self._locks.get(key)
        if turn is None:
            turn = self._locks[key] = _Lock()
        return turn


class _Lock:
    """A lock that can be referred to weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
