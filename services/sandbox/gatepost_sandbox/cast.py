"""The catalogue's items under names that are still free, so that a story can be played again."""

import copy
from collections.abc import Callable
from typing import Any, Final

from gatepost.domain.kinds import PARENT_KIND, ItemRef, Kind
from gatepost_sandbox import upstream
from gatepost_sandbox.upstream import Event

#: Sent once and for all: every other item hangs under one of them.
KEPT_NAMES: Final = frozenset({Kind.PROJECT})


class Cast:
    """Who is who in this run.

    Args:
        is_known: whether there is an item of that id already.

    """

    def __init__(self, is_known: Callable[[str], bool]) -> None:
        self._is_known = is_known
        self._events = {event["data"]["external_id"]: event for event in upstream.catalogue()}

    def event(self, external_id: str) -> Event:
        """An event of the catalogue, sent anew, its item and its parent under this run's names."""
        event = upstream.fresh(self._events[external_id])
        data = event["data"]
        kind = Kind(data["kind"])
        parent_kind = PARENT_KIND.get(kind)
        if kind not in KEPT_NAMES:
            _rename(event, self._free(data))
        if data["parent"] and parent_kind and parent_kind not in KEPT_NAMES:
            data["parent"] = self._latest(parent_kind, data)
        return event

    def names(self) -> list[str]:
        """The catalogue's items, in sending order."""
        return list(self._events)

    def _free(self, data: dict[str, Any]) -> int:
        number = 1
        while self._is_known(_ref(data, Kind(data["kind"]), data["external_id"], number).item_id):
            number += 1
        return number

    def _latest(self, kind: Kind, data: dict[str, Any]) -> str:
        """The parent's last name that was sent; its first where none was."""
        number = 1
        while self._is_known(_ref(data, kind, data["parent"], number + 1).item_id):
            number += 1
        return _named(data["parent"], number)


def id_of(event: Event) -> str:
    """The id of the item an event is about."""
    data = event["data"]
    return ItemRef(data["company"], Kind(data["kind"]), data["external_id"]).item_id


def label_of(event: Event) -> str:
    """How people call the item: ``commitment SC-1001``."""
    data = event["data"]
    return f"{data['kind'].replace('_', ' ')} {data['number'] or data['external_id']}"


def _ref(data: dict[str, Any], kind: Kind, external_id: str, number: int) -> ItemRef:
    return ItemRef(data["company"], kind, _named(external_id, number))


def _named(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _rename(event: Event, number: int) -> None:
    data = event["data"]
    before = copy.copy(data)
    data["external_id"] = _named(data["external_id"], number)
    data["number"] = _named(data["number"], number)
    for name in ("number", "code"):
        if name in data["content"]:
            data["content"][name] = _named(data["content"][name], number)
    event["subject"] = event["subject"].replace(before["external_id"], data["external_id"])
