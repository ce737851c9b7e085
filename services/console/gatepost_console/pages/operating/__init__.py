"""The pages for operators: what goes on, what stands still, and setting it going again."""

from fastapi import APIRouter

from gatepost_console.pages.operating import route, workers

_PAGES = (route, workers)

router = APIRouter()
for each in _PAGES:
    router.include_router(each.router)
