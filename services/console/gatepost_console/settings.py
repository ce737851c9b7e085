"""Settings of the console."""

from pydantic import Field

from gatepost.runtime.settings import GatepostSettings, Port


class ConsoleSettings(GatepostSettings):
    """Where the console listens: ``GATEPOST_HTTP_*``."""

    http_host: str = Field(default="127.0.0.1", description="address to listen on")
    http_port: Port = Field(default=8080, description="0 takes any free port")
    http_decision_wait: float = Field(
        default=10.0,
        ge=0,
        le=60,
        description="seconds a caller waits for what came of a decision; it stands in any case",
    )
    http_idempotency_kept: float = Field(
        default=86400.0,
        ge=1,
        le=30 * 86400,
        description="seconds an answer is given again to the same request with its Idempotency-Key",
    )
    session_idle_hours: float = Field(
        default=12.0, gt=0, description="hours after which a browser nobody used is signed out"
    )
    session_longest_days: float = Field(
        default=30.0, gt=0, description="days after which everybody signs in again"
    )
