"""Serving: uvicorn in a thread with a loop of its own, beside whatever else the process does."""

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Final

import uvicorn

from gatepost.runtime.service import cannot_listen
from gatepost.runtime.sockets import listening_socket
from gatepost_console.app import make_app
from gatepost_console.settings import ConsoleSettings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

UP_SECONDS: Final = 60.0
GRACE_SECONDS: Final = 1  # for answers under way, when the program is asked to stop
STOP_SECONDS: Final = 2.5


class Serving:
    """The HTTP server of the console.

    Args:
        program: whose ledger it shows.
        settings: where to listen; read from the environment when not given.

    """

    def __init__(self, program: "Program", settings: ConsoleSettings | None = None) -> None:
        self._settings = settings or ConsoleSettings()
        self._stopping = threading.Event()
        self._app = make_app(program, self._settings, self._stopping)
        self._server = _Server(_config(self._app))
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """Where it listens: the port that was chosen when the settings say 0."""
        return int(self._socket.getsockname()[1]) if self._socket else self._settings.http_port

    def start(self) -> None:
        """Listen, and return when requests are answered.

        Raises:
            CannotStart: the port is taken, or not ours to take.

        """
        try:
            self._socket = listening_socket(self._settings.http_host, self._settings.http_port)
        except OSError as error:
            raise cannot_listen(error, "GATEPOST_HTTP_PORT") from None
        self._thread.start()
        if not self._server.up.wait(UP_SECONDS):
            raise RuntimeError("the console did not come up")

    def stop(self) -> None:
        """Finish what is under way; whoever waits for a decision is told that it is pending."""
        self._stopping.set()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        if self._socket:
            self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket] if self._socket else None))


class _Server(uvicorn.Server):
    """uvicorn, telling when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def _config(app: object) -> uvicorn.Config:
    # No log_config: whoever runs the process decides how it logs. No access log: addresses may hold
    # what people searched for.
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI application
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    config.load()
    return config
