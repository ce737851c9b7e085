"""A simulated project-management system: what Harbor Builders sends from its Harbor Bridge job.

The events stand in ``catalogue/harbor_bridge.jsonl`` in the order they are sent, parents first;
the people, projects and vendors they name stand in ``catalogue/directory.toml``.
"""

import copy
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

Event = dict[str, Any]

#: The one item that may not be sent: a sub job whose code has 38 characters, where 30 are allowed.
TOO_LONG: Final = "pm-207"

#: Where the content says again what the item's own fields say.
_SAID_TWICE: Final = {"number": "number", "name": "title", "code": "number"}

_CATALOGUE: Final = files("gatepost_sandbox") / "catalogue"


def catalogue() -> Iterator[Event]:
    """Every event once, in sending order."""
    text = (_CATALOGUE / "harbor_bridge.jsonl").read_text(encoding="utf-8")
    for line in text.split("\n"):
        if line:
            yield json.loads(line)


def directory() -> str:
    """The directory file that goes with the catalogue, as TOML."""
    return (_CATALOGUE / "directory.toml").read_text(encoding="utf-8")


def fresh(event: Event) -> Event:
    """The same item at the same revision, sent anew: another event id, now."""
    again = copy.deepcopy(event)
    again["id"] = str(uuid.uuid4())
    again["time"] = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return again


def corrected(event: Event, **content: object) -> Event:
    """The item's next revision. What is named goes where it belongs: ``title``, ``code``, ..."""
    revised = fresh(event)
    data = revised["data"]
    data["revision"] += 1
    for name, value in content.items():
        if name in data["content"] or name not in data:
            data["content"][name] = value
        if (field := _SAID_TWICE.get(name, name)) in data:
            data[field] = value
    return revised
