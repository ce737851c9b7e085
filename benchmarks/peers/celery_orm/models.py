"""The tables of ``schema.sql`` as SQLAlchemy models."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """What every model is."""

    type_annotation_map = {dict[str, Any]: JSONB, list[Any]: JSONB}  # noqa: RUF012 - SQLAlchemy's


class SeenEvent(Base):
    """An event that has been taken in."""

    __tablename__ = "seen_events"
    id: Mapped[str] = mapped_column(primary_key=True)


class Policy(Base):
    """What a company lets through by itself."""

    __tablename__ = "policies"
    company: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    auto_accept: Mapped[bool]


class Approver(Base):
    """Who answers for a project's items."""

    __tablename__ = "approvers"
    company: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    can_push_to_accounting: Mapped[bool]


class Item(Base):
    """An item on its way to the ERP."""

    __tablename__ = "items"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    company: Mapped[str]
    kind: Mapped[str]
    external_id: Mapped[str]
    revision: Mapped[int]
    status: Mapped[str]
    state: Mapped[str]
    project: Mapped[str | None]
    parent: Mapped[str | None]
    number: Mapped[str]
    title: Mapped[str]
    created_by: Mapped[str]
    sent_by: Mapped[str]
    url: Mapped[str]
    content: Mapped[dict[str, Any]]
    erp_id: Mapped[str | None]
    erp_lines: Mapped[list[Any] | None]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class History(Base):
    """One thing that happened to an item."""

    __tablename__ = "history"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    item_id: Mapped[uuid.UUID]
    event: Mapped[str]
    actor: Mapped[str]


class Decision(Base):
    """One answer to an item."""

    __tablename__ = "decisions"
    item_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    answer: Mapped[str]
    decided_by: Mapped[str]


class ExportAttempt(Base):
    """One call to the ERP, written down before it is made."""

    __tablename__ = "export_attempts"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    item_id: Mapped[uuid.UUID]
    mark: Mapped[str]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    erp_id: Mapped[str | None]


class Notification(Base):
    """A mail to be sent."""

    __tablename__ = "notifications"
    item_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
