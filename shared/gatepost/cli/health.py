"""``gatepost health``: whether a worker of a service on this host is alive; for containers and systemd."""

from typing import Annotated, Final

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, show, show_json

FRESH_SECONDS: Final = 30


def health(
    service: Annotated[str, typer.Argument(metavar="SERVICE")], as_json: AsJson = False
) -> None:
    """Whether a worker of a service on this host is alive.

    Exit 0 when one has shown life within 30 seconds, else 1.
    """
    from datetime import timedelta

    from gatepost.ledger.tables import heartbeats
    from gatepost.runtime.services import service_names
    from gatepost.runtime.sweeping import worker_name

    if service not in service_names():
        known = ", ".join(service_names())
        fail(f"there is no service {service}; there are {known}", Exit.NOT_ALLOWED)
    here = worker_name(service).rpartition(":")[0] + ":"
    with open_ledger() as ledger, ledger.work() as work:
        since = work.now - timedelta(seconds=FRESH_SECONDS)
        rows = work.rows(heartbeats, heartbeats.c.service == service)
    mine = [row for row in rows if row["worker"].startswith(here)]
    alive = [row for row in mine if row["beat_at"] >= since]
    if as_json:
        show_json(
            {"service": service, "alive": bool(alive), "workers": [dict(row) for row in mine]}
        )
    elif alive:
        show(f"{service}: {len(alive)} alive on this host")
    if alive:
        return
    if as_json:
        raise typer.Exit(Exit.FAILED)
    last = max((row["beat_at"] for row in mine), default=None)
    seen = f"the last sign of life was at {last:%H:%M:%S} UTC" if last else "none was ever seen"
    fail(f"no worker of {service} is alive on this host; {seen}")
