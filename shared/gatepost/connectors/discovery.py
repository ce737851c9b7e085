"""The connectors that are installed, found by entry point: anyone may add one."""

from functools import lru_cache
from importlib.metadata import entry_points
from typing import Final

from pydantic import ValidationError

from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.port import Connector, ConnectorConfig
from gatepost.connectors.profile import Profile, load_profile

GROUP: Final = "gatepost.connectors"


def connector_names() -> list[str]:
    """The names of all installed connectors."""
    return sorted(point.name for point in entry_points(group=GROUP))


@lru_cache
def load_connector(name: str) -> type[Connector]:
    """A connector's class.

    Raises:
        ConfigurationError: none of that name is installed.

    """
    for point in entry_points(group=GROUP, name=name):
        connector: type[Connector] = point.load()
        return connector
    raise ConfigurationError(
        f"there is no connector {name}; there are {', '.join(connector_names())}"
    )


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
