"""``python -m tests.soak --seconds 60 --seed 1``: exit 0 when everything is accounted for."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="kept; default: a temporary one")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="gatepost-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    _say(f"soak of {asked.seconds:.0f} s, seed {asked.seed}; logs in {folder}")
    report = soak(folder, seconds=asked.seconds, seed=asked.seed, say=_say)
    for entry in report.accounts.wrong:
        _say(f"  wrong: {entry}")
    _say(report.as_json())
    return 0 if report.accounts.are_in_order else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
