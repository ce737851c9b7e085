"""Settings: from variables, from files that variables name, from a folder of secrets."""

from pathlib import Path

import pytest
from pydantic_settings import SettingsConfigDict

from gatepost.runtime.settings import Settings
from gatepost_exporter.settings import ExporterSettings
from gatepost_intake.settings import IntakeSettings

SECRET = "postgresql+psycopg://gatepost:hunter2@db/gatepost"


def test_without_anything_everything_stays_in_one_process() -> None:
    settings = Settings()
    assert settings.is_embedded
    assert settings.database_url.get_secret_value().startswith("sqlite:///")


def test_a_variable_sets_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_AMQP_URL", "amqp://guest:guest@rabbit")
    monkeypatch.setenv("GATEPOST_HANDLER_ATTEMPTS", "7")
    assert not Settings().is_embedded
    assert Settings().handler_attempts == 7


def test_a_value_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a file, as secrets are often given to containers
    (tmp_path / "url").write_text(f"{SECRET}\n")
    monkeypatch.setenv("GATEPOST_DATABASE_URL_FILE", str(tmp_path / "url"))

    # Then its content is the value, without the end of its line
    assert Settings().database_url.get_secret_value() == SECRET

    # And a variable with the value itself goes before it
    monkeypatch.setenv("GATEPOST_DATABASE_URL", "sqlite:///other.db")
    assert Settings().database_url.get_secret_value() == "sqlite:///other.db"


def test_a_file_that_is_missing_is_no_silent_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_DATABASE_URL_FILE", "/not/there")
    with pytest.raises(FileNotFoundError):
        Settings()


def test_a_services_own_setting_may_stand_in_a_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given files for settings of two services, one of them a document
    (tmp_path / "attempts").write_text("9\n")
    (tmp_path / "publishers").write_text('{"pm": ["acme"]}')
    monkeypatch.setenv("GATEPOST_EXPORTER_ATTEMPTS_FILE", str(tmp_path / "attempts"))
    monkeypatch.setenv("GATEPOST_INTAKE_PUBLISHERS_FILE", str(tmp_path / "publishers"))

    # Then they are read under the names their variables have
    assert ExporterSettings().attempts == 9
    assert IntakeSettings().publishers == {"pm": ["acme"]}


def test_a_file_for_everybody_is_not_a_services_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "batch").write_text("3")
    monkeypatch.setenv("GATEPOST_BATCH_FILE", str(tmp_path / "batch"))
    assert IntakeSettings().batch == 200


def test_values_may_stand_in_a_folder_of_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a folder of secrets, as docker and podman mount it
    (tmp_path / "gatepost_database_url").write_text(SECRET)

    class Mounted(Settings):
        model_config = SettingsConfigDict(secrets_dir=tmp_path)

    # Then a file of the variable's name is its value; a variable goes before it
    assert Mounted().database_url.get_secret_value() == SECRET
    monkeypatch.setenv("GATEPOST_DATABASE_URL", "sqlite:///other.db")
    assert Mounted().database_url.get_secret_value() == "sqlite:///other.db"


@pytest.mark.parametrize("name", ["database_url", "amqp_url", "redis_url", "secret_key"])
def test_secrets_are_never_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"GATEPOST_{name.upper()}", "amqp://user:hunter2@host")
    settings = Settings()
    shown = [
        repr(settings),
        str(settings),
        f"{getattr(settings, name)}",
        settings.model_dump_json(),
    ]
    assert all("hunter2" not in each for each in shown)


@pytest.mark.parametrize(
    ("name", "value"),
    [("REDELIVERY_SECONDS", "0"), ("HANDLER_ATTEMPTS", "0"), ("HANDLER_ATTEMPTS", "many")],
)
def test_a_value_that_cannot_be_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"GATEPOST_{name}", value)
    with pytest.raises(ValueError, match=name.lower()):
        Settings()


def test_a_variable_of_another_program_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Settings()
    monkeypatch.setenv("GATEPOST_SOMETHING_NEW", "1")
    assert Settings() == usual
