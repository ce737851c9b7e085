"""The command line: ``gatepost``. What it reads goes to stdout, what it says goes to stderr.

Nothing heavy is imported before a command needs it, so that ``gatepost --help`` is there at once.
"""

from collections.abc import Sequence
from typing import Final

PROGRAM: Final = "gatepost"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the program with its exit code."""
    from gatepost.cli.app import app
    from gatepost.cli.failing import explained

    with explained():
        app(args=None if arguments is None else list(arguments), prog_name=PROGRAM)
