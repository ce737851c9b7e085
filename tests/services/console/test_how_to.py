"""The lines of docs/how-to/call-the-api.md do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import httpx
import pytest

from gatepost_sandbox.behaviour import Behaviour, Mode

from .conftest import ANN, House, Source

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "call-the-api.md"
#: Every call must be answered well, and each answer ends its line.
CURL: Final = 'curl() { command curl -sS --fail-with-body -w "\\n" "$@"; }'


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")
def test_the_lines_of_the_page_are_answered_as_it_says(
    house: House, source: Source, ann: httpx.Client, tmp_path: Path
) -> None:
    # Given what the page takes for granted
    house.sandbox.switch.turn(Behaviour(mode=Mode.REFUSE))
    failed = source.sent()
    ann.post(f"/v1/items/{failed}/accept", json={"revision": 1}).raise_for_status()
    source.becomes(failed, "failed")
    house.sandbox.switch.turn(Behaviour())
    (tmp_path / "event.json").write_text(json.dumps(source.event()))
    known = {
        "GATE": house.url,
        "TOKEN": f"Authorization: Bearer {house.secrets['admin']}",
        "ANN": f"Gatepost-As: {ANN}",
        "JSON": "Content-Type: application/json",
        "KEY": "7f6c0f0e-0d0c-4c1c-9d76-9a1c3c7f6f10",
        "ID": source.sent(),
        "OTHER": source.sent(),
        "FAILED": failed,
    }

    # When its lines are typed
    lines = re.findall(
        r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    done = subprocess.run(
        ["/bin/bash", "-euc", "\n".join([CURL, *lines])],
        cwd=tmp_path,
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    # Then each is answered well
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert (
        len(answers) == len(re.findall(r"^curl", "".join(lines), re.MULTILINE)) - 1
    )  # less the badge
    assert answers[0]["may_send"] is True
    assert answers[1]["repeated"] is False
    assert answers[-1] == answers[-2]
    assert (tmp_path / "badge.svg").read_text().startswith("<svg")
