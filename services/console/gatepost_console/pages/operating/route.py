"""The route of an item as a picture with numbers: whether everything goes its way, at a glance."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost_console.flow import Flow, Hop, Stop, flow_of
from gatepost_console.pages.operating.operators import Operating, operations_page
from gatepost_console.pages.operating.spans import span
from gatepost_console.wiring import TheLedger

router = APIRouter()

SLOW: Final = timedelta(minutes=2)  # work that is due for so long says that nobody takes it


class Mood(StrEnum):
    """How a stop does, in the word that stands on it."""

    IDLE = "Idle"
    FLOWING = "Flowing"
    WAITING = "Waiting"
    TROUBLE = "Trouble"
    STOPPED = "Stopped"


_COLOUR: Final = {
    Mood.IDLE: "grey",
    Mood.FLOWING: "green",
    Mood.WAITING: "yellow",
    Mood.TROUBLE: "red",
    Mood.STOPPED: "red",
}
_NAMES: Final = {
    Stop.UPSTREAM: ("Upstream", "Systems that send items"),
    Stop.INTAKE: ("Intake", "Checks and stores what came"),
    Stop.APPROVAL: ("Approval", "Prompts people, records decisions"),
    Stop.EXPORTER: ("Exporter", "Prepares and retries exports"),
    Stop.ERP: ("ERP", "Calls under way"),
    Stop.MAIL: ("Mail", "Mails, webhooks, events out"),
}
_DONE: Final = {
    Stop.UPSTREAM: "sent",
    Stop.INTAKE: "stored",
    Stop.APPROVAL: "decided",
    Stop.EXPORTER: "exported or failed",
    Stop.ERP: "answered",
    Stop.MAIL: "mails sent",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """What stands still at a stop, and the page where something can be done about it."""

    words: str
    address: str
    is_grave: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """A stop as it is drawn."""

    name: str
    what: str
    hop: Hop
    age: str
    done_words: str
    mood: Mood
    colour: str
    alarms: tuple[Alarm, ...]
    aside: str = ""


@router.get("/operations")
def route(request: Request, visitor: Operating, ledger: TheLedger) -> Response:
    """The route; the script asks for the same page again and takes the picture out of it."""
    flow = flow_of(ledger.database, visitor.company.key)
    cards = [_card(stop, flow) for stop in Stop]
    worst = next((each for each in _GRAVEST if any(card.mood is each for card in cards)), Mood.IDLE)
    return operations_page(
        request,
        "route.html",
        visitor,
        cards=cards,
        flow=flow,
        verdict=_VERDICTS[worst],
        colour=_COLOUR[worst],
        several=len(ledger.directory().companies) > 1,
    )


_GRAVEST: Final = (Mood.STOPPED, Mood.TROUBLE, Mood.WAITING, Mood.FLOWING)
_VERDICTS: Final = {
    Mood.STOPPED: "Something stands still until a person acts.",
    Mood.TROUBLE: "Something needs a look.",
    Mood.WAITING: "Work waits longer than usual.",
    Mood.FLOWING: "Everything goes its way.",
    Mood.IDLE: "All quiet: nothing is on its way.",
}


def _card(stop: Stop, flow: Flow) -> Card:
    hop = flow.hops[stop]
    alarms = tuple(_alarms(stop, hop, flow))
    name, what = _NAMES[stop]
    mood = _mood(stop, hop, flow, alarms)
    return Card(
        name=name,
        what=what,
        hop=hop,
        age=_age(hop.oldest, flow.now),
        done_words=_DONE[stop],
        mood=mood,
        colour=_COLOUR[mood],
        alarms=alarms,
        aside=_people(flow) if stop is Stop.APPROVAL else "",
    )


def _alarms(stop: Stop, hop: Hop, flow: Flow) -> list[Alarm]:
    found = []
    if stop is Stop.ERP and flow.paused:
        found.append(Alarm("paused", "/operations/connections"))
    if stop is Stop.ERP and flow.is_open:
        found.append(Alarm("does not answer", "/operations/connections"))
    if stop is Stop.EXPORTER and flow.failed:
        found.append(Alarm(f"{flow.failed:,} failed to export", "/operations/failures"))
    if stop is Stop.INTAKE and flow.quarantined:
        # Whoever sent it was told what to correct: nothing stands still.
        words = f"{flow.quarantined:,} in quarantine"
        found.append(Alarm(words, "/operations/messages", is_grave=False))
    if stop in flow.silent:
        found.append(Alarm("no worker alive", "/operations/workers"))
    if hop.parked:
        found.append(Alarm(f"{hop.parked:,} parked", "/operations/messages?show=parked"))
    if hop.failing:
        words = f"{hop.failing:,} refused or unanswered" if stop is Stop.ERP else ""
        address = "/operations/failures" if stop is Stop.ERP else ""
        found.append(Alarm(words or f"{hop.failing:,} being tried again", address, is_grave=False))
    return found


def _mood(stop: Stop, hop: Hop, flow: Flow, alarms: tuple[Alarm, ...]) -> Mood:
    if stop in flow.silent or (stop is Stop.ERP and (flow.paused or flow.is_open)):
        return Mood.STOPPED
    if any(alarm.is_grave for alarm in alarms):
        return Mood.TROUBLE
    is_late = hop.due > 0 and hop.oldest is not None and flow.now - hop.oldest > SLOW
    if is_late or hop.failing:
        return Mood.WAITING
    return Mood.FLOWING if hop.done or hop.waiting else Mood.IDLE


def _people(flow: Flow) -> str:
    """Waiting for people is nobody's fault: it stands beside the numbers, and is no alarm."""
    if not flow.people:
        return "nobody's decision is waited for"
    if flow.more_people:
        return f"{flow.people:,} and more wait for a person"
    since = (
        f", the oldest came {span(flow.now - flow.people_since)} ago" if flow.people_since else ""
    )
    return f"{flow.people:,} wait for a person{since}"


def _age(oldest: datetime | None, now: datetime) -> str:
    return span(now - oldest) if oldest else ""
