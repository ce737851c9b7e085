"""The directory: companies with their people, projects and vendors, and their ERP connections.

A company is one row of documents, read as a whole and kept in memory; a version that rises with
every change tells when to read again. Services ask it thousands of times a second.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from gatepost.domain.errors import NotFound
from gatepost.domain.kinds import Kind
from gatepost.domain.people import (
    ALL_KINDS,
    Company,
    CompanySettings,
    EmailDecisions,
    ErpTool,
    Person,
    Project,
    RejectComment,
    Vendor,
)
from gatepost.ledger.subscriptions import Subscription, subscriptions
from gatepost.ledger.tables import companies, connections, directory_state


@dataclass(frozen=True, slots=True)
class ConnectionEntry:
    """One ERP of one company, as the directory names it."""

    company: str
    key: str
    connector: str
    profile: str
    in_flight: int = 4
    per_minute: int = 600
    lane: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # may hold credentials


@dataclass(frozen=True, slots=True)
class Directory:
    """A snapshot of all companies and connections."""

    version: int
    companies: dict[str, Company] = field(default_factory=dict)
    connections: dict[str, ConnectionEntry] = field(default_factory=dict)  # by company
    webhooks: dict[str, list[Subscription]] = field(default_factory=dict)  # by company

    def company(self, key: str) -> Company:
        """The company of that key.

        Raises:
            NotFound: the directory has none.

        """
        if found := self.companies.get(key):
            return found
        raise NotFound.because(
            f"there is no company {key} here",
            field="company",
            who_can_fix="whoever keeps the directory: gatepost directory apply",
        )

    def connection_of(self, company: str) -> ConnectionEntry | None:
        return self.connections.get(company)


class DirectoryCache:
    """The last snapshot read; read again when the version has risen."""

    def __init__(self) -> None:
        self._snapshot = Directory(version=-1)
        self._lock = threading.Lock()

    @property
    def latest(self) -> Directory | None:
        """The last snapshot read; None before the first."""
        return self._snapshot if self._snapshot.version >= 0 else None

    def at(self, version: int, connection: sa.Connection) -> Directory:
        """The directory at ``version`` or later."""
        if self._snapshot.version < version:
            with self._lock:
                if self._snapshot.version < version:
                    self._snapshot = read(connection)
        return self._snapshot


def rise(connection: sa.Connection) -> None:
    """Say that something in the directory changed, within the transaction that changes it."""
    version = directory_state.c.version
    connection.execute(sa.update(directory_state).values(version=version + 1))


def read(connection: sa.Connection) -> Directory:
    """The whole directory, from the database."""
    version = connection.execute(sa.select(directory_state.c.version)).scalar_one()
    entries: dict[str, ConnectionEntry] = {}
    statement = sa.select(connections).order_by(connections.c.company, connections.c.key)
    for row in connection.execute(statement).mappings():
        names = (
            "company",
            "key",
            "connector",
            "profile",
            "in_flight",
            "per_minute",
            "lane",
            "options",
        )
        entries.setdefault(row["company"], ConnectionEntry(**{name: row[name] for name in names}))
    found = {
        row["key"]: _company(row, entries.get(row["key"]))
        for row in connection.execute(sa.select(companies)).mappings()
    }
    return Directory(version, found, entries, subscriptions(connection))


def _company(row: sa.RowMapping, entry: ConnectionEntry | None) -> Company:
    return Company(
        key=row["key"],
        name=row["name"],
        settings=_settings(row["settings"]),
        connection=entry.key if entry else None,
        people={person["email"].lower(): _person(person) for person in row["people"]},
        projects={each["external_id"]: _project(each) for each in row["projects"]},
        vendors={each["external_id"]: Vendor(**each) for each in row["vendors"]},
    )


def _settings(document: dict[str, Any]) -> CompanySettings:
    return CompanySettings(
        auto_accept=_kinds(document.get("auto_accept", ())),
        reject_comment=RejectComment(document.get("reject_comment", "required_except_projects")),
        self_acceptance=document.get("self_acceptance", False),
        grace_seconds=document.get("grace_seconds", 0),
        prefill=None if document.get("prefill") is None else frozenset(document["prefill"]),
        second_approval_above=_amount(document.get("second_approval_above")),
        email_decisions=EmailDecisions(document.get("email_decisions", "code")),
        email_sign_in_above=_amount(document.get("email_sign_in_above")),
    )


def _person(document: dict[str, Any]) -> Person:
    return Person(
        **{
            **document,
            "email": document["email"].lower(),
            "erp_tool": ErpTool(document.get("erp_tool", "none")),
            "kinds": _kinds(document["kinds"]) if "kinds" in document else ALL_KINDS,
            "amount_limit": _amount(document.get("amount_limit")),
        }
    )


def _project(document: dict[str, Any]) -> Project:
    approvers = tuple(email.lower() for email in document.get("approvers", ()))
    return Project(document["external_id"], document["name"], approvers)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _kinds(names: Iterable[str]) -> frozenset[Kind]:
    return frozenset(Kind(name) for name in names)
