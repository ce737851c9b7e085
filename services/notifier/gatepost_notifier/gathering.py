"""Gathering: which of a person's waiting mails of a sort go into the one that is about to leave."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State


@dataclass(frozen=True, slots=True)
class Alert:
    """A mail that waits: its row's id, and the revision of an item it asks or tells of."""

    mail_id: str
    item_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """What becomes of the alerts: in the mail, oldest first; or dropped, each with its reason."""

    kept: tuple[Alert, ...]
    dropped: tuple[tuple[Alert, str], ...]


def gather(
    alerts: Iterable[Alert],
    items: Mapping[str, Item],
    carrier: str,
    too_late: Callable[[Alert, Item | None], str],
) -> Gathered:
    """Part what still has to be told from what came too late.

    Args:
        alerts: all that wait for one person.
        items: what they are about, as it is now.
        carrier: the row that is being posted, and so becomes the mail. Where its own alert came too
            late while others did not, it changes places with the oldest of them: a row has one
            request to be posted, and the carrier's is the one at hand.
        too_late: says why nobody needs one of them any more.

    """
    kept: list[Alert] = []
    dropped: list[tuple[Alert, str]] = []
    for alert in sorted(alerts, key=lambda alert: alert.mail_id):
        if reason := too_late(alert, items.get(alert.item_id)):
            dropped.append((alert, reason))
        else:
            kept.append(alert)
    if kept and carrier not in [alert.mail_id for alert in kept]:
        free = kept[0].mail_id
        kept[0] = replace(kept[0], mail_id=carrier)
        dropped = [
            (replace(each, mail_id=free) if each.mail_id == carrier else each, reason)
            for each, reason in dropped
        ]
    return Gathered(tuple(kept), tuple(dropped))


def why_too_late(alert: Alert, item: Item | None) -> str:
    """Why nobody needs this alert any more; empty while somebody does."""
    if item is None:
        return "dropped: its item is gone"
    if item.revision != alert.revision:
        return f"dropped: revision {item.revision} came before it left"
    if item.state is State.RETRIEVED:
        return "dropped: taken back before it left"
    if item.state is not State.SENT:
        return "dropped: decided before it left"
    return ""


def why_seen_to(failure: Alert, item: Item | None) -> str:
    """Why nobody needs to hear of this failure any more; empty while somebody does."""
    if item is None:
        return "dropped: its item is gone"
    if item.state is not State.FAILED or item.revision != failure.revision:
        return f"dropped: it was {item.state} before this left"
    return ""
