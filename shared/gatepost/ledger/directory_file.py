"""The directory file: a company's people, projects, vendors and connections, as TOML.

Applying it is idempotent: the company is what the file says, afterwards. What the breaker and a
pause know of a connection is kept.
"""

import tomllib
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gatepost.connectors.discovery import configure, load_connector, profile_of
from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.errors import GatepostError
from gatepost.domain.kinds import Kind
from gatepost.domain.people import ErpTool, RejectComment
from gatepost.domain.policies import AUTO_ACCEPTABLE
from gatepost.ledger import erp_readings
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import companies, connections, directory_state
from gatepost.messages.item_events import Key, Mail, Text


class DirectoryFileError(GatepostError):
    """The file is not one, or says something that cannot be; every finding is listed."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"there is no time zone {name}") from None
    return name


def _acceptable(kinds: list[Kind]) -> list[Kind]:
    if refused := [kind.value for kind in kinds if kind not in AUTO_ACCEPTABLE]:
        raise ValueError(f"{', '.join(refused)} always need a person's decision")
    return kinds


Limit = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$", strict=True)]
"""An amount as a decimal string, like all amounts that travel: ``"50000.00"``."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SettingsEntry(_Strict):
    """``[company.settings]``."""

    auto_accept: Annotated[list[Kind], AfterValidator(_acceptable)] = Field(default_factory=list)
    reject_comment: RejectComment = RejectComment.REQUIRED_EXCEPT_PROJECTS
    self_acceptance: bool = False
    grace_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    prefill: list[str] | None = None
    second_approval_above: Limit | None = None


class CompanyEntry(_Strict):
    """``[company]``."""

    key: Key
    name: Text
    settings: SettingsEntry = Field(default_factory=SettingsEntry)


class SyncEntry(_Strict):
    """``sync = { every_hours = 4 }`` or ``sync = { hour = 5, zone = "Europe/Zurich" }``."""

    every_hours: Annotated[int, Field(ge=1, le=24 * 7)] | None = None
    hour: Annotated[int, Field(ge=0, le=23)] | None = None
    zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"

    @model_validator(mode="after")
    def _says_when(self) -> "SyncEntry":
        if (self.every_hours is None) == (self.hour is None):
            raise ValueError("name either every_hours or the hour of the day")
        return self


class ConnectionFileEntry(_Strict):
    """``[[connections]]``."""

    key: Key
    connector: str
    profile: str = ""
    in_flight: Annotated[int, Field(ge=1, le=1000)] = 4
    per_minute: Annotated[int, Field(ge=0)] = 600
    lane: str = ""
    sync: SyncEntry | None = None
    options: dict[str, Any] = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _fits_its_connector(self) -> "ConnectionFileEntry":
        try:
            configure(load_connector(self.connector), self.options)
            profile_of(self.connector, self.profile)
        except (ConfigurationError, LookupError) as error:
            raise ValueError(str(error)) from None
        return self


class PersonEntry(_Strict):
    """``[[people]]``."""

    email: Mail
    name: Text
    erp_tool: ErpTool = ErpTool.NONE
    can_push_to_accounting: bool = False
    kinds: list[Kind] = Field(default_factory=lambda: list(Kind))
    tools: dict[str, str] = Field(default_factory=dict)
    amount_limit: Limit | None = None
    operator: bool = False
    alerts: bool = True
    synced_mail: bool = False
    daily_summary: bool = True
    summary_hour: Annotated[int, Field(ge=0, le=23)] = 7
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"


class ProjectEntry(_Strict):
    """``[[projects]]``."""

    external_id: Key
    name: Text
    approvers: list[Mail] = Field(default_factory=list)


class VendorEntry(_Strict):
    """``[[vendors]]``."""

    external_id: Key
    name: Text
    origin: str | None = None


class DirectoryFile(_Strict):
    """The whole file."""

    company: CompanyEntry
    connections: list[ConnectionFileEntry] = Field(default_factory=list)
    people: list[PersonEntry] = Field(default_factory=list)
    projects: list[ProjectEntry] = Field(default_factory=list)
    vendors: list[VendorEntry] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_each_once(self) -> "DirectoryFile":
        for what, keys in (
            ("people", [person.email for person in self.people]),
            ("projects", [project.external_id for project in self.projects]),
            ("vendors", [vendor.external_id for vendor in self.vendors]),
            ("connections", [connection.key for connection in self.connections]),
        ):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                raise ValueError(f"{what} named twice: {', '.join(twice)}")
        return self


def parse(text: str) -> DirectoryFile:
    """Read a directory file.

    Raises:
        DirectoryFileError: it is no TOML, or not a directory; all findings at once.

    """
    try:
        return DirectoryFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise DirectoryFileError(f"not TOML: {error}") from None
    except ValidationError as error:
        findings = [
            f"{'.'.join(str(step) for step in found['loc']) or 'file'}: {found['msg']}"
            for found in error.errors(include_input=False, include_url=False)
        ]
        raise DirectoryFileError("\n".join(findings)) from None


def apply(database: Database, file: DirectoryFile) -> None:
    """Make the company what the file says."""
    document = file.model_dump(mode="json")
    key = file.company.key
    row = {
        "name": file.company.name,
        "settings": document["company"]["settings"],
        "people": document["people"],
        "projects": document["projects"],
        "vendors": document["vendors"],
    }
    with Ledger(database).work() as work:
        connection = work.connection
        rise = sa.update(directory_state).values(version=directory_state.c.version + 1)
        connection.execute(rise)
        version = connection.execute(sa.select(directory_state.c.version)).scalar_one()
        _store(connection, companies, {"key": key}, {**row, "version": version})
        stale = connections.c.key.not_in([entry.key for entry in file.connections])
        connection.execute(sa.delete(connections).where(connections.c.company == key, stale))
        for entry in document["connections"]:
            sync, name = entry.pop("sync"), entry.pop("key")
            _store(connection, connections, {"company": key, "key": name}, entry)
            erp_readings.arrange(work, key, name, sync)


def _store(
    connection: sa.Connection, table: sa.Table, identity: dict[str, Any], values: dict[str, Any]
) -> None:
    same = sa.and_(*(table.c[name] == value for name, value in identity.items()))
    if connection.execute(sa.update(table).where(same).values(**values)).rowcount == 0:
        fresh = {"failures": 0, "paused": False, "paused_because": ""}
        defaults = {name: value for name, value in fresh.items() if name in table.c}
        connection.execute(sa.insert(table).values(**identity, **defaults, **values))
