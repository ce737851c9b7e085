"""Where the sandbox listens and where it keeps its books."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment: ``GATEPOST_SANDBOX_HTTP_PORT``, ... Port 0 is any free one."""

    model_config = SettingsConfigDict(env_prefix="GATEPOST_SANDBOX_")

    http_host: str = "127.0.0.1"
    http_port: int = 9009
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 9025
    data: Path = Path("var/sandbox.db")
