"""The item event as a typed thing: what a peer checks before it stores anything."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator


class Person(BaseModel):
    """Somebody at the source."""

    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=200)


class InvoiceLine(BaseModel):
    """What is billed against one line of the commitment."""

    commitment_line: str = Field(min_length=1, max_length=100)
    amount: Decimal = Field(max_digits=18, decimal_places=2)
    retainage: Decimal = Field(max_digits=18, decimal_places=2)


class Invoice(BaseModel):
    """The content of an invoice."""

    billing_date: date
    period_start: date
    period_end: date
    lines: list[InvoiceLine] = Field(min_length=1)
    retainage: Decimal
    total: Decimal

    @model_validator(mode="after")
    def adds_up(self) -> Self:
        if sum(line.amount for line in self.lines) != self.total or not self.total:
            raise ValueError("the lines do not add up to the total")
        if sum(line.retainage for line in self.lines) != self.retainage:
            raise ValueError("the lines do not add up to the retainage")
        if self.period_end < self.period_start:
            raise ValueError("the period ends before it starts")
        return self


class InvoiceSent(BaseModel):
    """What the event says about its item."""

    company: str = Field(min_length=1, max_length=100)
    kind: Literal["invoice"]
    external_id: str = Field(min_length=1, max_length=100)
    revision: int = Field(ge=1)
    status: Literal["approved", "approved_as_noted", "pending_owner_approval"]
    project: str = Field(min_length=1, max_length=100)
    parent: str = Field(min_length=1, max_length=100)
    number: str = Field(min_length=1, max_length=100)
    title: str = Field(max_length=200)
    created_by: Person
    sent_by: Person
    url: str = Field(pattern="^https://")
    content: Invoice


class ItemEvent(BaseModel):
    """A CloudEvent that carries an invoice."""

    specversion: Literal["1.0"]
    type: Literal["gatepost.item.sent.v1"]
    id: str = Field(min_length=1, max_length=100)
    source: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    time: datetime
    datacontenttype: Literal["application/json"]
    data: InvoiceSent

    @property
    def item_id(self) -> uuid.UUID:
        return item_id(self.data.company, self.data.kind, self.data.external_id)


def item_id(company: str, kind: str, external_id: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{company}/{kind}/{external_id}")
