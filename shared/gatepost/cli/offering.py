"""Offering to open the console in a browser, to whoever sits before the demo."""

import os
import select
import sys
import threading
import webbrowser
from typing import Final

from gatepost.cli.talking import show

KEY: Final = "o"
LOOK_SECONDS: Final = 0.5
SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


class Offer:
    """Opens a page when the key is typed; does nothing where nobody types.

    Args:
        url: what is opened.

    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="offer", daemon=True)
        self.is_made = sys.stdin.isatty() and sys.stdout.isatty() and has_screen()

    def start(self) -> None:
        if self.is_made:
            show(f"  type {KEY} and Enter to open the console in your browser\n")
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
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
            if typed.decode(errors="replace").strip().lower() == KEY:
                webbrowser.open(self._url)


def has_screen() -> bool:
    """Whether a browser would open a window, rather than draw into this terminal."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in SCREENS)
