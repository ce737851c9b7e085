"""The connectors that are installed, found by entry point: anyone may add one."""

from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from pydantic import ValidationError

from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.port import Connector, ConnectorConfig
from gatepost.connectors.profile import Profile, load_profile

GROUP: Final = "gatepost.connectors"
_PORT: Final = sorted(
    name for name in {*Connector.__annotations__, *vars(Connector)} if not name.startswith("_")
)


def connector_names() -> list[str]:
    """The names of all installed connectors."""
    return sorted(point.name for point in entry_points(group=GROUP))


@lru_cache
def load_connector(name: str) -> type[Connector]:
    """A connector's class.

    Raises:
        ConfigurationError: none of that name is installed, or its package is broken.

    """
    for point in entry_points(group=GROUP, name=name):
        return _loaded(point)
    raise ConfigurationError(
        f"there is no connector {name}; there are {', '.join(connector_names())}"
    )


def _loaded(point: EntryPoint) -> type[Connector]:
    """The class an entry point names: whoever wrote it may have made any mistake."""
    package = f" of {point.dist.name}" if point.dist else ""
    named = f"the connector {point.name} ({point.value}{package}) cannot be used"
    try:
        found: Any = point.load()
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigurationError(f"{named}: {said}") from error
    if not isinstance(found, type):
        raise ConfigurationError(f"{named}: it is no class")
    if missing := [name for name in _PORT if not hasattr(found, name)]:
        raise ConfigurationError(f"{named}: it has no {', no '.join(missing)}")
    connector: type[Connector] = found
    return connector


def configure(connector: type[Connector], options: object) -> ConnectorConfig:
    """The options of a connection, checked by the connector's own model.

    Raises:
        ConfigurationError: options are missing or wrong; values are not shown, they may be secret.

    """
    try:
        return connector.config_model.model_validate(options)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(f"the options do not fit {connector.name}: {found}") from None


@lru_cache
def profile_of(connector: str, profile: str) -> Profile:
    """The field rules of a connection: the profile it names, or its connector's own.

    Raises:
        LookupError: there is no such profile.
        ConfigurationError: there is no such connector.

    """
    return load_profile(profile) if profile else load_connector(connector).profile
