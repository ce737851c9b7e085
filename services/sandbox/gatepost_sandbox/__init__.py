"""The sandbox: an ERP that keeps real books and fails when told to, a mail server, an upstream.

The ERP and the mail server know nothing of Gatepost; the demo's story (``play.py``) does.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.runtime.service import Service
from gatepost_sandbox.beside import Beside
from gatepost_sandbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatepost.cli.stage import Play


@dataclass(frozen=True, slots=True)
class PlayedService(Service):
    """A service that plays the other side of the gate in ``gatepost demo``."""

    play: "Callable[..., Play] | None" = None


def _play(*, any_port: bool) -> "Play":
    from gatepost_sandbox.play import HarborBridge

    return HarborBridge(any_port=any_port)


service = PlayedService(
    "sandbox", background=(Beside,), settings=Settings, listens=True, play=_play
)
