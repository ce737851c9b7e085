"""Settings that every service reads: from ``GATEPOST_*``, from files of secrets, nothing else."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gatepost.domain.addresses import LOOPBACK, Network, networks_of

PREFIX: Final = "GATEPOST_"
SECRETS: Final = Path("/run/secrets")  # where docker and podman put them

Port = Annotated[int, Field(ge=0, le=65535)]
Url = SecretStr  # a URL may hold a password: it is never shown in logs or reprs


class FromNamedFiles(PydanticBaseSettingsSource):
    """``GATEPOST_X_FILE=/path`` gives the value of ``GATEPOST_X``: the habit of many images."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        prefix = self.config.get("env_prefix") or PREFIX
        path = os.environ.get(f"{prefix}{field_name.upper()}_FILE")
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.prepare_field_value(name, field, *self.get_field_value(field, name)[::2])
            for name, field in self._fields()
        }
        return {name: value for name, value in found.items() if value is not None}

    def _fields(self) -> list[tuple[str, FieldInfo]]:
        return list(self.settings_cls.model_fields.items())


class GatepostSettings(BaseSettings):
    """The root of all settings classes: where values come from, in order."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
        frozen=True,
    )

    def doubts(self, program: "Settings") -> Iterator[str]:
        """What a program starts with, and should not be left like this; each a sentence.

        Args:
            program: the settings that all services read.

        """
        return iter(())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, FromNamedFiles(settings_cls), file_secret_settings


def _as_networks(text: str) -> str:
    networks_of(text)
    return text


class Settings(GatepostSettings):
    """What every service needs."""

    database_url: Url = Field(
        default=SecretStr("sqlite:///var/gatepost.db"),
        description="sqlite:///path or postgresql+psycopg://user:password@host/name",
    )
    amqp_url: Url = Field(
        default=SecretStr("memory://"),
        description="amqp://... ; memory:// keeps all in one process",
    )
    redis_url: Url = Field(
        default=SecretStr("memory://"),
        description="redis://... ; memory:// keeps all in one process",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8080", description="where people reach the console; for links"
    )
    secret_key: SecretStr | None = Field(
        default=None, description="signs what must not be forged; no default outside the demo"
    )
    webhook_networks: Annotated[str, AfterValidator(_as_networks)] = Field(
        default="",
        description="private networks that webhooks may be in, with or without TLS: 10.0.0.0/8, ...; "
        "with memory:// this machine is among them",
    )
    redelivery_seconds: float = Field(
        default=30.0, gt=0, description="until a message that nobody took is offered again"
    )
    handler_attempts: int = Field(
        default=5, ge=1, description="tries of a failing handler before its message is parked"
    )
    log_format: str = Field(
        default="auto", description="json, pretty, or auto: pretty on a terminal"
    )
    log_level: str = Field(default="info", description="debug, info, warning or error")

    @property
    def is_embedded(self) -> bool:
        """Whether the messages stay in this process."""
        return self.amqp_url.get_secret_value().startswith("memory:")

    @property
    def webhook_allowance(self) -> tuple[Network, ...]:
        """The networks that webhooks may be in besides the public one."""
        own = LOOPBACK if self.is_embedded else ()
        return (*own, *networks_of(self.webhook_networks))
