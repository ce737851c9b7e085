"""Settings: what everybody sets for themselves, and what an Admin of the ERP tool keeps.

Every change of the directory goes through :mod:`gatepost_console.directory_edits`.
"""

from fastapi import APIRouter

from gatepost_console.pages.settings import company, me, people, tokens, webhooks

router = APIRouter()
for _each in (me, people, company, webhooks, tokens):
    router.include_router(_each.router)
