"""How the benchmark meets this peer."""

from __future__ import annotations

from benchmarks.contender import Contender, Site
from benchmarks.peers.celery_contender import CeleryContender


def contender(site: Site) -> Contender:
    return CeleryContender("celery_orm", site)
