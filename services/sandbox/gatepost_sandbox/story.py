"""The demo's story: what happens at Harbor Builders on a morning with a moody ERP.

Each scene sends, decides, and waits until what must follow has followed; a scene's item is found
again by its role, so that it can be judged afterwards.
"""

import itertools
from typing import TYPE_CHECKING, Any, Final

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost.messages.requests import Action
from gatepost_sandbox import upstream
from gatepost_sandbox.cast import Cast, id_of, label_of
from gatepost_sandbox.upstream import Event

if TYPE_CHECKING:
    from gatepost.cli.stage import Stage
    from gatepost_sandbox.serving import Sandbox

ANN: Final = "ann@harbor.example"
BO: Final = "bo@harbor.example"
OMAR: Final = "omar@harbor.example"

PROJECTS: Final = ("pm-12", "pm-13")
#: The story's items by their role.
ROLES: Final = {
    "accepted": "pm-551", "too long": upstream.TOO_LONG, "rejected": "pm-552",
    "automatic": "pm-901", "refused by the ERP": "pm-553", "waits for the ERP": "pm-554",
    "answer lost": "pm-701",
}  # fmt: skip
COMMENT: Final = "The retainage is missing from pier 2; please correct it."
CLOSED: Final = {"mode": "refuse", "kinds": ["commitment"], "code": "period_closed",
                 "message": "The period of October 2026 is closed."}  # fmt: skip
LOST: Final = {"mode": "timeout_after", "kinds": ["change_order"], "for_next": 1, "delay": 0.2}

SUMMARY: Final = "ERP Integrations Daily Summary"
READ_SECONDS: Final = 1.5  # between the lines of a scene, where somebody watches
SEND_SECONDS: Final = 4.0  # between the items of the upstream, after the story
MOST_WAITING: Final = 15  # items; beyond it Bo helps with the decisions


class Story:
    """One playing of it.

    Args:
        sandbox: whose ERP is made to fail.

    """

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self.events: dict[str, Event] = {}

    @property
    def waiting_subject(self) -> str:
        """The item that still waits for a decision at the end of the story."""
        event = self.events.get("rejected")
        return event["subject"] if event else "harbor/commitment/pm-552"

    def play(self, stage: "Stage") -> None:
        """The whole story, in order."""
        cast = Cast(lambda item_id: stage.item(item_id) is not None)
        self._goes_on_where_it_was(stage)
        for scene in (
            self._projects_come_first,
            self._accepts,
            self._refuses_what_cannot_be_held,
            self._rejects_and_gets_it_back,
            self._passes_by_itself,
            self._is_refused_by_the_erp,
            self._waits_for_the_erp,
            self._loses_an_answer,
            self._sums_up_in_the_morning,
        ):
            scene(stage, cast)
            stage.pause(READ_SECONDS)

    # --- scenes --------------------------------------------------------------------------------

    def _goes_on_where_it_was(self, stage: "Stage") -> None:
        """What an earlier run left on its way comes first; at the most it is waited for a while."""
        on_its_way = (tables.items.c.state == State.EXPORTING) & (tables.items.c.attempts > 0)
        left = stage.count(on_its_way)
        if left:
            stage.say("demo", f"{left} exports of the last run go on")
            stage.until(lambda: not stage.count(on_its_way), "that the exports left end")

    def _projects_come_first(self, stage: "Stage", cast: Cast) -> None:
        for external_id in PROJECTS:
            event = cast.event(external_id)
            if stage.item(id_of(event)) is None:
                self._send(stage, event)
                self._arrived(stage, event)
            if stage.is_in(id_of(event), State.SENT):
                self._alerted(stage, event)
                self._decide(stage, Action.ACCEPT, event, ANN)
            self._in_the_erp(stage, event)

    def _accepts(self, stage: "Stage", cast: Cast) -> None:
        event = self._arrives(stage, cast, "accepted")
        self._decide(stage, Action.ACCEPT, event, ANN)
        self._in_the_erp(stage, event)

    def _refuses_what_cannot_be_held(self, stage: "Stage", cast: Cast) -> None:
        event = self.events["too long"] = cast.event(ROLES["too long"])
        self._send(stage, event)
        stage.until(lambda: _is_refused(stage, event), "the refusal of the long code")

    def _rejects_and_gets_it_back(self, stage: "Stage", cast: Cast) -> None:
        event = self._arrives(stage, cast, "rejected")
        self._decide(stage, Action.REJECT, event, BO, comment=COMMENT)
        stage.until(lambda: stage.is_in(id_of(event), State.REJECTED), "the rejection")
        self._mailed(stage, event, "rejected", event["data"]["created_by"]["email"])
        stage.pause(READ_SECONDS)
        again = upstream.corrected(event, title=event["data"]["title"] + ", corrected")
        self.events["resent"] = again
        self._send(stage, again)
        stage.until(lambda: _revision(stage, again) == 2, "the resending")
        stage.until(lambda: _alerts(stage, again, 2), "that the second alert is thought of")

    def _passes_by_itself(self, stage: "Stage", cast: Cast) -> None:
        event = self.events["automatic"] = cast.event(ROLES["automatic"])
        self._send(stage, event)
        self._in_the_erp(stage, event)

    def _is_refused_by_the_erp(self, stage: "Stage", cast: Cast) -> None:
        event = self._arrives(stage, cast, "refused by the ERP")
        self._behave(stage, CLOSED, "the books of October are closed")
        self._decide(stage, Action.ACCEPT, event, ANN)
        stage.until(lambda: stage.is_in(id_of(event), State.FAILED), "the failure")
        self._mailed(stage, event, "failed", OMAR)
        stage.pause(READ_SECONDS)
        self._behave(stage, {"mode": "ok"}, "the books of October are open again")
        self._decide(stage, Action.RETRY, event, OMAR)
        self._in_the_erp(stage, event)

    def _waits_for_the_erp(self, stage: "Stage", cast: Cast) -> None:
        event = self._arrives(stage, cast, "waits for the ERP")
        self._behave(stage, {"mode": "down"}, "the ERP is down")
        self._decide(stage, Action.ACCEPT, event, BO)
        stage.until(lambda: _tries(stage, event) >= 2, "a second try")
        stage.pause(READ_SECONDS)
        self._behave(stage, {"mode": "ok"}, "the ERP is up again")
        self._in_the_erp(stage, event)

    def _loses_an_answer(self, stage: "Stage", cast: Cast) -> None:
        event = self._arrives(stage, cast, "answer lost")
        self._behave(stage, LOST, "the next answer about a change order will be lost")
        self._decide(stage, Action.ACCEPT, event, BO)
        self._in_the_erp(stage, event)

    def _sums_up_in_the_morning(self, stage: "Stage", cast: Cast) -> None:
        posted = self._summaries()
        for_whom = stage.next_morning()
        everybody_has_it = posted + len(for_whom)
        stage.until(lambda: self._summaries() >= everybody_has_it, "the daily summaries")

    def _summaries(self) -> int:
        return sum(SUMMARY in mail["subject"] for mail in self._sandbox.mailbox.mails())

    # --- afterwards ----------------------------------------------------------------------------

    def go_on(self, stage: "Stage") -> None:
        """An item every few seconds, until the demo is told to end."""
        cast = Cast(lambda item_id: stage.item(item_id) is not None)
        played = {*PROJECTS, *ROLES.values()}
        for external_id in itertools.cycle(
            sorted(cast.names(), key=lambda name: name in ROLES.values())
        ):
            if external_id in PROJECTS or external_id == upstream.TOO_LONG:
                continue
            if external_id in played:  # the story has sent it; in the next round it comes anew
                played.discard(external_id)
                continue
            self._send(stage, cast.event(external_id))
            stage.wait(SEND_SECONDS)
            self._bo_helps(stage)

    def _bo_helps(self, stage: "Stage") -> None:
        """Where nobody decides, the list would grow for ever: the oldest is taken off it."""
        waiting = tables.items.c.state == State.SENT
        if stage.count(waiting) <= MOST_WAITING:
            return
        with stage.ledger.database.reading() as connection:
            oldest = tables.items.select().where(waiting).order_by(tables.items.c.created_at)
            row = connection.execute(oldest.limit(1)).mappings().first()
        if row:
            stage.ask(Action.ACCEPT, row["id"], BO)

    # --- what scenes are made of ---------------------------------------------------------------

    def _arrives(self, stage: "Stage", cast: Cast, role: str) -> Event:
        """An item is sent, and its approvers have their alert."""
        event = self.events[role] = cast.event(ROLES[role])
        self._send(stage, event)
        self._alerted(stage, event)
        stage.pause(READ_SECONDS)
        return event

    def _send(self, stage: "Stage", event: Event) -> None:
        data = event["data"]
        money = f"  {data['content']['total']}" if data["content"].get("total") else ""
        told = f"{label_of(event)} rev {data['revision']}  {data['title']}{money}"
        stage.say("upstream", told)
        stage.send(event)

    def _decide(self, stage: "Stage", action: Action, event: Event, by: str, **more: Any) -> None:
        outcome = stage.ask(action, id_of(event), by, **more)
        if outcome.is_refused:
            reasons = "; ".join(problem.message for problem in outcome.problems)
            stage.say("approval", f"{label_of(event)}  {action} refused: {reasons}")

    def _behave(self, stage: "Stage", behaviour: dict[str, Any], told: str) -> None:
        self._sandbox.switch.put(behaviour)
        stage.say("ERP", told)

    def _arrived(self, stage: "Stage", event: Event) -> None:
        stage.until(lambda: stage.item(id_of(event)), f"the arrival of {label_of(event)}")

    def _alerted(self, stage: "Stage", event: Event) -> None:
        self._arrived(stage, event)
        self._mailed(stage, event, "alert", ANN)
        self._mailed(stage, event, "alert", BO)

    def _mailed(self, stage: "Stage", event: Event, what: str, to: str) -> None:
        number = event["data"]["number"]
        stage.until(
            lambda: any(
                to in mail["to"] and number in mail["subject"] + mail["text"]
                for mail in self._sandbox.mailbox.mails(50)
            ),
            f"the mail ({what}) to {to} about {label_of(event)}",
        )

    def _in_the_erp(self, stage: "Stage", event: Event) -> None:
        synced = f"the export of {label_of(event)}"
        stage.until(lambda: stage.is_in(id_of(event), State.SYNCED), synced)


def _is_refused(stage: "Stage", event: Event) -> bool:
    return any(fact.event["data"].get("refused_event") == event["id"] for fact in stage.facts)


def _revision(stage: "Stage", event: Event) -> int:
    item = stage.item(id_of(event))
    return item.revision if item else 0


def _tries(stage: "Stage", event: Event) -> int:
    page = stage.page(id_of(event))
    return sum(each["finished_at"] is not None for each in page.attempts) if page else 0


def _alerts(stage: "Stage", event: Event, revision: int) -> list[dict[str, Any]]:
    page = stage.page(id_of(event))
    return [
        mail
        for mail in (page.mails if page else ())
        if mail["template"] == "alert" and mail["revision"] == revision
    ]
