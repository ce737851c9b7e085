"""What stands where a value could not be read, so that the rules can judge all the rest.

A rule that needs such a value cannot judge, and says nothing; what is wrong with the value itself is
said by whoever tried to read it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, NoReturn, TypeVar

Thing = TypeVar("Thing")
Finding = TypeVar("Finding")


class CannotJudge(Exception):
    """A value was asked for that could not be read."""


class Unread:
    """In the place of any value: to compare it, reckon with it or look into it raises."""

    __slots__ = ()

    def _used(self, *_: object) -> NoReturn:
        raise CannotJudge

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __bool__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = __abs__ = _used
    __len__ = __iter__ = __contains__ = __getitem__ = __str__ = __format__ = _used
    __getattr__ = _used


UNREAD: Final = Unread()


def is_unread(value: object) -> bool:
    """Whether the value could not be read."""
    return value is UNREAD


def each(
    things: Iterable[Thing], judge: Callable[[int, Thing], Iterator[Finding]]
) -> Iterator[Finding]:
    """What is found about each of several things, passing over those that cannot be judged."""
    for at, thing in enumerate(things):
        with suppress(CannotJudge):
            yield from judge(at, thing)
