"""``gatepost demo``: everything in one process, with an ERP to play with."""

import os
import shutil
import signal
import sys
import tempfile
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gatepost.cli.demo_folder import (
    alone,
    clear,
    demo_settings,
    free_port,
    sandbox_ports,
    secret_in,
)
from gatepost.cli.talking import Exit, fail, say, show

if TYPE_CHECKING:
    from gatepost.cli.keys import Keys
    from gatepost.cli.stage import Play, Stage
    from gatepost.cli.telling import Telling
    from gatepost.runtime.service import Service

FOLDER: Final = Path(".demo")


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Nobody watches: no pauses, nothing to try.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Play the story afresh, print a verdict, and end.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what an earlier demo left in ./.demo.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, help="Of the console; another one if it is taken."
        ),
    ] = 8080,
) -> None:
    """Everything in one process, with an ERP to play with.

    State is kept in ./.demo: a second demo goes on where the first one ended.
    """
    if check:
        with tempfile.TemporaryDirectory(prefix="gatepost-demo-") as folder:
            code = _play(Path(folder), port=0, hurried=True, checked=True)
    else:
        code = _play(FOLDER, port=port, hurried=headless, fresh=fresh)
    raise typer.Exit(code)


def _play(
    folder: Path, *, port: int, hurried: bool, checked: bool = False, fresh: bool = False
) -> Exit:
    begun = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= demo_settings(folder, free_port(port))
    with alone():
        if not checked:
            os.environ |= sandbox_ports()
        if fresh:
            clear(folder)
        os.environ["GATEPOST_SECRET_KEY"] = secret_in(folder)
        return _run(folder, begun=begun, hurried=hurried, checked=checked)


def _run(folder: Path, *, begun: float, hurried: bool, checked: bool) -> Exit:
    from gatepost.cli.stage import Stage
    from gatepost.cli.telling import Telling
    from gatepost.runtime import logs
    from gatepost.runtime.service import CannotStart
    from gatepost.runtime.settings import Settings

    services, play = _installed(folder, any_port=checked)
    log = (folder / "demo.log").open("a", encoding="utf-8")
    logs.set_up("json", "info", stream=log)
    os.environ |= play.start()
    stage = Stage(
        Settings(), services, play, tell=lambda *line: telling.tell(*line), hurried=hurried
    )
    telling = Telling(stage.program.database)
    keys = _keys(stage, play)
    _end_on_signals(stage, keys)
    try:
        stage.start(telling.hear)
        telling.start()
        _introduce(folder, stage, play, begun)
        if not hurried:
            keys.start()
        return _perform(stage, play, hurried=hurried, checked=checked)
    except CannotStart as error:
        fail(str(error), Exit.USAGE)
    finally:
        keys.stop()
        _close(stage, play, telling, folder, checked=checked)
        log.close()


def _perform(stage: "Stage", play: "Play", *, hurried: bool, checked: bool) -> Exit:
    from gatepost.cli.stage import Broken, Told

    try:
        play.perform(stage)
    except Told:
        return Exit.FAILED if checked else Exit.OK
    except Broken as broken:
        stage.say("demo", f"the story stops here: {broken} did not happen")
    if checked:
        return _judge(play, stage)
    try:
        if not hurried:
            _suggest(play)
        play.go_on(stage)
    except Told:
        pass
    return Exit.OK


def _judge(play: "Play", stage: "Stage") -> Exit:
    """Print the verdicts; all of them must hold."""
    verdicts = play.verdicts(stage)
    width = max(len(each.what) for each in verdicts)
    show("")
    for each in verdicts:
        show(f"{'ok    ' if each.holds else 'FAILED'}  {each.what:{width}}  {each.found}")
    failed = sum(not each.holds for each in verdicts)
    show(f"\n{len(verdicts) - failed} of {len(verdicts)} hold")
    return Exit.FAILED if failed else Exit.OK


def _installed(folder: Path, *, any_port: bool) -> "tuple[list[Service], Play]":
    """The services that are installed, and what one of them has to play in the demo."""
    from gatepost.runtime.services import load_service, service_names

    services: list[Service] = []
    play: Play | None = None
    for name in service_names():
        try:
            service = load_service(name)
        except AttributeError:
            say(f"{name} is installed without a declaration; left out")
            continue
        if make := getattr(service, "play", None):
            play = make(any_port=any_port)
        else:
            services.append(service)
    if play is None:
        fail("no service is installed that has a demo to play")
    return services, play


def _introduce(folder: Path, stage: "Stage", play: "Play", begun: float) -> None:
    public_url = os.environ["GATEPOST_PUBLIC_URL"]
    names = [service.name for service in stage.program.services]
    show("gatepost demo   one process, SQLite, nothing leaves this machine")
    show(f"  {', '.join(names)}   up after {time.monotonic() - begun:.1f} s; state in {folder}/")
    if "console" in names:
        show(f"\n  Console  {public_url}     sign in with one click\n")
    for name, address, what in play.places():
        show(f"  {name:8} {address:40} {what}")
    if "console" in names:
        show(f"  {'API':8} {public_url + '/openapi.json':40} for programs")
    if "console" in names:
        show(f'  try: curl -H "Authorization: Bearer {stage.token()}" {public_url}/v1/items')
    show("")


def _suggest(play: "Play") -> None:
    database = os.environ["GATEPOST_DATABASE_URL"]
    show(f"\nTry this, in another terminal (export GATEPOST_DATABASE_URL={database}):")
    for sentence, command in play.suggestions(own_name()):
        show(f"  {sentence}\n      {command}")
    show("Ctrl-C ends it; everything is kept\n")


def own_name() -> str:
    """How this very program is called from here: by its name on the PATH, else by its path."""
    program = Path(sys.executable).with_name("gatepost")
    if shutil.which("gatepost") == str(program):
        return "gatepost"
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)


def _keys(stage: "Stage", play: "Play") -> "Keys":
    """What whoever sits before the demo may press."""
    from gatepost.cli.keys import Key, Keys, has_screen

    keys = [
        Key("f", "fail or heal the ERP", lambda: stage.say("ERP", play.fail_or_heal())),
        Key("n", "next morning (daily summary)", stage.next_morning),
    ]
    if has_screen():
        url = os.environ["GATEPOST_PUBLIC_URL"]
        keys.append(Key("o", "open the console", lambda: webbrowser.open(url)))
    return Keys([*keys, Key("q", "quit", stage.end)])


def _end_on_signals(stage: "Stage", keys: "Keys") -> None:
    def end(number: int, _frame: object) -> None:
        if stage.is_ending:
            keys.stop()
            os._exit(128 + number)
        stage.end()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _close(
    stage: "Stage", play: "Play", telling: "Telling", folder: Path, *, checked: bool
) -> None:
    begun = time.monotonic()
    if stage.is_started:
        telling.stop()
        stage.stop()
    play.stop()
    if not checked:
        show(f"stopped in {time.monotonic() - begun:.1f} s; {folder}/ is kept (--fresh forgets it)")
