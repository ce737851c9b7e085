"""Remakes the lock files from pyproject.toml: for pip and uv, and for every Python we run on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: The second is held to the first, so that an environment made for tests also runs the demo.
LOCKS = {
    "requirements.lock": ["--group", "build"],
    "requirements-dev.lock": ["--group", "dev", "--constraints", "requirements.lock"],
}


def main() -> int:
    uv = shutil.which("uv")
    if uv is None:
        print("make lock needs uv: https://docs.astral.sh/uv/ (everything else does without)")
        return 1
    for lock, contents in LOCKS.items():
        command = [uv, "pip", "compile", "pyproject.toml", *contents, "--output-file", lock]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade"]
        command += ["--no-emit-index-url", "--custom-compile-command", "make lock", "--quiet"]
        if failed := subprocess.run(command, cwd=ROOT, check=False).returncode:
            return failed
        pins = sum("==" in line for line in (ROOT / lock).read_text().splitlines())
        print(f"{lock}: {pins} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
