"""Settings of the webhooks: how long an endpoint may take, how long it is tried."""

from pydantic import Field

from gatepost.runtime.settings import GatepostSettings


class WebhookSettings(GatepostSettings):
    """How events are posted: ``GATEPOST_WEBHOOK_*``."""

    webhook_timeout: float = Field(
        default=15.0,
        gt=0,
        le=60,
        description="seconds an endpoint has, from connecting to answering",
    )
    webhook_first_wait: float = Field(
        default=5.0,
        gt=0,
        description="seconds before the second try; each wait is three times longer",
    )
    webhook_longest_wait: float = Field(
        default=6 * 3600.0, gt=0, description="seconds between two tries, at the most"
    )
    webhook_patience: float = Field(
        default=3 * 86400.0,
        gt=0,
        description="seconds until an event is given up, and kept as failed",
    )
    webhook_in_flight: int = Field(
        default=4, ge=1, le=100, description="events posted to one endpoint at once, by one process"
    )
    webhook_days: int = Field(
        default=30, ge=4, description="days the log of deliveries is kept, to be replayed from"
    )
