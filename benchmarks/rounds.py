"""Rounds: every contender once a round, each on an empty database of the same servers."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, cast

from benchmarks.accounting import Tree
from benchmarks.beside import Venue
from benchmarks.contender import Contender, Site
from benchmarks.erp import running_erp
from benchmarks.measure import Plan, Run, ServerTrees, measure

#: The contenders: where their ``contender(site)`` is, and how many items keep them busy for ~10 s.
CONTENDERS: Final[Mapping[str, tuple[str, int]]] = {
    "gatepost": ("benchmarks.gatepost_contender", 10_000),
    "celery_orm": ("benchmarks.peers.celery_orm.contender", 1_000),
    "celery_sql": ("benchmarks.peers.celery_sql.contender", 2_500),
}
QUICK_ITEMS: Final = 300
QUICK_SECONDS: Final = 2.0


class Asked(NamedTuple):
    """What the command line asked for."""

    names: Sequence[str]
    rounds: int
    items: int | None
    quiet_seconds: float

    def plan(self, name: str, *, quick: bool) -> Plan:
        items = self.items or (QUICK_ITEMS if quick else CONTENDERS[name][1])
        seconds = min(self.quiet_seconds, QUICK_SECONDS) if quick else self.quiet_seconds
        return Plan(items, quiet_seconds=seconds)


def missing(name: str) -> bool:
    """Whether a contender's module is not there (yet)."""
    module, _ = CONTENDERS[name]
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return True
    return False


def played(asked: Asked, venue: Venue) -> Iterator[tuple[int, str, Run]]:
    """Each run as it ends; every round begins with another contender."""
    servers = venue.servers
    trees = ServerTrees(
        Tree.listening(servers.rabbitmq.port), Tree.listening(servers.postgresql.port)
    )
    for number in range(asked.rounds):
        first = number % len(asked.names)
        for name in [*asked.names[first:], *asked.names[:first]]:
            with running_erp() as erp:
                site = venue.site(f"{number + 1}-{name}", erp.url)
                plan = asked.plan(name, quick=venue.quick)
                run = measure(_contender(name, site), erp, trees, plan, venue.seed)
            yield number + 1, name, run


def _contender(name: str, site: Site) -> Contender:
    module = importlib.import_module(CONTENDERS[name][0])
    return cast(Contender, module.contender(site))
