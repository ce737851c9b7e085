"""AsyncAPI's own parser reads our contract without an error."""

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.clients.npm import installed

HERE: Final = Path(__file__).parent
CONTRACT: Final = HERE.parents[1] / "docs" / "reference" / "asyncapi.json"


@pytest.mark.servers
def test_the_asyncapi_parser_takes_the_contract(tmp_path: Path) -> None:
    # Given the parser
    installed(HERE / "asyncapi", tmp_path, what="@asyncapi/parser")

    # When it reads the committed document
    words = ["node", str(tmp_path / "check.mjs"), str(CONTRACT)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)

    # Then it has nothing against it, and finds every channel
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["channels"] == ["items", "events", "failedToExport", "webhooks"]
    assert found["operations"] == 4
