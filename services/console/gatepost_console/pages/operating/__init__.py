"""The pages for operators: what goes on, what stands still, and setting it going again."""

from fastapi import APIRouter

from gatepost_console.pages.operating import connections, failures, mails, route, set_aside, workers

_PAGES = (route, failures, connections, set_aside, workers, mails)

router = APIRouter()
for each in _PAGES:
    router.include_router(each.router)
