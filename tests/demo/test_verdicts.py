"""The demo's check fails when something is missing: each verdict is shown a world that lacks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gatepost.cli.stage import Broken, Stage
from gatepost.runtime.services import load_service
from gatepost.runtime.settings import Settings
from gatepost.testing.servers.processes import free_port
from gatepost_sandbox.play import HarborBridge
from gatepost_sandbox.verdicts import Judge, Verdict

QUICK = {
    "EXPORTER_FIRST_WAIT": "0.3", "EXPORTER_BREAKER_FAILURES": "2", "EXPORTER_BREAKER_WAIT": "1",
    "NOTIFIER_FIRST_WAIT": "0.2", "INTAKE_PARENT_PATIENCE": "1",
}  # fmt: skip
SERVICES = ("intake", "approval", "exporter", "notifier", "console")


class World:
    """The story, played once; what is left of it can be changed before it is judged."""

    def __init__(self, folder: Path, services: tuple[str, ...]) -> None:
        self.play = HarborBridge(any_port=True)
        self.play.sandbox.settings = self.play.sandbox.settings.model_copy(
            update={"data": folder / "sandbox.db"}
        )
        with pytest.MonkeyPatch.context() as patch:
            port = str(free_port())
            own = {"DATABASE_URL": f"sqlite:///{folder}/g.db", "SECRET_KEY": "of this world"}
            own |= {"HTTP_PORT": port, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
            for name, value in (QUICK | own).items():
                patch.setenv(f"GATEPOST_{name}", value)
            for name, value in self.play.start().items():
                patch.setenv(name, value)
            forget_settings()
            declared = [load_service(name) for name in services]
            self.stage = Stage(Settings(), declared, self.play, tell=lambda *_: None, hurried=True)
            self.stage.start(lambda _: None)

    def judge(self) -> Judge:
        return Judge(self.stage, self.play._story, self.play.sandbox)

    def close(self) -> None:
        self.stage.stop()
        self.play.stop()
        forget_settings()


def forget_settings() -> None:
    """Services read their settings once; here each world has its own."""
    from gatepost_intake.settings import intake_settings
    from gatepost_notifier.settings import notifier_settings, public_url

    for read in (intake_settings, notifier_settings, public_url):
        read.cache_clear()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - a generator of worlds
    world = World(tmp_path_factory.mktemp("world"), SERVICES)
    world.play.perform(world.stage)
    world.stage.until(lambda: not world.stage.messages_left(), "an empty ledger")
    yield world
    world.close()


def _failed(verdicts: list[Verdict]) -> set[str]:
    return {each.what for each in verdicts if not each.holds}


def test_all_hold_after_the_story(world: World) -> None:
    assert not _failed(list(world.judge().verdicts()))


def test_a_mail_that_is_missing_is_seen(world: World) -> None:
    judge = world.judge()
    alerts = [mail for mail in judge._mails if "SC-1001" in mail["subject"]]
    judge._mails.remove(alerts[0])
    assert _failed(list(judge.verdicts())) == {"both approvers were alerted to each"}


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        ("Rejection", "rejected: creator and sender have the comment"),
        ("Failed To Export", "refused by the ERP: failed, told, retried"),
    ],
)
def test_a_mail_to_one_person_less_is_seen(world: World, subject: str, verdict: str) -> None:
    judge = world.judge()
    judge._mails.remove(next(mail for mail in judge._mails if subject in mail["subject"]))
    assert _failed(list(judge.verdicts())) == {verdict}


def test_a_summary_to_one_person_less_is_seen(world: World) -> None:
    judge = world.judge()
    judge._mails.remove(next(mail for mail in judge._mails if "Summary" in mail["subject"]))
    assert _failed(list(judge.verdicts())) == {"the next morning: the daily summary"}


def test_one_alert_too_many_is_seen(world: World) -> None:
    judge = world.judge()
    judge._mails.append(next(mail for mail in judge._mails if "SC-1002" in mail["subject"]))
    assert _failed(list(judge.verdicts())) == {"resent after the reject: no further alert"}


def test_a_record_written_twice_is_seen(world: World) -> None:
    judge = world.judge()
    judge._records.append(dict(judge._records_of("answer lost")[0], id="CO-99"))
    assert _failed(list(judge.verdicts())) == {
        "an answer is lost: found by its mark", "nothing is in the ERP twice",
    }  # fmt: skip


def test_a_record_that_is_missing_is_seen(world: World) -> None:
    judge = world.judge()
    judge._records.remove(judge._records_of("accepted")[0])
    assert _failed(list(judge.verdicts())) == {
        "accepted: synced, one record", "nothing is in the ERP twice",
    }  # fmt: skip


def test_without_a_notifier_the_story_breaks_and_says_where(tmp_path: Path) -> None:
    world = World(tmp_path, tuple(name for name in SERVICES if name != "notifier"))
    world.stage.until = lambda condition, what, seconds=20.0: Stage.until(  # type: ignore[method-assign]
        world.stage, condition, what, min(seconds, 2.0)
    )
    with pytest.raises(Broken, match="the mail"):
        world.play.perform(world.stage)
    failed = _failed(list(world.judge().verdicts()))
    world.close()
    assert {"accepted: synced, one record", "both approvers were alerted to each"} <= failed


def test_a_verdict_is_a_value() -> None:
    verdict = Verdict("what", "found", holds=True)
    assert not replace(verdict, holds=False).holds
