"""Guarding: a connection is made only to an address that may be called.

The name is looked up here and the very address that was looked at is called, so that no second
answer of the name service can lead elsewhere. TLS still checks the certificate against the name.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import ip_address

import httpcore

from gatepost.domain.addresses import Network, may_be_called


class MayNotBeCalled(Exception):
    """The name stands for addresses that may not be called; ``str()`` says so."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """httpcore's way to the network, with the guard before it.

    Args:
        secure: whether TLS follows.
        networks: those the settings allow besides the public one.

    """

    def __init__(self, *, secure: bool, networks: Sequence[Network]) -> None:
        self._secure = secure
        self._networks = networks
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        *others, last = await self._addresses(host, port)
        for address in others:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError:
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def _addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a name, in the order they are to be tried.

        Raises:
            MayNotBeCalled, OSError: one of them may not be, or there is none.

        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
        for address in addresses:
            known = ip_address(address)
            if not may_be_called(known, secure=self._secure, networks=self._networks):
                how = "" if self._secure else " without TLS"
                raise MayNotBeCalled(
                    f"{host} is at {address}, which may not be called{how}: an operator can name its "
                    "network in GATEPOST_WEBHOOK_NETWORKS"
                )
        return addresses
