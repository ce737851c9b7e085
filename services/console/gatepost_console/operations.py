"""For whoever runs it: signs of life, metrics, the version. No token is asked for, no item is told."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from prometheus_client.exposition import choose_encoder
from starlette.responses import PlainTextResponse

from gatepost import __version__
from gatepost_console import problems
from gatepost_console.health import readiness
from gatepost_console.metrics import registry
from gatepost_console.texts import Json
from gatepost_console.wiring import TheHouse

router = APIRouter(tags=["operations"])


@router.get("/livez", response_class=PlainTextResponse)
async def livez() -> str:
    """This process answers."""
    return "ok\n"


@router.get("/readyz")
def readyz(house: TheHouse, verbose: Annotated[bool, Query()] = False) -> Json:
    """Whether it can do its work. An ERP that is down is no reason to say no."""
    program = house.program
    checks = readiness(program.database, program.transport)
    ready = all(check.ok for check in checks)
    document: dict[str, Any] = {"ready": ready}
    if verbose:
        document["checks"] = checks
    return Json(document, 200 if ready else 503)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(house: TheHouse, accept: Annotated[str, Header()] = "") -> Response:
    """Numbers for Prometheus, counted when it asks."""
    encode, media_type = choose_encoder(accept)
    body = encode(registry(house.program.database))
    return Response(body, headers={"Content-Type": media_type})


@router.get("/version")
async def version() -> Json:
    """The release that answers."""
    return Json({"version": __version__})


@router.get("/problems/{code}")
async def problem(code: str) -> Json:
    """What a problem's code means."""
    if meaning := problems.meaning(code):
        return Json(meaning)
    raise problems.single(404, "not_found", "there is no such problem")
