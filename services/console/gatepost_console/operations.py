"""For whoever runs it: signs of life, metrics, the version. No token is asked for, no item is told."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Response
from prometheus_client.exposition import choose_encoder
from starlette.responses import PlainTextResponse

from gatepost import __version__
from gatepost_console import problems
from gatepost_console.describing import answers
from gatepost_console.health import readiness
from gatepost_console.metrics import registry
from gatepost_console.shapes import Meaning, Ready, Version
from gatepost_console.texts import Json, Line
from gatepost_console.wiring import TheHouse

router = APIRouter(tags=["operations"])

_NUMBERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "In the form that the header Accept asks for",
        "content": {"application/openmetrics-text": {"schema": {"type": "string"}}},
    }
}


@router.get("/livez", response_class=PlainTextResponse, operation_id="livez")
async def livez() -> str:
    """This process answers."""
    return "ok\n"


@router.get("/readyz", operation_id="readyz", responses=answers(Ready, 200, 503))
def readyz(house: TheHouse, verbose: Annotated[bool, Query()] = False) -> Json:
    """Whether it can do its work; where not, which part. An ERP that is down is no reason to say no."""
    program = house.program
    checks = readiness(program.database, program.transport)
    ready = all(check.ok for check in checks)
    document: dict[str, Any] = {"ready": ready}
    if verbose or not ready:
        document["checks"] = checks
    return Json(document, 200 if ready else 503)


@router.get(
    "/metrics", response_class=PlainTextResponse, operation_id="metrics", responses=_NUMBERS
)
def metrics(
    house: TheHouse, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """Numbers for Prometheus, counted when it asks."""
    encode, media_type = choose_encoder(accept)
    body = encode(registry(house.program.database))
    return Response(body, headers={"Content-Type": media_type})


@router.get("/version", operation_id="version", responses=answers(Version))
async def version() -> Json:
    """The release that answers."""
    return Json({"version": __version__})


@router.get("/problems/{code}", operation_id="explain_problem", responses=answers(Meaning))
async def problem(code: Line) -> Json:
    """What a problem's code means."""
    if meaning := problems.meaning(code):
        return Json(meaning)
    raise problems.single(404, "not_found", "there is no such problem")
