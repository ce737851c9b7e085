"""Sockets for those who are called: the pages and the API, the sandbox."""

import socket
from typing import Final

#: Below the ports of outgoing connections: none of them takes one of these before we listen on it,
#: nor while a server of ours is down.
OWN_PORTS: Final = range(15_000, 32_000)


def is_free(port: int) -> bool:
    """Whether nobody listens on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listening_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Callers may already knock, and wait.

    Raises:
        OSError: the port is taken, or the address is none of this machine; its ``filename`` is the
            place, ``host:port``.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP is named because asyncio switches Nagle's delay off only where it is: 40 ms an answer.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(1024)
    except OSError as error:
        sock.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from None
    return sock
