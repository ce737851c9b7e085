"""Settings of the exporter."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gatepost.runtime.settings import GatepostSettings


class ExporterSettings(GatepostSettings):
    """How exports are tried: ``GATEPOST_EXPORTER_*``."""

    model_config = SettingsConfigDict(env_prefix="GATEPOST_EXPORTER_")

    calls: int = Field(
        default=32, ge=1, le=500, description="calls to ERPs at once, in one process"
    )
    window: float = Field(
        default=15.0, gt=1, description="seconds of a lease in which calls may be begun"
    )
    attempts: int = Field(
        default=6, ge=1, description="tries on trouble that passes, before it is failed to export"
    )
    first_wait: float = Field(
        default=2.0, gt=0, description="seconds before the second try; doubles, with jitter"
    )
    longest_wait: float = Field(default=900.0, gt=0, description="seconds between tries, at most")
    breaker_failures: int = Field(
        default=5, ge=1, description="unanswered calls in a row after which an ERP counts as down"
    )
    breaker_wait: float = Field(
        default=15.0, gt=0, description="seconds until an ERP that is down is tried again"
    )
