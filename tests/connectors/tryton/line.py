"""The line to a server: it carries bytes, loses answers, and is cut."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gatepost.runtime.sockets import listening_socket
from gatepost.testing.servers.processes import free_port

_CHUNK: Final = 65536
_HOST: Final = "127.0.0.1"
_WRITES: Final = (b"POST ", b"PUT ")


class Line:
    """A port whose connections lead to another port of this machine."""

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self.arrived = threading.Event()  # something that is to be written has come by
        self._to = to
        self._loses = False
        self._open: set[socket.socket] = set()
        self._listening: socket.socket | None = None
        self._listen()

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    def close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            with contextlib.suppress(OSError):  # wakes the thread that accepts
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for end in list(self._open):
            _hang_up(end)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """While it lasts, nobody gets through."""
        self.close()
        try:
            yield
        finally:
            self._listen()

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """While it lasts, what is written arrives over there, and the answer does not come back."""
        self._loses = True
        try:
            yield
        finally:
            self._loses = False

    def _listen(self) -> None:
        self._listening = listening_socket(_HOST, self.port)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                caller, _ = listening.accept()
                threading.Thread(target=self._carry, args=(caller,), daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        with (
            caller,
            contextlib.suppress(OSError),
            socket.create_connection((_HOST, self._to)) as far,
        ):
            ends = {caller, far}
            self._open |= ends
            writes = threading.Event()
            there = threading.Thread(target=self._forth, args=(caller, far, writes), daemon=True)
            there.start()
            try:
                self._back(far, caller, writes)
            finally:
                for end in ends:
                    _hang_up(end)
                there.join()
                self._open -= ends

    def _forth(self, caller: socket.socket, far: socket.socket, writes: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while said := caller.recv(_CHUNK):
                far.sendall(said)
                if said.startswith(_WRITES):
                    writes.set()
                    self.arrived.set()

    def _back(self, far: socket.socket, caller: socket.socket, writes: threading.Event) -> None:
        while said := far.recv(_CHUNK):
            if self._loses and writes.is_set():
                return
            caller.sendall(said)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
