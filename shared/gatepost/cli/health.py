"""``gatepost health``: whether a worker of a service on this host is alive; for containers and systemd."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, show, show_json

if TYPE_CHECKING:
    from datetime import datetime

    import sqlalchemy as sa


def health(
    service: Annotated[str, typer.Argument(metavar="SERVICE")], as_json: AsJson = False
) -> None:
    """Whether a worker of a service on this host is alive.

    Exit 0 when the process of one is there and has shown life within 15 seconds, else 1.
    """
    from gatepost.ledger.tables import heartbeats
    from gatepost.runtime.services import service_names
    from gatepost.runtime.sweeping import worker_name

    if service not in service_names():
        known = ", ".join(service_names())
        fail(f"there is no service {service}; there are {known}", Exit.NOT_ALLOWED)
    here = worker_name(service).rpartition(":")[0] + ":"
    with open_ledger() as ledger, ledger.work() as work:
        rows = work.rows(heartbeats, heartbeats.c.service == service)
        mine = [_looked_at(row, work.now) for row in rows if row["worker"].startswith(here)]
    alive = sum(row["alive"] for row in mine)
    if as_json:
        show_json({"service": service, "alive": alive > 0, "workers": mine})
    elif alive:
        show(f"{service}: {alive} alive on this host")
    if alive:
        return
    if as_json:
        raise typer.Exit(Exit.FAILED)
    newest = max(mine, key=lambda row: row["beat_at"], default=None)
    fail(f"no worker of {service} is alive on this host; {_last_seen(newest)}")


def _looked_at(row: "sa.RowMapping", now: "datetime") -> dict[str, Any]:
    """A worker, with whether it is alive: a process that is gone is dead, whatever it said last."""
    from gatepost.runtime.sweeping import SILENT_SECONDS

    there = _is_there(int(row["worker"].rpartition(":")[2]))
    silent = (now - row["beat_at"]).total_seconds() > SILENT_SECONDS
    return {**row, "process": "there" if there else "gone", "alive": there and not silent}


def _last_seen(worker: dict[str, Any] | None) -> str:
    if worker is None:
        return "none was ever seen"
    last = f"the last sign of life was at {worker['beat_at']:%H:%M:%S} UTC"
    return last if worker["process"] == "there" else f"its process is gone, {last}"


def _is_there(pid: int) -> bool:
    """Whether a process of this host is there; one that only waits to be buried is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is, and it is somebody else's
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # no Linux: what the signal said must do
        return True
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")
