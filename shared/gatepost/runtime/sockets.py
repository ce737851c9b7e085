"""Sockets for those who are called: the pages and the API, the sandbox."""

import socket


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
