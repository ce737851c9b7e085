"""The page of settings."""

from collections.abc import Iterator

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from gatepost.runtime.settings import Settings
from scripts.reference.parts import services, table


def settings_page() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield "Settings come from environment variables. `NAME_FILE=/path` gives the value of `NAME` from"
    yield "a file, and files in `/run/secrets` are read under the setting's name in lower case."
    yield "`gatepost config show` prints what a program sees, without secrets."
    yield from _settings_table("Every service", Settings)
    for name, service in services().items():
        if service.settings:
            yield from _settings_table(f"The {name}", service.settings)


def _settings_table(title: str, settings: type[BaseSettings]) -> Iterator[str]:
    prefix = settings.model_config.get("env_prefix", "")
    rows = [
        (f"`{prefix}{name}`".upper(), _default(info), info.description or "")
        for name, info in settings.model_fields.items()
    ]
    yield from ("", f"## {title}", "")
    yield from table(("name", "default", "meaning"), rows)


def _default(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == {}:
        return "none"
    return f"`{value}`"
