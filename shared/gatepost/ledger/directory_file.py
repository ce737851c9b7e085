"""The directory file: a company's people, projects, vendors and connections, as TOML.

Applying it is idempotent: the company is what the file says, afterwards. What the breaker and a
pause know of a connection is kept.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gatepost.domain.errors import GatepostError
from gatepost.domain.kinds import Kind
from gatepost.domain.people import EmailDecisions, ErpTool, RejectComment
from gatepost.domain.policies import AUTO_ACCEPTABLE
from gatepost.ledger.database import Database
from gatepost.ledger.directory_changes import Applied, Sections, change, differences, stored
from gatepost.ledger.directory_checks import LIMIT_PATTERN, Finding, check, doubtful
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.toml_lines import TomlLines
from gatepost.messages.item_events import Key, Mail, Text

_LINE: Final = re.compile(r"at line (\d+)")

Tool = Literal["admin", "commitments"]  # of the source: those on which a sender needs a right


@dataclass(frozen=True, slots=True)
class Located:
    """A finding in a file."""

    file: str
    line: int
    finding: Finding

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.finding}"


class DirectoryFileError(GatepostError):
    """The file is not one, or says something that cannot be; every finding is listed."""

    def __init__(self, findings: Sequence[Located]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


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


Limit = Annotated[str, Field(pattern=LIMIT_PATTERN, strict=True)]
"""An amount as a decimal string, like all amounts that travel: ``"50000.00"``."""


YesNo = Annotated[bool, Field(strict=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SettingsEntry(_Strict):
    """``[company.settings]``."""

    auto_accept: Annotated[list[Kind], AfterValidator(_acceptable)] = Field(default_factory=list)
    reject_comment: RejectComment = RejectComment.REQUIRED_EXCEPT_PROJECTS
    self_acceptance: YesNo = False
    grace_seconds: Annotated[int, Field(strict=True, ge=0, le=3600)] = 0
    prefill: list[str] | None = None
    second_approval_above: Limit | None = None
    email_decisions: EmailDecisions = EmailDecisions.CODE
    email_sign_in_above: Limit | None = None


class CompanyEntry(_Strict):
    """``[company]``."""

    key: Key
    name: Text
    settings: SettingsEntry = Field(default_factory=SettingsEntry)


class SyncEntry(_Strict):
    """``sync = { every_hours = 4 }`` or ``sync = { hour = 5, zone = "Europe/Zurich" }``."""

    every_hours: Annotated[int, Field(strict=True, ge=1, le=24 * 7)] | None = None
    hour: Annotated[int, Field(strict=True, ge=0, le=23)] | None = None
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
    in_flight: Annotated[int, Field(strict=True, ge=1, le=1000)] = 4
    per_minute: Annotated[int, Field(strict=True, ge=0)] = 600
    lane: str = ""
    sync: SyncEntry | None = None
    options: dict[str, Any] = Field(default_factory=dict, repr=False)


class PersonEntry(_Strict):
    """``[[people]]``."""

    email: Mail
    name: Text
    erp_tool: ErpTool = ErpTool.NONE
    can_push_to_accounting: YesNo = False
    kinds: list[Kind] = Field(default_factory=lambda: list(Kind))
    tools: dict[Tool, ErpTool] = Field(default_factory=dict)
    amount_limit: Limit | None = None
    operator: YesNo = False
    alerts: YesNo = True
    synced_mail: YesNo = False
    daily_summary: YesNo = True
    summary_hour: Annotated[int, Field(strict=True, ge=0, le=23)] = 7
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
    origin: Annotated[str, Field(min_length=1, pattern=r"\S")] | None = None


class DirectoryFile(_Strict):
    """The whole file."""

    company: CompanyEntry
    connections: list[ConnectionFileEntry] = Field(default_factory=list)
    people: list[PersonEntry] = Field(default_factory=list)
    projects: list[ProjectEntry] = Field(default_factory=list)
    vendors: list[VendorEntry] = Field(default_factory=list)


class CompanyChange(_Strict):
    """The company in an event: what it does not name stays as it is."""

    key: Key
    name: Text | None = None
    settings: SettingsEntry | None = None


class DirectoryChange(_Strict):
    """The data of ``gatepost.directory.changed.v1``: each section that it names replaces the old one."""

    company: CompanyChange
    people: list[PersonEntry] | None = None
    projects: list[ProjectEntry] | None = None
    vendors: list[VendorEntry] | None = None


def parse(text: str, name: str = "file") -> DirectoryFile:
    """Read a directory file.

    Args:
        text: its content.
        name: how it is called in what is found.

    Raises:
        DirectoryFileError: it is no TOML, or not a directory; all findings at once, with their lines.

    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))  # or "at end of document"
        found = Finding((), f"not TOML: {error}")
        raise DirectoryFileError(
            [Located(name, int(line[1]) if line else len(text.splitlines()), found)]
        ) from None
    file, findings = check(DirectoryFile, document)
    if file is None or findings:
        raise DirectoryFileError(locate(text, name, findings))
    return file


def doubts(text: str, name: str, file: DirectoryFile) -> list["Located"]:
    """What can be applied and yet may not be meant."""
    return locate(text, name, doubtful(file.model_dump(mode="json")))


def locate(text: str, name: str, findings: Sequence[Finding]) -> list["Located"]:
    """Findings with their lines, in the order of the file."""
    lines = TomlLines(text)
    found = [Located(name, lines.line_of(each.place), each) for each in findings]
    return sorted(found, key=lambda each: each.line)


def apply(
    database: Database, file: DirectoryFile, *, by: str = "", channel: str = "cli"
) -> Applied:
    """Make the company what the file says; tells what that changed."""
    with Ledger(database).work() as work:
        return change(file.company.key, sections_of(file), work, by=by, channel=channel)


def plan(database: Database, file: DirectoryFile) -> Applied:
    """What applying the file would change; nothing is."""
    with database.reading() as connection:
        before = stored(file.company.key, connection)
    return Applied(before.version, differences(before.sections, sections_of(file)))


def sections_of(file: DirectoryFile | DirectoryChange) -> Sections:
    """The sections that are named, as they are stored."""
    document = file.model_dump(mode="json")
    company = document.pop("company")
    company.pop("key")
    named = {**company, **document}
    if isinstance(file, DirectoryFile):
        return named
    return {name: value for name, value in named.items() if value is not None}
