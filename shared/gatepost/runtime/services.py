"""The services that are installed, found by entry point: the core names none of them."""

from functools import lru_cache
from importlib.metadata import entry_points
from typing import Final

from gatepost.runtime.service import Service

GROUP: Final = "gatepost.services"


def service_names() -> list[str]:
    """The names of all installed services."""
    return sorted(point.name for point in entry_points(group=GROUP))


@lru_cache
def load_service(name: str) -> Service:
    """The declaration of an installed service.

    Raises:
        LookupError: there is none of that name.

    """
    for point in entry_points(group=GROUP, name=name):
        service: Service = point.load()
        return service
    raise LookupError(f"there is no service {name}; there are {', '.join(service_names())}")
