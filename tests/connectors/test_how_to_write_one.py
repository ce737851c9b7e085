"""The connector of the how-to passes the conformance kit, as it stands on the page."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from gatepost.connectors.discovery import GROUP

PAGE: Final = Path(__file__).resolve().parents[2] / "docs/how-to/write-a-connector.md"
BLOCK: Final = re.compile(r'```python title="(\w+\.py)"\n(.*?)```', re.DOTALL)


PACKAGE: Final = re.compile(r'```toml title="pyproject.toml"\n(.*?)```', re.DOTALL)


def test_the_package_of_the_how_to_names_its_connector() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (package,) = PACKAGE.findall(text)
    points = tomllib.loads(package)["project"]["entry-points"][GROUP]
    module, _, name = points["ledgerworks"].partition(":")
    assert f"class {name}:" in dict(BLOCK.findall(text))[f"{module}.py"]


def test_the_example_of_the_how_to_conforms(tmp_path: Path) -> None:
    # Given the files of the page, as a stranger would copy them
    for name, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(code, encoding="utf-8")

    # When the kit is run on them
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_ledgerworks.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    # Then it holds
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"(\d+) passed", done.stdout)
    assert "failed" not in done.stdout
