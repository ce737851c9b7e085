"""``python -m benchmarks``: the item trip, contender against contender, in rounds."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import psycopg

from benchmarks import report
from benchmarks.measure import Run
from benchmarks.rounds import CONTENDERS, Asked, missing, played
from gatepost.testing.servers import Servers


def main() -> int:
    given = arguments().parse_args()
    names = [name for name in given.only.split(",") if not left_out(name)]
    if not names:
        return 2
    asked = Asked(names, given.rounds, given.items, given.quiet_seconds, given.seed)
    folder = on_disk()
    runs: dict[str, list[Run]] = defaultdict(list)
    with Servers.start(folder, durable=True) as servers:
        for number, name, run in played(asked, servers, folder):
            print(f"round {number}  {report.row(name, run)}", flush=True)
            if run.faults:
                print(f"not valid: {'; '.join(run.faults)}\nlogs: {folder}", file=sys.stderr)
                return 1
            runs[name].append(run)
        versions = {"postgresql": postgresql_version(servers), "rabbitmq": rabbitmq_version(servers)}
    print(f"\nmedians of {given.rounds} rounds\n{report.table(runs)}")
    report.write(runs, versions, given.output)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--items", type=int, help="for each contender; default: about 10 s each")
    parser.add_argument("--only", default=",".join(CONTENDERS), help="names, comma between them")
    parser.add_argument("--quiet-seconds", type=float, default=6.0, help="of the latency part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=report.LATEST)
    return parser


def left_out(name: str) -> bool:
    if name not in CONTENDERS:
        print(f"no contender {name}: there are {', '.join(CONTENDERS)}", file=sys.stderr)
        return True
    if missing(name):
        print(f"{name} is left out: {CONTENDERS[name][0]} is not there", file=sys.stderr)
        return True
    return False


def on_disk() -> Path:
    """A folder that PostgreSQL's user can reach, and that is no memory file system."""
    places = [place for place in (Path("/var/tmp"),) if place.is_dir()]  # noqa: S108 - on disk
    folder = Path(tempfile.mkdtemp(prefix="gatepost-bench-", dir=next(iter(places), None)))
    folder.chmod(0o755)
    return folder


def postgresql_version(servers: Servers) -> str:
    address = servers.database_url.replace("+psycopg", "", 1)
    with psycopg.connect(address) as connection:
        return str(connection.info.parameter_status("server_version"))


def rabbitmq_version(servers: Servers) -> str:
    return "given" if servers.rabbitmq.given else servers.rabbitmq.ctl("version").strip()


if __name__ == "__main__":
    sys.exit(main())
