"""Turns: what concerns one item is done by one thread at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary


class Turns:
    """A lock for each mark; it is forgotten with the last who waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._giving = threading.Lock()

    @contextmanager
    def of(self, mark: str) -> Iterator[None]:
        """Wait until nobody else of this process is at work on that mark."""
        with self._giving:
            turn = self._locks.get(mark)
            if turn is None:
                turn = self._locks[mark] = _Lock()
        with turn.lock:
            yield


class _Lock:
    """A lock that can be referred to weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
