"""The shapes of answers about webhooks: for the OpenAPI document, as the others."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Webhook(BaseModel):
    """A webhook without its secret. open: it is thought not to answer."""

    webhook_id: str
    company: str
    url: str
    events: list[str]
    state: Literal["ok", "open", "disabled"]
    disabled_because: str
    failures: int
    open_until: datetime | None
    created_at: datetime


_SHOWN_ONCE = "whsec_...; null in an answer that is repeated, for it is kept nowhere"


class WebhookMade(Webhook):
    """A webhook with its secret, this once."""

    secret: str | None = Field(description=_SHOWN_ONCE)


class WebhookSecret(BaseModel):
    """A webhook's new secret, this once."""

    webhook_id: str
    secret: str | None = Field(description=_SHOWN_ONCE)


class Webhooks(BaseModel):
    """The company's webhooks."""

    items: list[Webhook]
    next_cursor: None


class WebhookState(BaseModel):
    """How a webhook stands."""

    webhook_id: str
    state: str


class WebhookTried(BaseModel):
    """The delivery of an event that means nothing."""

    webhook_id: str
    delivery_id: str


class WebhookReplayed(BaseModel):
    """How many events are posted once more."""

    webhook_id: str
    count: int


class Delivery(BaseModel):
    """An event that was posted to a webhook, or is to be."""

    id: str
    event_id: str
    type: str
    item_id: str | None
    status: Literal["waiting", "delivered", "failed", "dropped"]
    attempts: int
    response_code: int | None
    last_error: str
    created_at: datetime
    finished_at: datetime | None


class Deliveries(BaseModel):
    """What was posted to a webhook or is to be, newest first."""

    items: list[Delivery]
    next_cursor: None
