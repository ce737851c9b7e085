"""The keys of the demo, for whoever sits before it: one press, no Enter."""

import os
import select
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gatepost.cli.talking import show

LOOK_SECONDS: Final = 0.2
SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


@dataclass(frozen=True, slots=True)
class Key:
    """A key, what it does in two or three words, and that."""

    letter: str
    words: str
    press: Callable[[], object]


class Keys:
    """Reads the keys of a terminal from a thread; does nothing where nobody types.

    Args:
        keys: what each does.

    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = {key.letter: key for key in keys}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keys", daemon=True)
        self._as_it_was: list[Any] | None = None

    @property
    def legend(self) -> str:
        """All of them in a line."""
        return "   ".join(f"{key.letter} {key.words}" for key in self._keys.values())

    def start(self) -> None:
        """Take single keys from now on, and say which there are."""
        if not is_ours():
            return
        import termios
        import tty

        self._as_it_was = termios.tcgetattr(sys.stdin.fileno())
        tty.setcbreak(sys.stdin.fileno())  # Ctrl-C is still a signal
        show(f"keys: {self.legend}\n")
        self._thread.start()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        self._stopping.set()
        if self._as_it_was is not None:
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._as_it_was)
            self._as_it_was = None
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(2 * LOOK_SECONDS)

    def _run(self) -> None:
        # Not readline: a thread that waits in it holds up the end of the program.
        while not self._stopping.is_set():
            ready, _, _ = select.select([sys.stdin], [], [], LOOK_SECONDS)
            if not ready:
                continue
            typed = os.read(sys.stdin.fileno(), 100)
            if not typed:
                return
            for letter in typed.decode(errors="replace").lower():
                if key := self._keys.get(letter):
                    key.press()


def is_ours() -> bool:
    """Whether somebody sits at a terminal, and it is this program that has it."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()  # else it would be stopped


def has_screen() -> bool:
    """Whether a browser would open a window, rather than draw into this terminal."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in SCREENS)
