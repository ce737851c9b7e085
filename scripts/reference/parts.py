"""What the pages are made of: tables, words, and who reads what."""

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import entry_points

from gatepost.runtime.service import Service
from gatepost.runtime.services import GROUP


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def yes(so: bool) -> str:
    return "yes" if so else "no"


def services() -> dict[str, Service]:
    """The services that are installed, by name."""
    found = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        service = getattr(import_module(point.module), point.attr, None)
        if isinstance(service, Service):
            found[point.name] = service
    return found


def reader(queue: str) -> str:
    return ", ".join(
        name
        for name, service in services().items()
        if queue == service.queue or queue in service.outside
    )
