"""Connectors are found by entry point; a package that is broken is told in a sentence."""

from pathlib import Path
from typing import Final

import pytest

from gatepost.connectors.discovery import GROUP, load_connector
from gatepost.connectors.errors import ConfigurationError
from gatepost.ledger.directory_file import DirectoryFileError, parse

PORT: Final = """
from gatepost_exporter.sandbox import SandboxConnector

class Books:
    pass

for name in dir(SandboxConnector):
    if not name.startswith("_") and name not in ("profile", "look_up"):
        setattr(Books, name, getattr(SandboxConnector, name))
"""
DIRECTORY: Final = """
[company]
key = "acme"
name = "Acme"
[[connections]]
key = "books"
connector = "NAME"
"""

BROKEN: Final = [
    # its package needs another one that is not installed
    ("k1", "import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
    # it is not written to its end
    ("k2", "class Books(", "SyntaxError"),
    ("k3", "raise RuntimeError('no licence\\nhere')", "RuntimeError: no licence here"),
    # the entry point names something else
    ("k4", "", "AttributeError: module 'lw_k4' has no attribute 'Books'"),
    ("k5", "Books = 3", "it is no class"),
    # a part of the port is missing
    ("k6", PORT, "it has no look_up, no profile"),
]


@pytest.mark.parametrize(("name", "code", "said"), BROKEN)
def test_a_connector_that_cannot_be_used_is_told_with_its_entry_point_and_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, said: str
) -> None:
    # Given a package somebody has installed
    info = tmp_path / f"gatepost_{name}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: gatepost-{name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = lw_{name}:Books\n")
    (tmp_path / f"lw_{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)

    # Then one sentence tells which it is, and why
    with pytest.raises(ConfigurationError) as refused:
        load_connector(name)
    sentence = refused.value.message
    assert f"the connector {name} (lw_{name}:Books of gatepost-{name}) cannot be used" in sentence
    assert said in sentence
    assert "\n" not in sentence

    # And so does the directory file that names it, with its line
    with pytest.raises(DirectoryFileError) as wrong:
        parse(DIRECTORY.replace("NAME", name), "f.toml")
    assert f"f.toml:7: connections[0].connector: {sentence}" in str(wrong.value)
