"""The door for ERPs that call in: opened when the directory has a connection of that kind.

What it takes to serve them is loaded only then: most exporters never need it.
"""

import threading
from typing import TYPE_CHECKING, Final

import structlog

from gatepost.connectors.discovery import load_connector
from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.port import CallsIn
from gatepost.ledger.directory import ConnectionEntry
from gatepost.runtime.sockets import listening_socket
from gatepost_exporter.settings import ExporterSettings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program
    from gatepost_exporter.calling_in.listening import Serving

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0  # between looks whether any connection is called over
STOP_SECONDS: Final = 5.0


def calls_in(entry: ConnectionEntry) -> bool:
    """Whether the ERP of a connection calls in by itself."""
    try:
        return issubclass(load_connector(entry.connector), CallsIn)
    except ConfigurationError:
        return False


class Door:
    """The exporter's door.

    Several exporters may run on one machine: one of them has the port, the others try for it now and
    then, so that it is answered again when that one ends.

    Args:
        program: whose connections are called over.
        settings: where to listen; read from the environment when not given.

    """

    def __init__(self, program: "Program", settings: ExporterSettings | None = None) -> None:
        self._program = program
        self._settings = settings or ExporterSettings()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="door", daemon=True)
        self._serving: Serving | None = None
        self.port = 0  # while it is open

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._serving:
            self._serving.stop()
        self._thread.join(STOP_SECONDS)

    def _watch(self) -> None:
        told = ""
        while not self._stopping.is_set():
            entries = self._program.ledger.directory_seen().connections.values()
            if any(map(calls_in, entries)):
                why = self._open()
                if why and why != told:
                    log.warning("cannot listen for QuickBooks; it is tried again", why=why)
                told = why
            self._stopping.wait(LOOK_SECONDS)

    def _open(self) -> str:
        """Listen until the exporter stops; gives why that cannot be."""
        from gatepost_exporter.calling_in.front_desk import FrontDesk
        from gatepost_exporter.calling_in.listening import Serving
        from gatepost_exporter.calling_in.operations import Operations

        at = self._settings
        try:
            socket = listening_socket(at.http_host, at.http_port)
        except OSError as error:
            return f"{error.filename}: {error.strerror}"
        desk = FrontDesk(self._program)
        with socket:
            self._serving = Serving(Operations(desk), socket)
            self.port = int(socket.getsockname()[1])
            log.info("listening for QuickBooks", host=at.http_host, port=self.port)
            if not self._stopping.is_set():
                self._serving.serve()
        desk.close()
        self.port = 0
        return ""
