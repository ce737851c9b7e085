"""Options of a file drop."""

from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Self

from pydantic import Field, SecretStr, model_validator

from gatepost.connectors.port import ConnectorConfig


class Format(StrEnum):
    """What files are written, and what acknowledgements are read."""

    CSV = "csv"
    JSONL = "jsonl"


class Formulas(StrEnum):
    """What becomes of a text that a spreadsheet would take for a formula; it is never changed."""

    REFUSE = "refuse"
    KEEP = "keep"


class FileDropConfig(ConnectorConfig):
    """Options of a connection to a folder, or to a folder of an SFTP server."""

    folder: str = Field(
        description="the drop's folder, absolute; it has outgoing, acknowledgements, sent, writing"
    )
    format: Format = Field(default=Format.CSV, description="csv or jsonl")
    formulas: Formulas = Field(
        default=Formulas.REFUSE,
        description="in CSV, texts that begin as a formula does: refuse or keep",
    )
    wait: float = Field(
        default=0.0, ge=0, description="seconds a call waits for its acknowledgement"
    )
    look_every: float = Field(
        default=60.0, gt=0, description="seconds between looks for one; they grow to 15 minutes"
    )
    overdue_hours: float = Field(
        default=72.0, gt=0, description="hours after which a missing one is an unknown outcome"
    )
    host: str = Field(default="", description="an SFTP server; without it the folder is local")
    port: int = Field(default=22, ge=1, le=65535, description="its port")
    user: str = Field(default="", description="who signs in there")
    password: SecretStr | None = Field(default=None, description="with a password")
    key_file: str = Field(default="", description="or with this private key")
    key_passphrase: SecretStr | None = Field(default=None, description="the key's, if it has one")
    known_hosts: str = Field(
        default="",
        description="a file in OpenSSH's form with the server's key; no other is trusted",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        folder = PurePosixPath(self.folder) if self.host else Path(self.folder)
        if not folder.is_absolute() or ".." in folder.parts:
            raise ValueError("folder: an absolute path, without ..")
        if self.host and not (self.user and self.known_hosts):
            raise ValueError("an SFTP server needs user and known_hosts")
        if self.host and not (self.password or self.key_file):
            raise ValueError("an SFTP server needs password or key_file")
        return self
