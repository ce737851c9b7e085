"""``gatepost config``: every setting with its value and where it came from; and whether they will do."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from gatepost.cli.talking import AsJson, fail, say, show, show_rows, warn

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

    from gatepost.runtime.settings import Settings

app = typer.Typer(help="The settings: where each came from; whether they do.")

SHORTEST_KEY: Final = 16  # characters of GATEPOST_SECRET_KEY
KEY_IS_MISSING: Final = "GATEPOST_SECRET_KEY is missing: set it to a long random text"
#: What people write where a secret should stand.
PLACEHOLDERS: Final = frozenset(
    {"changeme", "change-me", "secret", "password", "insecure", "default"}
)
#: Read by others than our settings classes.
ALSO_READ: Final = frozenset({"GATEPOST_TOKEN"})
COLUMNS: Final = ("setting", "value", "from", "of", "description")


@app.command("show")
def show_settings(as_json: AsJson = False) -> None:
    """Show every setting of every service; secrets are masked."""
    rows = [row for owner, kind in _kinds() for row in _rows(owner, kind)]
    show_rows(rows, as_json=as_json, columns=COLUMNS, none="no settings")


@app.command()
def check() -> None:
    """Check that the services could start with these settings; exit 1 when one would refuse."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    problems: list[str] = []
    for owner, kind in _kinds():
        try:
            kind()
        except ValidationError as error:
            for each in error.errors(include_input=False, include_url=False):
                name = _variable(kind, str(each["loc"][0])) if each["loc"] else owner
                problems.append(f"{name}: {each['msg']}")
        except (SettingsError, OSError) as error:
            problems.append(f"{owner}: {error}")
    if not problems:
        problems += _weak_settings()
    for name in _unknown_variables():
        say(f"{name} is set, but no setting has that name")
    for problem in problems:
        say(problem)
    if not problems:
        for doubt in _doubts():
            warn(doubt)
    if problems:
        fail("the services would not start like this")
    show("the settings are in order")


def against_key(settings: "Settings") -> str:
    """Why no program starts with this GATEPOST_SECRET_KEY; empty where it will do.

    ``run``, ``config check`` and whatever signs with it ask here.
    """
    secret = settings.secret_key.get_secret_value().strip() if settings.secret_key else ""
    if not secret:
        return KEY_IS_MISSING
    if secret.lower() in PLACEHOLDERS:
        return "GATEPOST_SECRET_KEY is a placeholder: set it to a long random text"
    return ""


def about_key(settings: "Settings") -> str:
    """What is to be said of a GATEPOST_SECRET_KEY that will do; empty where nothing is."""
    secret = settings.secret_key.get_secret_value().strip() if settings.secret_key else ""
    if len(secret) >= SHORTEST_KEY:
        return ""
    return (
        f"GATEPOST_SECRET_KEY has fewer than {SHORTEST_KEY} characters, so it can be guessed: "
        "set it to a long random text"
    )


def _weak_settings() -> Iterator[str]:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from gatepost.runtime.settings import Settings

    settings = Settings()
    if said := against_key(settings):
        yield said
    try:
        backend = make_url(settings.database_url.get_secret_value()).get_backend_name()
    except ArgumentError:
        yield "GATEPOST_DATABASE_URL is no URL"
        return
    if backend not in ("sqlite", "postgresql"):
        yield f"GATEPOST_DATABASE_URL: {backend} is not known; sqlite and postgresql are"
    broker = settings.amqp_url.get_secret_value().partition(":")[0]
    if broker not in ("memory", "amqp", "amqps"):
        yield "GATEPOST_AMQP_URL: memory://, amqp:// and amqps:// are known"


def _doubts() -> Iterator[str]:
    """What the services would start with, and should not be left like this."""
    from gatepost.runtime.settings import GatepostSettings, Settings

    program = Settings()
    if said := about_key(program):
        yield said
    for _, kind in _kinds():
        settings = kind()
        if isinstance(settings, GatepostSettings):
            yield from settings.doubts(program)


def _kinds() -> list[tuple[str, "type[BaseSettings]"]]:
    """The settings classes of the core and of all services that are installed."""
    from gatepost.runtime.services import load_service, service_names
    from gatepost.runtime.settings import Settings

    kinds: list[tuple[str, type[BaseSettings]]] = [("all", Settings)]
    for name in service_names():
        try:
            service = load_service(name)
        except AttributeError:
            say(f"{name}: installed without a declaration; left out")
            continue
        if service.settings:
            kinds.append((name, service.settings))
    return kinds


def _rows(owner: str, kind: "type[BaseSettings]") -> Iterator[dict[str, Any]]:
    values = kind()
    inherited = _inherited(kind)
    for name, field in kind.model_fields.items():
        if name in inherited:
            continue
        yield {
            "setting": _variable(kind, name),
            "value": _masked(getattr(values, name), name),
            "from": _origin(kind, name),
            "of": owner,
            "description": field.description or "",
        }


def _inherited(kind: "type[BaseSettings]") -> "dict[str, FieldInfo]":
    """Fields a service has from the settings all have: they are listed once."""
    from gatepost.runtime.settings import Settings

    return Settings.model_fields if kind is not Settings and issubclass(kind, Settings) else {}


def _variable(kind: "type[BaseSettings]", name: str) -> str:
    return f"{kind.model_config.get('env_prefix', '')}{name}".upper()


def _origin(kind: "type[BaseSettings]", name: str) -> str:
    """Where a value came from, in the order in which the settings classes ask."""
    from gatepost.runtime.settings import PREFIX, SECRETS

    variable = _variable(kind, name)
    environment = {each.upper() for each in os.environ}
    if variable in environment:
        return "environment"
    if f"{PREFIX}{name}_FILE".upper() in environment or f"{variable}_FILE" in environment:
        return "file"
    if (Path(SECRETS) / variable.lower()).is_file():
        return "file"
    return "default"


def _masked(value: Any, name: str) -> Any:  # noqa: ANN401 - any setting's value
    from pydantic import SecretStr

    from gatepost.runtime.logs import MASK, mask

    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        return mask(text) if name.endswith("url") and "://" in text else MASK
    return str(value) if isinstance(value, Path) else value


def _unknown_variables() -> list[str]:
    known = {_variable(kind, name) for _, kind in _kinds() for name in kind.model_fields}
    known |= {f"{name}_FILE" for name in known} | ALSO_READ
    ours = (name for name in os.environ if name.startswith("GATEPOST_"))
    return sorted(
        name for name in ours if name not in known and not name.startswith("GATEPOST_TEST_")
    )
