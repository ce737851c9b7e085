"""What an operator keeps: the schema, the topology, the directory, tokens, settings."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from gatepost_sandbox import upstream
from tests.cli.conftest import Gatepost

SECRET = "a-long-and-random-text-of-some-length"


def test_the_schema_is_upgraded_and_checked(gatepost: Gatepost) -> None:
    behind = gatepost("db", "check", "--json")
    assert (behind.code, behind.json["is_current"]) == (1, False)
    assert gatepost("db", "upgrade").code == 0
    assert gatepost("db", "check").code == 0
    assert gatepost("db", "check", "--json").json["is_current"] is True


def test_the_counts_of_the_lists_are_checked_and_put_right(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    # Given counts that somebody has changed by hand
    gatepost("db", "upgrade", database_url=f"sqlite:///{tmp_path}/gatepost.db")
    with sqlite3.connect(tmp_path / "gatepost.db") as database:
        database.execute("insert into list_counts values ('acme', 'synced', 'invoice', 3)")
    database.close()

    # Then the check says which, and how to put them right
    said = gatepost("db", "check")
    assert said.code == 1
    assert "acme: synced counts 3 invoice, 0 stand on it" in said.out
    assert "gatepost db recount" in said.err
    (wrong,) = gatepost("db", "check", "--json").json["wrong_counts"]
    assert (wrong["counted"], wrong["standing"]) == (3, 0)

    # And that puts them right
    assert "counts put right: 1" in gatepost("db", "recount").err
    assert gatepost("db", "check").code == 0
    assert "were right" in gatepost("db", "recount").err


def test_on_servers_a_schema_that_is_behind_is_not_upgraded_by_itself(gatepost: Gatepost) -> None:
    said = gatepost("items", "list", amqp_url="amqp://127.0.0.1:9")
    assert said.code == 1
    assert "gatepost db upgrade" in said.err


def test_the_topology_is_shown(gatepost: Gatepost) -> None:
    document = gatepost("topology", "show", "--json").json
    assert "gatepost.items" in [each["name"] for each in document["exchanges"]]
    assert "failed-to-export" in [each["name"] for each in document["queues"]]
    assert "gatepost.items -> intake" in gatepost("topology", "show").out


def test_without_rabbitmq_no_topology_is_applied(gatepost: Gatepost) -> None:
    said = gatepost("topology", "apply")
    assert said.code == 2
    assert "GATEPOST_AMQP_URL" in said.err


def test_rabbitmq_that_is_away_is_said_in_a_sentence(gatepost: Gatepost) -> None:
    said = gatepost("topology", "apply", amqp_url="amqp://127.0.0.1:9")
    assert said.code == 1
    assert "RabbitMQ" in said.err


def test_a_directory_is_applied_and_shown(gatepost: Gatepost, tmp_path: Path) -> None:
    file = tmp_path / "harbor.toml"
    file.write_text(upstream.directory())
    assert "6 people" in gatepost("directory", "apply", file).err
    assert gatepost("directory", "apply", "-", stdin=upstream.directory()).code == 0
    assert "Harbor Builders" in gatepost("directory", "show").out
    found = gatepost("directory", "show", "--json")
    (company,) = found.json["companies"]
    assert company["connection"]["key"] == "books"
    assert "options" not in company["connection"], "they may hold credentials"
    assert gatepost("directory", "show", "--company", "nobody").code == 4


def test_a_directory_with_mistakes_is_refused_with_all_of_them(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    file = tmp_path / "harbor.toml"
    file.write_text('[company]\nkey = "a/b"\nname = "A"\n[[people]]\nname = "X"\n')
    said = gatepost("directory", "apply", file)
    assert said.code == 1
    assert f"{file}:2: company.key: " in said.err
    assert f"{file}:4: people[0].email: it is missing" in said.err
    found = gatepost("directory", "apply", file, "--json").json["problems"]
    assert [(each["line"], each["field"]) for each in found] == [
        (2, "company.key"),
        (4, "people[0].email"),
    ]
    assert gatepost("directory", "apply", tmp_path / "missing.toml").code == 1


def test_a_dry_run_shows_what_would_change_and_a_second_run_changes_nothing(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    # Given a directory that was applied, and a file that differs from it
    gatepost("directory", "apply", "-", stdin=upstream.directory())
    assert "nothing changes" in gatepost("directory", "apply", "-", stdin=upstream.directory()).err
    file = tmp_path / "harbor.toml"
    text = upstream.directory().replace('name = "Harbor Builders"', 'name = "Harbor AS"')
    file.write_text(text.replace('url = "http://', 'url = "http://me:hunter2@'))
    # When it is only looked at
    planned = gatepost("directory", "apply", file, "--dry-run")
    # Then every change is shown, without what may be secret, and none is made
    assert '~ company: name "Harbor Builders" -> "Harbor AS"' in planned.out.splitlines()
    assert "~ connections books: options.url changed" in planned.out.splitlines()
    assert "hunter2" not in planned.out + planned.err
    assert "Harbor Builders" in gatepost("directory", "show").out
    # And applying it makes the same changes
    applied = gatepost("directory", "apply", file, "--json").json["companies"][0]
    assert (applied["applied"], len(applied["changes"])) == (True, 2)
    assert "Harbor AS" in gatepost("directory", "show").out


def test_of_several_files_none_is_applied_when_one_has_a_mistake(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('[company]\nkey = "one"\nname = "One"\n')
    bad.write_text('[company]\nkey = "two"\n')
    assert gatepost("directory", "apply", good, bad).code == 1
    assert gatepost("directory", "show", "--json").json["companies"] == []
    bad.write_text('[company]\nkey = "two"\nname = "Two"\n')
    assert gatepost("directory", "apply", good, bad).code == 0
    assert len(gatepost("directory", "show", "--json").json["companies"]) == 2


def test_a_profile_that_is_not_there_is_refused_with_those_that_are(gatepost: Gatepost) -> None:
    # Given a directory whose connection has its rules from elsewhere
    of_sage = 'connector = "sandbox"\nprofile = "sage_100"'
    elsewhere = upstream.directory().replace('connector = "sandbox"', of_sage)
    # When the profile is there, it is taken; when not, the answer names those that are
    assert gatepost("directory", "apply", "-", stdin=elsewhere).code == 0
    said = gatepost("directory", "apply", "-", stdin=elsewhere.replace("sage_100", "sage_101"))
    assert said.code == 1
    assert "there is no profile sage_101; there are acumatica, " in said.err


def test_a_token_is_made_listed_and_ended(gatepost: Gatepost) -> None:
    gatepost("directory", "apply", "-", stdin=upstream.directory())
    made = gatepost("token", "create", "--company", "harbor", "--scope", "items:send", "--json")
    assert made.json["token"].startswith("gp_")
    (token,) = gatepost("token", "list", "--json").json["items"]
    assert token["scopes"] == ["items:send"]
    assert gatepost("token", "revoke", token["id"]).code == 0
    assert gatepost("token", "list", "--json").json["items"][0]["revoked_at"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "--company", "nobody", "--scope", "admin"), 4),
        (("create", "--company", "harbor", "--scope", "everything"), 2),
        (("create", "--company", "harbor"), 2),
        (("revoke", "nonsense"), 4),
    ],
)
def test_a_token_is_refused(gatepost: Gatepost, arguments: tuple[str, ...], code: int) -> None:
    assert gatepost("token", *arguments).code == code


def test_settings_are_shown_with_their_source_and_without_secrets(
    gatepost: Gatepost, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(SECRET)
    url = "amqp://guest:hush@127.0.0.1:9/v"
    said = gatepost("config", "show", "--json", secret_key_file=key, amqp_url=url)
    rows = {row["setting"]: row for row in said.json["items"]}
    assert rows["GATEPOST_SECRET_KEY"]["from"] == "file"
    assert rows["GATEPOST_AMQP_URL"]["from"] == "environment"
    assert rows["GATEPOST_AMQP_URL"]["value"] == "amqp://guest:***@127.0.0.1:9/v"
    assert rows["GATEPOST_EXPORTER_ATTEMPTS"] == {
        **rows["GATEPOST_EXPORTER_ATTEMPTS"], "from": "default", "of": "exporter", "value": 6,
    }  # fmt: skip
    assert "GATEPOST_SANDBOX_HTTP_PORT" in rows
    assert SECRET not in said.out
    assert "hush" not in said.out


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"secret_key": SECRET}, 0, ""),
        ({}, 1, "GATEPOST_SECRET_KEY is missing"),
        ({"secret_key": "changeme"}, 1, "placeholder"),
        ({"secret_key": " "}, 1, "GATEPOST_SECRET_KEY is missing"),
        ({"secret_key": "short"}, 0, "fewer than"),  # it starts, and says so
        ({"secret_key": SECRET, "amqp_url": "amqp://mq"}, 0, "change its directory: who approves"),
        ({"secret_key": SECRET, "amqp_url": "amqp://mq", "intake_publishers": '{"pm": []}'}, 0, ""),
        ({"secret_key": SECRET, "handler_attempts": "many"}, 1, "GATEPOST_HANDLER_ATTEMPTS"),
        ({"secret_key": SECRET, "exporter_calls": "0"}, 1, "GATEPOST_EXPORTER_CALLS"),
        ({"secret_key": SECRET, "database_url": "mysql://x/y"}, 1, "GATEPOST_DATABASE_URL"),
        ({"secret_key": SECRET, "amqp_url": "kafka://x"}, 1, "GATEPOST_AMQP_URL"),
        ({"secret_key": SECRET, "datbase_url": "typo"}, 0, "GATEPOST_DATBASE_URL"),
    ],
)
def test_settings_are_checked(
    gatepost: Gatepost, settings: dict[str, str], code: int, words: str
) -> None:
    said = gatepost("config", "check", **settings)
    assert said.code == code, said.err
    assert words in said.err
    assert words or not said.err


def test_a_setting_the_exporter_will_have_is_not_called_unknown(gatepost: Gatepost) -> None:
    said = gatepost(
        "config", "check", secret_key=SECRET, exporter_http_port="8082", exporter_htp="x"
    )
    assert "GATEPOST_EXPORTER_HTP is set, but no setting has that name" in said.err
    assert "GATEPOST_EXPORTER_HTTP_PORT" not in said.err


def test_a_list_is_plain_where_nobody_looks(gatepost: Gatepost) -> None:
    gatepost("directory", "apply", "-", stdin=upstream.directory())
    said = gatepost("connection", "list")
    assert "\x1b" not in said.out
    assert said.out.splitlines()[0].split()[:2] == ["COMPANY", "KEY"]
    assert json.loads(gatepost("connection", "list", "--json").out)["items"][0]["key"] == "books"
