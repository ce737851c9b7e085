"""Listening for Web Connectors: HTTP, for as long as a connection needs it."""

import asyncio
import socket
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gatepost.connectors.quickbooks.parsing import LARGEST
from gatepost.connectors.quickbooks.soap import NotUnderstood, answer_to, call_of, fault, wsdl
from gatepost_exporter.calling_in.operations import Operations

GRACE_SECONDS: Final = 1
_XML: Final = "text/xml; charset=utf-8"


def make_app(operations: Operations) -> Starlette:
    """The service at ``/quickbooks/<connection>``."""

    async def hello(request: Request) -> Response:
        if "wsdl" in {name.lower() for name in request.query_params}:
            return Response(wsdl(str(request.url.replace(query=""))), media_type=_XML)
        return PlainTextResponse("Gatepost: the QuickBooks Web Connector calls here.\n")

    async def called(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response(fault("the body is too large"), 413, media_type=_XML)
        try:
            call = call_of(body)
        except NotUnderstood as error:
            return Response(fault(str(error)), 500, media_type=_XML)  # SOAP 1.1 wants 500
        key = request.path_params["connection"]
        result = await run_in_threadpool(operations.answer, key, call)
        return Response(answer_to(call.operation, result), media_type=_XML)

    path = "/quickbooks/{connection}"
    return Starlette(
        routes=[Route(path, hello, methods=["GET"]), Route(path, called, methods=["POST"])]
    )


async def _body(request: Request) -> bytes | None:
    """The body, read no further than the largest document there may be."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > LARGEST:
            return None
    return bytes(found)


class Serving:
    """The HTTP server, for as long as the exporter runs.

    Args:
        operations: what is called.
        socket: where.

    """

    def __init__(self, operations: Operations, socket: socket.socket) -> None:
        self._operations = operations
        self._socket = socket
        self._server = uvicorn.Server(_config(make_app(operations)))

    def serve(self) -> None:
        """Answer, until it is stopped."""
        asyncio.run(self._server.serve(sockets=[self._socket]))
        self._operations.sessions.end_all()

    def stop(self) -> None:
        self._server.should_exit = True


def _config(app: Starlette) -> uvicorn.Config:
    # No access log: nothing is said there that the ledger does not say better.
    return uvicorn.Config(
        app, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
        proxy_headers=True, forwarded_allow_ips="127.0.0.1", timeout_graceful_shutdown=GRACE_SECONDS,
    )  # fmt: skip
