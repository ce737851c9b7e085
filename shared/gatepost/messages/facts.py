"""What Gatepost tells the outside: CloudEvents on ``gatepost.events``.

Each event names the state, the badge and whether the source may edit, so that a source needs no
state machine of its own. What else is in each is written down in :mod:`gatepost.messages.fact_data`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Item
from gatepost.domain.kinds import ItemRef
from gatepost.messages.routes import EVENTS_EXCHANGE, Queue

SOURCE: Final = "/gatepost"
DIRECTORY_APPLIED: Final = "gatepost.directory.applied.v1"
DIRECTORY_REFUSED: Final = "gatepost.directory.refused.v1"
WEBHOOK_TEST: Final = "gatepost.webhook.test.v1"


class Fact(StrEnum):
    """What happened."""

    RECEIVED = "received"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRIEVED = "retrieved"
    EXPORTING = "exporting"
    SYNCED = "synced"
    FAILED = "failed"
    UNLINKED = "unlinked"
    ARCHIVED = "archived"
    ERP_RECORD_IMPORTED = "imported"

    @property
    def type(self) -> str:
        """The CloudEvents type: ``gatepost.item.synced.v1``."""
        about = "erp_record" if self is Fact.ERP_RECORD_IMPORTED else "item"
        return f"gatepost.{about}.{self.value}.v1"


@dataclass(frozen=True, slots=True)
class Publication:
    """A CloudEvent on its way out: where to, and what."""

    exchange: str
    routing_key: str
    event: dict[str, Any]


def about(fact: Fact, item: Item, event_id: str, at: datetime, **more: Any) -> Publication:
    """The event that tells what happened to a stored item."""
    data = {**_always(item), **more}
    key = f"{item.company}.{item.kind}.{fact}"
    return Publication(
        EVENTS_EXCHANGE, key, _event(fact.type, item.ref.subject, event_id, at, data)
    )


def _always(item: Item) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "company": item.company,
        "kind": item.kind,
        "external_id": item.external_id,
        "revision": item.revision,
        "state": item.state,
        "badge": item.badge.colour,
        "editable": item.badge.editable,
    }


def refusal(
    ref: ItemRef | None,
    problems: Sequence[FieldProblem],
    event_id: str,
    at: datetime,
    *,
    item: Item | None = None,
    cause: str = "",
    revision: int | None = None,
    company: str = "",
) -> Publication:
    """The event that refuses something; ``cause`` is the id of the event that is refused.

    Where no item is stored, the badge is "none" and the source may go on editing. Where the item
    cannot be named, the company's listeners hear it all the same if at least ``company`` is known.
    """
    data = {
        "item_id": ref.item_id if ref else None,
        "company": ref.company if ref else company or None,
        "kind": ref.kind if ref else None,
        "external_id": ref.external_id if ref else None,
        "revision": item.revision if item else revision,
        "state": item.state if item else None,
        "badge": item.badge.colour if item else "none",
        "editable": item.badge.editable if item else True,
        "errors": [asdict(problem) for problem in problems],
        "refused_event": cause,
    }
    key = f"{ref.company}.{ref.kind}" if ref else f"{company or 'unknown'}.unknown"
    subject = ref.subject if ref else ""
    event = _event(Fact.REFUSED.type, subject, event_id, at, data)
    return Publication(EVENTS_EXCHANGE, f"{key}.refused", event)


def directory_applied(
    company: str,
    event_id: str,
    at: datetime,
    *,
    version: int,
    changes: dict[str, dict[str, int]],
    warnings: Sequence[str],
    cause: str,
) -> Publication:
    """The event that tells what a change of the directory came to; ``cause`` is the event's id."""
    data = {
        "company": company,
        "version": version,
        "changes": changes,
        "warnings": list(warnings),
        "applied_event": cause,
    }
    event = _event(DIRECTORY_APPLIED, company, event_id, at, data)
    return Publication(EVENTS_EXCHANGE, f"{company}.directory.applied", event)


def directory_refused(
    company: str | None,
    problems: Sequence[FieldProblem],
    event_id: str,
    at: datetime,
    *,
    cause: str,
) -> Publication:
    """The event that refuses a change of the directory, with every reason."""
    errors = [asdict(problem) for problem in problems]
    data = {"company": company, "errors": errors, "refused_event": cause}
    event = _event(DIRECTORY_REFUSED, company or "", event_id, at, data)
    return Publication(EVENTS_EXCHANGE, f"{company or 'unknown'}.directory.refused", event)


def failed_export(publication: Publication) -> Publication:
    """The same event once more, for the durable queue of failed exports."""
    return Publication("", Queue.FAILED_TO_EXPORT, publication.event)


def webhook_test(company: str, webhook_id: str, event_id: str, at: datetime) -> dict[str, Any]:
    """An event that means nothing: for whoever sets a webhook up, and posted to it alone."""
    data = {"company": company, "webhook_id": webhook_id}
    return _event(WEBHOOK_TEST, f"{company}/webhook/{webhook_id}", event_id, at, data)


def _event(
    kind: str, subject: str, event_id: str, at: datetime, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": kind,
        "id": event_id,
        "source": SOURCE,
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }
