"""How a command fails: with one sentence and an exit code, never with a traceback for what is expected."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

from gatepost.cli.talking import Exit, say


@contextmanager
def explained() -> Generator[None]:
    """End the program with a sentence where the reason is known; what is not known is raised."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.FAILED)
    except Exception as error:
        known = explanation(error)
        if known is None:
            raise
        sentence, code = known
        say(f"gatepost: {sentence}")
        sys.exit(code)


def explanation(error: Exception) -> tuple[str, Exit] | None:
    """The sentence and the exit code for an error; None for a fault of the program.

    Nothing is imported here that the command had not imported before: the error came from there.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from gatepost.domain.errors import GatepostError, NotEntitled, NotFound

    if isinstance(error, NotFound | NotEntitled):
        return str(error), Exit.NOT_ALLOWED
    if isinstance(error, GatepostError):
        return str(error), Exit.FAILED
    if said := _wrong_connection(error):
        return said, Exit.FAILED
    if isinstance(error, ValidationError):
        return _wrong_settings(error), Exit.USAGE
    if isinstance(error, SettingsError):
        return f"a setting cannot be read: {error}", Exit.USAGE
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}", Exit.FAILED
    return _trouble_with_servers(error)


def _wrong_connection(error: Exception) -> str:
    """What a connector says of its options; nothing where it is none of its errors."""
    if "gatepost.connectors.errors" not in sys.modules:
        return ""
    from gatepost.connectors.errors import ConnectorError

    return f"{error.message} ({error.who_can_fix})" if isinstance(error, ConnectorError) else ""


def _wrong_settings(error: Exception) -> str:
    """Values are not repeated: they may be secret."""
    found = [
        f"{'.'.join(str(step) for step in each['loc'])}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False)  # type: ignore[attr-defined]
    ]
    return f"{getattr(error, 'title', 'settings')}: {'; '.join(found)}"


def _trouble_with_servers(error: Exception) -> tuple[str, Exit] | None:
    if "sqlalchemy" in sys.modules:
        from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

        if isinstance(error, ArgumentError | NoSuchModuleError):
            return "GATEPOST_DATABASE_URL is no URL of a database Gatepost knows", Exit.USAGE
        if isinstance(error, DBAPIError):
            return f"the database does not do it: {_first_line(error.orig)}", Exit.FAILED
    if "pika" in sys.modules:
        from pika.exceptions import AMQPError

        if isinstance(error, AMQPError):
            return f"RabbitMQ does not answer: {error!r}", Exit.FAILED
    return None


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0]
