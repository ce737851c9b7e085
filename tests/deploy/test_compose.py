"""docker-compose.yml is read as docker would read it; there need not be a docker here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pika
import pytest
import yaml
from compose_spec import PyCompose

from gatepost.testing.servers import RabbitMQ

ROOT: Final = Path(__file__).resolve().parents[2]
TEXT: Final = (ROOT / "docker-compose.yml").read_text()
#: With every variable at its default, as docker reads it when there is no .env.
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", TEXT))
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

#: The services of Gatepost, as ``gatepost run`` finds them.
OURS: Final = sorted(PROJECT["entry-points"]["gatepost.services"])
ONE_SHOTS: Final = {"migrate": ["db", "upgrade"], "topology": ["topology", "apply"]}
SERVERS: Final = {"postgres", "rabbitmq", "redis"}


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"][name]
    return found


def test_docker_would_take_it() -> None:
    merged = {key: value for key, value in COMPOSE.items() if not key.startswith("x-")}
    read = PyCompose.from_json(json.dumps(merged))
    read.validate()
    assert set(read.service_names()) == {*OURS, *ONE_SHOTS, *SERVERS}


def test_it_has_a_name_and_no_version() -> None:
    assert COMPOSE["name"] == "gatepost"
    assert "version" not in COMPOSE


@pytest.mark.parametrize("name", OURS)
def test_each_service_runs_itself_and_is_asked_for_its_health(name: str) -> None:
    assert service(name)["command"] == ["run", name]
    assert service(name)["healthcheck"]["test"] == ["CMD", "gatepost", "health", name]


@pytest.mark.parametrize("name", OURS)
def test_each_service_waits_for_the_servers_and_the_one_shots(name: str) -> None:
    waits = {other: how["condition"] for other, how in service(name)["depends_on"].items()}
    assert waits == dict.fromkeys(SERVERS, "service_healthy") | dict.fromkeys(
        ONE_SHOTS, "service_completed_successfully"
    )
    assert all("healthcheck" in service(server) for server in SERVERS)


@pytest.mark.parametrize(("name", "command"), ONE_SHOTS.items())
def test_a_one_shot_is_not_started_again(name: str, command: list[str]) -> None:
    assert service(name)["command"] == command
    assert service(name)["restart"] == "no"


def test_an_exporter_can_be_one_of_many() -> None:
    assert not {"container_name", "ports", "hostname"} & service("exporter").keys()


def test_only_the_demo_has_the_sandbox() -> None:
    with_profiles = {name for name in COMPOSE["services"] if service(name).get("profiles")}
    assert with_profiles == {"sandbox"}


@pytest.mark.parametrize("name", [*OURS, *ONE_SHOTS])
def test_no_service_can_write_to_its_image_or_gain_rights(name: str) -> None:
    assert service(name)["read_only"]
    assert service(name)["init"]
    assert service(name)["cap_drop"] == ["ALL"]
    assert service(name)["security_opt"] == ["no-new-privileges:true"]


def test_nothing_is_open_to_other_machines() -> None:
    ports = [port for name in COMPOSE["services"] for port in service(name).get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_is_an_environment_variable() -> None:
    secret = {name for name in COMPOSE["secrets"] if name.startswith("gatepost_")}
    for name in COMPOSE["services"]:
        environment = {key.lower() for key in service(name).get("environment", {})}
        assert not environment & {*secret, "postgres_password", "rabbitmq_default_pass"}


def test_every_secret_is_written_by_make_secrets_and_stays(tmp_path: Path) -> None:
    _make_secrets(tmp_path)
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert {f"secrets/{name}" for name in written} == {
        secret["file"] for secret in COMPOSE["secrets"].values()
    }
    _make_secrets(tmp_path)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == written


def test_what_is_set_in_the_example_is_asked_for_by_the_file() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert all(f"${{{name}:-" in TEXT for name in names if name != "COMPOSE_PROFILES")


@pytest.mark.servers
def test_the_broker_takes_the_definitions_and_its_limits_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEPOST_TEST_AMQP_URL", raising=False)
    _make_secrets(tmp_path / "secrets")
    with RabbitMQ.start(tmp_path) as broker:
        # Given a broker that has taken in what compose gives it
        broker.ctl("import_definitions", str(tmp_path / "secrets" / "rabbitmq_definitions"))

        # When Gatepost's own user declares queues
        url = (tmp_path / "secrets" / "gatepost_amqp_url").read_text()
        url = url.replace("rabbitmq:5672", f"127.0.0.1:{broker.port}")
        connection = pika.BlockingConnection(pika.URLParameters(url))
        for queue in ("intake", "export.slow", "failed-to-export", "somebody.elses"):
            arguments = {"x-queue-type": "quorum"}
            connection.channel().queue_declare(queue, durable=True, arguments=arguments)
        connection.close()

        # Then the policies are on them
        listed = broker.ctl("list_queues", "name", "policy", "--formatter=json", "--quiet")
        assert {queue["name"]: queue["policy"] for queue in json.loads(listed)} == {
            "intake": "gatepost-work",
            "export.slow": "gatepost-work",
            "failed-to-export": "gatepost-failed-to-export",
            "somebody.elses": "",
        }


def _make_secrets(folder: Path) -> None:
    script = str(ROOT / "scripts" / "make_secrets.py")
    subprocess.run([sys.executable, script, str(folder)], check=True, capture_output=True)
