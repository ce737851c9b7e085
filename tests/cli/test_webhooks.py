"""``gatepost webhook``: made, tried out, replayed and ended, against a notifier that runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from gatepost.ledger import schema
from gatepost.ledger.directory_file import apply, parse
from gatepost.runtime import sweeping
from gatepost.runtime.program import Program
from gatepost.runtime.services import load_service
from gatepost.runtime.settings import Settings
from gatepost_sandbox import upstream
from tests.cli.conftest import Gatepost
from tests.receiver import SECRET_KEY, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The database of a notifier that runs."""
    monkeypatch.setattr(sweeping, "SWEEP_SECONDS", 0.1)
    address = f"sqlite:///{tmp_path}/gatepost.db"
    settings = Settings(database_url=SecretStr(address), secret_key=SecretStr(SECRET_KEY))
    program = Program(settings, [load_service("notifier")])
    schema.upgrade(program.database)
    apply(program.database, parse(upstream.directory()))
    program.start()
    yield address
    program.stop()


def test_a_webhook_s_life_on_the_command_line(
    gatepost: Gatepost, url: str, receiver: Receiver
) -> None:
    # Given a webhook that was added
    known = {"database_url": url, "secret_key": SECRET_KEY}
    said = gatepost(
        "webhook", "add", receiver.url, "--company", "harbor", "--event", "synced,failed",
        "--json", **known,
    )  # fmt: skip
    assert said.code == 0, said.err
    webhook_id, secret = said.json["webhook_id"], said.json["secret"]

    # When it is tried out
    said = gatepost("webhook", "test", webhook_id)

    # Then the endpoint had it, signed
    assert (said.code, said.err) == (0, "the endpoint answered 204\n")
    assert receiver.posted[0].is_signed_with(secret)

    # And it is listed without its secret, with what was posted
    said = gatepost("webhook", "list", "--json")
    assert secret not in said.out
    (listed,) = said.json["items"]
    assert (listed["webhook_id"], listed["state"], "id" in listed) == (webhook_id, "ok", False)
    assert "WEBHOOK ID" in gatepost("webhook", "list").out
    (delivery,) = gatepost("webhook", "deliveries", webhook_id, "--json").json["items"]
    assert (delivery["status"], delivery["response_code"]) == ("delivered", 204)

    # When an event is replayed, then it comes once more
    said = gatepost("webhook", "replay", webhook_id, "--event", delivery["event_id"])
    assert (said.code, said.err) == (0, "1 event will be posted again\n")

    # When the endpoint is out of order, a test says so
    receiver.answers(500, 500)
    said = gatepost("webhook", "test", webhook_id)
    assert said.code == 1
    assert "the endpoint answered 500" in said.err

    # When it is removed, it is gone
    assert gatepost("webhook", "remove", webhook_id).code == 0
    assert gatepost("webhook", "remove", webhook_id).code == 4


@pytest.mark.parametrize(
    ("words", "settings", "code", "said"),
    [
        (("add", "https://x.example"), {"secret_key": ""}, 2, "GATEPOST_SECRET_KEY is missing"),
        (("add", "http://10.0.0.1/"), {}, 1, "may not be called without TLS"),
        (("add", "https://x.example", "--event", "sinked"), {}, 1, "there is no event sinked"),
    ],
)
def test_what_cannot_be_is_said(
    gatepost: Gatepost,
    tmp_path: Path,
    words: tuple[str, ...],
    settings: dict[str, str],
    code: int,
    said: str,
) -> None:
    known = {"database_url": f"sqlite:///{tmp_path}/x.db", "secret_key": SECRET_KEY, **settings}
    found = gatepost("webhook", *words, "--company", "harbor", **known)
    assert found.code == code
    assert said in found.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say which"),
        (("--since", "yesterday"), 2, "yesterday is no time"),
        (("--since", "90m"), 4, "there is no webhook"),
    ],
)
def test_a_replay_says_from_when(
    gatepost: Gatepost, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    nobody = "01800000-0000-7000-8000-000000000000"
    url = f"sqlite:///{tmp_path}/x.db"
    found = gatepost("webhook", "replay", nobody, *words, database_url=url)
    assert (found.code, said in found.err) == (code, True)
