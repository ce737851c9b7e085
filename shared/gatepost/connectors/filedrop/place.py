"""Where a drop is: a folder of this machine, or of an SFTP server. The drop needs six verbs of it."""

import time
from contextlib import AbstractContextManager
from typing import Protocol

from gatepost.connectors.filedrop.names import Folder

ANSWER_LIMIT = 1024 * 1024  # bytes of an acknowledgement


def now() -> float:
    """Seconds on a clock that goes on while the machine sleeps, where the system has one."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class TooLarge(Exception):
    """A file has more bytes than are read."""


class Way(Protocol):
    """The way to a place, for one call, of a call's time.

    Nothing is written or moved after that: whoever was frozen meanwhile would do it a second time,
    for another has taken over.

    Every verb raises Unavailable when the place cannot be reached or the time is used up, and
    ConfigurationError when it may not be used so.
    """

    def is_there(self, folder: Folder, name: str) -> bool:
        """Whether there is such a file."""

    def age(self, folder: Folder, name: str) -> float:
        """Seconds since a file was written; 0 when there is none."""

    def read(self, folder: Folder, name: str) -> bytes | None:
        """A file's content; None when there is none.

        Raises:
            TooLarge: it has more than ``ANSWER_LIMIT`` bytes.

        """

    def write(self, folder: Folder, name: str, content: bytes) -> None:
        """Write a file and have it on the disk; not at once for whoever reads it."""

    def move(self, folder: Folder, name: str, to: Folder, new_name: str) -> bool:
        """Move a file in one step, over one of that name; False when there is none to move."""


class Place(Protocol):
    """A drop's place; one object serves many threads."""

    def open(self) -> AbstractContextManager[Way]:
        """A way there, which the caller has for itself.

        Raises:
            Unavailable: the place cannot be reached, or a folder of the drop is missing there.
            ConfigurationError: wrong credentials, an unknown host key, no permission.

        """

    def close(self) -> None:
        """Let go of connections."""
