"""A drop on an SFTP server, as the conformance kit wants an ERP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gatepost.connectors.port import Connector
from tests.connectors.filedrop_erp import FileDropErp
from tests.connectors.sftp_server import PASSWORD, USER


class SftpErp(FileDropErp):
    """The server's folder and its process; the ERP behind it reads the files where they lie."""

    secrets = (PASSWORD,)

    def __init__(self, folder: Path) -> None:
        home = folder.parent
        super().__init__(folder)
        self.key_file = home / "key"
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key_file)]
        subprocess.run(words, check=True)
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.connectors.sftp_server",
                str(home),
                f"{self.key_file}.pub",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.known_hosts = home / "known_hosts"
        self.known_hosts.write_text(f"[127.0.0.1]:{told['port']} {told['host_key']}\n")
        self.options |= {
            "folder": f"/{folder.name}",
            "host": "127.0.0.1",
            "port": told["port"],
            "user": USER,
            "password": PASSWORD,
            "known_hosts": str(self.known_hosts),
        }

    def close(self) -> None:
        super().close()
        self._process.communicate(timeout=60)  # the end of its input is its end

    def connector(self) -> Connector:
        return self.connected()

    def badly_configured(self) -> Connector:
        return self.connected(password="somebody else's")

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        self.tell("lose")
        yield
        self.erp.is_done()

    @contextmanager
    def away(self) -> Iterator[None]:
        self.tell("away")
        yield
        self.tell("back")

    def tell(self, word: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == word

    def with_key(self, **options: Any) -> Connector:
        return self.connected(**{"password": None, "key_file": str(self.key_file), **options})
