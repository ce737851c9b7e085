"""Settings of the intake."""

from collections.abc import Iterator
from functools import lru_cache

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gatepost.runtime.settings import GatepostSettings, Settings


class IntakeSettings(GatepostSettings):
    """How events are taken in: ``GATEPOST_INTAKE_*``."""

    model_config = SettingsConfigDict(env_prefix="GATEPOST_INTAKE_")

    batch: int = Field(default=200, ge=1, le=1000, description="events in one transaction, at most")
    parent_patience: float = Field(
        default=5.0,
        ge=0,
        description="seconds an event waits for its parent's event, which may still be on its way",
    )
    publishers: dict[str, list[str]] = Field(
        default_factory=dict,
        description="RabbitMQ users and the companies each may speak for; empty: all for all",
    )

    def doubts(self, program: Settings) -> Iterator[str]:
        """That anybody may say who approves."""
        if not self.publishers and not program.is_embedded:
            yield (
                "GATEPOST_INTAKE_PUBLISHERS is not set: every user of RabbitMQ may speak for every "
                "company, and change its directory: who approves, up to which amount"
            )


@lru_cache
def intake_settings() -> IntakeSettings:
    """The settings, read once: events come by the thousand a second."""
    return IntakeSettings()
