"""Style, script and pictures of the pages, each at an address that names its content."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from gatepost_console.problems import single

router = APIRouter(prefix="/static", include_in_schema=False)

TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
KEPT: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served; ``mark`` is made of its content."""

    body: bytes
    media_type: str
    mark: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Every file there is, by its name."""
    found = {}
    for file in (files("gatepost_console") / "static").iterdir():
        if media_type := TYPES.get(file.name.rpartition(".")[2]):
            body = file.read_bytes()
            mark = hashlib.sha256(body).hexdigest()[:16]
            found[file.name] = StaticFile(body, media_type, mark)
    return found


def static_url(name: str) -> str:
    """Where a file is served; another content has another address."""
    return f"/static/{static_files()[name].mark}/{name}"


@router.get("/{mark}/{name}")
async def static_file(mark: str, name: str) -> Response:
    """A file; one that is asked for by another content's address is not there."""
    found = static_files().get(name)
    if found is None or found.mark != mark:
        raise single(404, "not_found", "there is no such file")
    return Response(found.body, media_type=found.media_type, headers={"Cache-Control": KEPT})
