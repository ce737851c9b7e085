"""Settings of the console."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from gatepost.runtime.settings import PREFIX, GatepostSettings, Port


class ConsoleSettings(GatepostSettings):
    """Where the console listens: ``GATEPOST_HTTP_*``; how people sign in."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, hide_input_in_errors=True)

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
    oidc_issuer: str = Field(
        default="",
        description="address of the OpenID provider people sign in with, as it names itself; "
        "unset: they sign in with a code that is mailed",
    )
    oidc_client_id: str = Field(default="", description="what the provider knows Gatepost by")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="what Gatepost shows the provider that it is itself"
    )
    oidc_domains: str = Field(
        default="",
        description="domains of the addresses that are let in that way, with commas; unset: any, "
        "as long as a directory lists the address",
    )
    session_idle_hours: float = Field(
        default=12.0, gt=0, description="hours after which a browser nobody used is signed out"
    )
    session_longest_days: float = Field(
        default=30.0, gt=0, description="days after which everybody signs in again"
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_address(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and is_loopback(parts.hostname or "")
        )
        if issuer and not (is_safe and parts.hostname):
            raise ValueError("it must read https://...; http:// only on this machine")
        return issuer

    @model_validator(mode="after")
    def _is_whole(self) -> "ConsoleSettings":
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(given) and not all(given):
            raise ValueError(
                "GATEPOST_OIDC_ISSUER, GATEPOST_OIDC_CLIENT_ID and GATEPOST_OIDC_CLIENT_SECRET "
                "are set together"
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether an address, or a name as settings have it, is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
