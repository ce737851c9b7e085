"""The receiver that the documentation shows takes what we sign, and nothing else."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gatepost.ledger.webhook_secrets import derive
from gatepost_notifier.signing import signature

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "how-to" / "receive-webhooks.md"
SECRET: Final = derive("a key for this test alone", "w-1", "salt")
OTHER: Final = derive("a key for this test alone", "w-2", "salt")
DATA: Final = {"badge": "green", "editable": False}
EVENT: Final = {"type": "gatepost.item.synced.v1", "subject": "acme/commitment/c-1", "data": DATA}
BODY: Final = json.dumps(EVENT).encode()


@pytest.fixture
def script(tmp_path: Path) -> Iterator[int]:
    """The script, listening; its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    with (tmp_path / "printed").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "receive.py"), str(port)],
            env={**os.environ, "WEBHOOK_SECRET": SECRET.text},
            stdout=printed,
            stderr=subprocess.DEVNULL,
        )
    yield port
    process.kill()
    process.wait()


def post(port: int, body: bytes, headers: dict[str, str]) -> int:
    """Post to the script, which may still be starting; gives what it answers."""
    end = time.monotonic() + 15
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            connection.request("POST", "/", body, headers)
            return connection.getresponse().status
        except ConnectionRefusedError:
            assert time.monotonic() < end, "the script does not listen"
            time.sleep(0.05)
        finally:
            connection.close()


def signed(*secrets: object, at: int, event_id: str = "e-1", body: bytes = BODY) -> dict[str, str]:
    known = [each for each in (SECRET, OTHER) if each in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(known, event_id, at, body),
    }


def test_the_script_takes_what_is_signed_now_once(script: int, tmp_path: Path) -> None:
    # Given events signed by another, long ago, over other words, and not at all
    now = int(time.time())
    refused = [
        post(script, BODY, signed(OTHER, at=now)),
        post(script, BODY, signed(SECRET, at=now - 3600)),
        post(script, BODY, signed(SECRET, at=now, body=b"{}")),
        post(script, BODY, {}),
    ]
    assert refused == [401, 401, 401, 400]

    # When one comes that is in order, twice, and one with two signatures
    taken = [
        post(script, BODY, signed(SECRET, at=now)),
        post(script, BODY, signed(SECRET, at=now)),
        post(script, BODY, signed(SECRET, OTHER, at=now, event_id="e-2")),
    ]

    # Then it takes them, and prints each once
    assert taken == [204, 204, 204]
    line = "gatepost.item.synced.v1 acme/commitment/c-1 green False\n"
    assert (tmp_path / "printed").read_text() == line * 2


def test_the_documentation_shows_the_script_that_is_tested() -> None:
    assert f"```python\n{(HERE / 'receive.py').read_text()}```\n" in PAGE.read_text()
