"""One thread with a loop of its own, where HTTP and SMTP are answered."""

import asyncio
import socket
import threading
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from gatepost_sandbox.acting import Stage
from gatepost_sandbox.answers import HANG_UP
from gatepost_sandbox.postman import Postman

_UP_WITHIN: Final = 10.0
_LEAVE_TAKING: Final = 0.2


class Line(H11Protocol):
    """An HTTP connection that the application may drop, which ASGI has no word for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False  # here, because uvicorn's setting would silence the whole process

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def with_the_means(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[HANG_UP] = transport.abort
            await app(scope, receive, send)

        self.app = with_the_means


class Listener(uvicorn.Server):
    """uvicorn and the postman, started and stopped together."""

    def __init__(self, app: ASGIApp, postman: Postman, stage: Stage) -> None:
        # No log_config: whoever runs the process decides how it logs.
        config = uvicorn.Config(app, http=Line, ws="none", lifespan="off", log_config=None)
        config.proxy_headers = config.server_header = False
        config.timeout_graceful_shutdown = 1
        super().__init__(config)
        self._postman = postman
        self._stage = stage
        self._up = threading.Event()

    def listen(self, http: socket.socket, smtp: socket.socket) -> None:
        """Answer on both sockets, in another thread, until ``leave``."""
        listening = self._listen(http, smtp)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(listening), name="sandbox", daemon=True
        )
        self._thread.start()
        if not self._up.wait(_UP_WITHIN):
            raise RuntimeError("the sandbox did not come up")

    def leave(self) -> None:
        """Send everyone home and wait until the thread has ended."""
        self.should_exit = True
        self._thread.join()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let who is being answered have the answer, and drop who is still there after that."""
        self._stage.close()
        asyncio.get_running_loop().call_later(_LEAVE_TAKING, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        for line in list(self.server_state.connections):
            if isinstance(line, Line):
                line.transport.abort()

    async def _listen(self, http: socket.socket, smtp: socket.socket) -> None:
        async with await self._postman.listen(smtp):
            await self.serve(sockets=[http])
            self._postman.hang_up()
