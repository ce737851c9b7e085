"""Settings of the exporter."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gatepost.runtime.settings import GatepostSettings, Port


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
    http_host: str = Field(
        default="127.0.0.1", description="where ERPs that call in are listened for"
    )
    http_port: Port = Field(
        default=8082, description="the port the QuickBooks Web Connector calls; 0 is any free one"
    )
    public_url: str = Field(
        default="",
        description="where Web Connectors reach this port; https, save on their own machine; "
        "localhost and the port where it is empty",
    )
    breaker_wait: float = Field(
        default=15.0, gt=0, description="seconds until an ERP that is down is tried again"
    )

    @property
    def web_connector_url(self) -> str:
        """Where Web Connectors reach the exporter."""
        return self.public_url or f"http://localhost:{self.http_port}"
