"""``gatepost run``: one process for a service, or a supervisor above several."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gatepost.cli.configuration import about_key, against_key
from gatepost.cli.talking import Exit, fail, warn

if TYPE_CHECKING:
    from gatepost.runtime.service import Service
    from gatepost.runtime.settings import Settings

EVERYTHING: Final = "all"
#: Somebody else's computer, played by us: it is started when it is named, and asks for no secrets.
STRANGERS: Final = frozenset({"sandbox"})


def run(
    services: Annotated[
        list[str], typer.Argument(metavar="SERVICE...", help="Which; all: every one but sandbox.")
    ],
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes of each service.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads of each process.")
    ] = None,
    lane: Annotated[str, typer.Option(help="Export only what is in this lane.")] = "",
) -> None:
    """Run services until SIGTERM or Ctrl-C.

    What is under way is then finished; a second signal ends it at once.
    """
    from gatepost.runtime import logs
    from gatepost.runtime.settings import Settings

    names = _names(services)
    settings = Settings()
    logs.set_up(settings.log_format, settings.log_level)
    if not set(names) <= STRANGERS:
        _must_have_a_secret(settings)
    if settings.is_embedded and processes > 1:
        fail("with memory:// all services share one process: set GATEPOST_AMQP_URL", Exit.USAGE)
    if settings.is_embedded or (len(names) == 1 and processes == 1):
        _run_here(settings, names, threads, lane)
    else:
        _supervise(names, processes, threads, lane)


def _names(given: list[str]) -> list[str]:
    from gatepost.runtime.services import service_names

    known = service_names()
    names: list[str] = []
    for name in given:
        if name != EVERYTHING and name not in known:
            fail(f"there is no service {name}; there are {', '.join(known)}", Exit.USAGE)
        each = [one for one in known if one not in STRANGERS] if name == EVERYTHING else [name]
        names += [one for one in each if one not in names]
    return names


def _must_have_a_secret(settings: "Settings") -> None:
    if said := against_key(settings):
        fail(said, Exit.USAGE)
    if said := about_key(settings):
        warn(said)


def _run_here(settings: "Settings", names: list[str], threads: int | None, lane: str) -> None:
    from gatepost.cli.living import Life, NotReady
    from gatepost.runtime.service import CannotStart

    life = Life(settings, [_loaded(name) for name in names], threads=threads, lane=lane)
    try:
        life.live()
    except (NotReady, CannotStart) as error:
        fail(str(error), Exit.USAGE)


def _loaded(name: str) -> "Service":
    from gatepost.runtime.services import load_service

    try:
        return load_service(name)
    except AttributeError:
        fail(f"the service {name} is installed without a declaration", Exit.USAGE)


def _supervise(names: list[str], processes: int, threads: int | None, lane: str) -> None:
    from gatepost.runtime.processes import Supervisor

    options = [
        *(["--threads", str(threads)] if threads else []),
        *(["--lane", lane] if lane else []),
    ]
    raise typer.Exit(Supervisor(commands(names, processes, options)).run())


def commands(
    names: Sequence[str], processes: int, options: Sequence[str] = ()
) -> list[tuple[str, list[str]]]:
    """A name and a command line for each process; what listens on a port has one in any case."""
    from gatepost.runtime.processes import own_command

    found = []
    for name in names:
        many = processes if processes == 1 or not _loaded(name).listens else 1
        for number in range(1, many + 1):
            each = f"{name}-{number}" if many > 1 else name
            found.append((each, own_command("run", name, *options)))
    return found
