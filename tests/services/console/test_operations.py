"""Signs of life, metrics, the version."""

from __future__ import annotations

from typing import cast

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

import gatepost
from gatepost.ledger.database import Database
from gatepost.runtime.program import Program
from gatepost.runtime.service import CannotStart
from gatepost.runtime.settings import Settings
from gatepost.runtime.transport import InProcess, Transport
from gatepost_console import health
from gatepost_console.serving import Serving
from gatepost_console.settings import ConsoleSettings

from .conftest import House, Source


def _numbers(house: House) -> dict[str, dict[tuple[str, ...], float]]:
    with house.client(None) as client:
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        family.name: {_key(sample.labels): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(answer.text)
    }


def _key(labels: dict[str, str]) -> tuple[str, ...]:
    return tuple(labels[name] for name in sorted(labels))


def test_signs_of_life_need_no_token(house: House) -> None:
    with house.client(None) as client:
        assert client.get("/livez").text == "ok\n"
        assert client.get("/version").json() == {"version": gatepost.__version__}
        assert client.get("/readyz").json() == {"ready": True}
        checks = client.get("/readyz", params={"verbose": 1}).json()["checks"]
    assert [check["name"] for check in checks] == ["database", "migrations", "transport"]
    assert all(check["ok"] for check in checks)


def test_metrics_count_what_is_in_the_database(house: House, source: Source) -> None:
    before = _numbers(house)["gatepost_items"].get(("commitment", "sent"), 0)
    source.sent()
    now = _numbers(house)
    assert now["gatepost_items"]["commitment", "sent"] == before + 1
    assert now["gatepost_build_info"][gatepost.__version__,] == 1
    assert now["gatepost_connection_open"]["harbor", "books"] == 0
    assert now["gatepost_connection_paused"]["harbor", "books"] == 0
    assert now["gatepost_mails"]["waiting",] > 0
    for name in ("messages_parked", "oldest_message_age_seconds", "quarantine"):
        assert now["gatepost_" + name][()] >= 0
    assert "gatepost_messages_waiting" in now
    services = house.until(lambda: _numbers(house).get("gatepost_workers"))
    assert services["intake",] == services["console",] == 1


def test_metrics_in_the_other_form(house: House) -> None:
    with house.client(None) as client:
        answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.text.endswith("# EOF\n")


def test_a_worker_that_beats_is_alive(house: House) -> None:
    alive = house.until(lambda: health.workers(house.program.database))
    assert alive["intake"] == 1
    assert "notifier" not in alive


def test_a_schema_that_is_behind_is_no_readiness(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    checks = {c.name: c for c in health.readiness(database, cast("Transport", InProcess()))}
    assert checks["database"].ok
    assert not checks["migrations"].ok
    assert "gatepost db upgrade" in checks["migrations"].detail
    database.close()


def test_a_database_that_is_away_is_no_readiness_and_no_secret(tmp_path: object) -> None:
    database = Database(f"postgresql+psycopg://me:swordfish@127.0.0.1:1/{tmp_path}")
    checks = health.readiness(database, cast("Transport", InProcess()))
    assert [check.ok for check in checks] == [False, False, True]
    assert "swordfish" not in str(checks)
    database.close()


def test_a_console_that_is_not_ready_says_so(tmp_path: object) -> None:
    program = Program(Settings(database_url=SecretStr(f"sqlite:///{tmp_path}/empty.db")), [])
    serving = Serving(program, ConsoleSettings(http_port=0))
    serving.start()
    try:
        answer = httpx.get(f"http://127.0.0.1:{serving.port}/readyz")
        with pytest.raises(CannotStart, match="in use; GATEPOST_HTTP_PORT names the port"):
            Serving(program, ConsoleSettings(http_port=serving.port)).start()
    finally:
        serving.stop()
        program.database.close()
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert [part["name"] for part in answer.json()["checks"] if not part["ok"]] == ["migrations"]
