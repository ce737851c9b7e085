"""What people do with items from the command line, on a running embedded program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from gatepost.cli.events import read_events
from gatepost.ledger.tables import heartbeats
from gatepost.runtime.sweeping import worker_name
from tests.cli.conftest import Gate, Gatepost, Said, catalogue, eventually

ANN = ("--as", "ann@harbor.example")


@pytest.fixture
def cli(gate: Gate, gatepost: Gatepost) -> Iterator[Gatepost]:
    def run(*arguments: object, **more: object) -> Said:
        return gatepost(*arguments, **{"database_url": gate.database_url, **more})

    gate.sandbox.switch.put({"mode": "ok"})
    yield run
    gate.sandbox.switch.put({"mode": "ok"})


def _send(cli: Gatepost, *names: str) -> None:
    cli("send", "-", stdin=catalogue(*names))
    for name in names:
        eventually(lambda name=name: name in cli("items", "list", "--limit", 500).out)  # type: ignore[misc]


def _state(cli: Gatepost, subject: str) -> str:
    return str(cli("items", "show", subject, "--json").json["state"])


def _into_the_erp(cli: Gatepost, *subjects: str) -> None:
    cli("accept", *subjects, *ANN)
    for subject in subjects:
        eventually(lambda subject=subject: _state(cli, subject) == "synced")  # type: ignore[misc]


def test_send_accept_and_show(cli: Gatepost) -> None:
    _send(cli, "pm-12", "pm-551")
    project, commitment = "harbor/project/pm-12", "harbor/commitment/pm-551"
    said = cli("accept", project, commitment, *ANN, "--entry", "erp_numbr=E-1")
    assert said.code == 1, "it is wrong, not forbidden"
    assert "the sandbox ERP has no entry erp_numbr here; it asks for erp_number" in said.out
    assert cli("accept", project, *ANN).code == 0
    said = cli("accept", commitment, *ANN, "--entry", "erp_number=E-1")
    assert (said.code, said.out.count("done")) == (0, 1), said.err
    eventually(lambda: _state(cli, "harbor/commitment/pm-551") == "synced")
    shown = cli("items", "show", "harbor/commitment/pm-551", "--json").json
    assert shown["entries"] == {"erp_number": "E-1"}
    done = [row["what"] for row in shown["history"]]
    assert done == ["sent", "accept refused", "accepted", "synced"]
    text = cli("items", "show", shown["item_id"]).out
    assert "Aker" not in text
    assert "accept by ann@harbor.example" in text


def test_show_tells_what_a_person_may_do_and_who_can_grant_the_rest(cli: Gatepost) -> None:
    _send(cli, "pm-553")
    item = "harbor/commitment/pm-553"
    ann = cli("items", "show", item, *ANN).out
    assert "what ann@harbor.example may do" in ann
    assert "  accept" in ann.splitlines()
    assert "not take_back: a sent item cannot be taken back" in ann
    rita = cli("items", "show", item, "--as", "rita@harbor.example").out
    assert "not accept: Rita" in rita
    assert "can grant it in the company's directory" in rita
    shown = cli("items", "show", item, "--as", "rita@harbor.example", "--json").json
    assert shown["may"]["accept"]["allowed"] is False
    assert cli("items", "show", item, "--as", "nobody@harbor.example").code == 4
    again = cli("accept", "harbor/commitment/pm-551", *ANN)
    assert (again.code, "unchanged" in again.out) == (0, True)


def test_lists_are_narrowed_and_wrong_names_refused(cli: Gatepost) -> None:
    listed = cli("items", "list", "--list", "synced", "--kind", "project", "--json").json
    assert {row["kind"] for row in listed["items"]} <= {"project"}
    assert listed["next_cursor"] is None
    assert cli("items", "list", "--list", "nonsense").code == 2
    assert cli("items", "list", "--kind", "nonsense").code == 2
    for command in (("items", "list"), ("failed", "list"), ("token", "list")):
        said = cli(*command, "--company", "nope")
        assert (said.code, "there is no company nope here" in said.err) == (4, True)
    assert cli("items", "show", "harbor/commitment/nobody").code == 4
    assert cli("items", "show", "nonsense").code == 4


def test_a_list_is_searched_and_read_page_by_page(cli: Gatepost) -> None:
    _send(cli, "pm-551", "pm-552")
    everything = cli("items", "list", "--company", "harbor", "--json").json["items"]

    # Page by page, all are seen once
    seen, cursor = [], None
    while True:
        more = ("--cursor", cursor) if cursor else ()
        page = cli("items", "list", "--company", "harbor", "--limit", 1, *more, "--json").json
        seen += [item["item_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [item["item_id"] for item in everything]
    assert "--cursor" in cli("items", "list", "--limit", 1).err

    # By words, and by project
    (item,) = (item for item in everything if item["external_id"] == "pm-552")
    found = cli("items", "list", "--search", item["number"], "--json").json["items"]
    assert [each["item_id"] for each in found] == [item["item_id"]]
    found = cli("items", "list", "--project", item["project"], "--json").json["items"]
    assert {each["project"] for each in found} == {item["project"]}
    for name in ("--search", "--q"):
        assert "no items" in cli("items", "list", name, "zebra").err
    assert cli("items", "list", "--cursor", "nonsense").code == 2


def test_reject_needs_a_comment_and_a_right(cli: Gatepost) -> None:
    _send(cli, "pm-552")
    subject = "harbor/commitment/pm-552"
    assert cli("reject", subject, *ANN).code == 1, "it lacks its comment"
    refused = cli("reject", subject, "--as", "rita@harbor.example", "--comment", "no", "--json")
    assert refused.code == 4
    (item,) = refused.json["items"]
    assert item["outcome"] == "not_entitled"
    assert "Rita Holm lacks" in item["errors"][0]["message"]
    assert cli("reject", subject, *ANN, "--comment", "the vendor is wrong").code == 0
    assert _state(cli, subject) == "rejected"
    contrary = cli("accept", subject, "--as", "bo@harbor.example")
    assert (contrary.code, "rejected it first" in contrary.out) == (1, True)


def test_of_several_only_a_part_is_done(cli: Gatepost) -> None:
    _send(cli, "pm-203")
    said = cli("accept", "harbor/sub_job/pm-203", "harbor/sub_job/nobody", *ANN)
    assert said.code == 3
    assert "done" in said.out
    assert "there is no item" in said.out


def test_retrieve(cli: Gatepost) -> None:
    _send(cli, "pm-554")
    assert cli("retrieve", "harbor/commitment/pm-554", "--as", "uma@harbor.example").code == 0
    assert _state(cli, "harbor/commitment/pm-554") == "retrieved"
    assert cli("retrieve", "harbor/commitment/pm-551", "--as", "uma@harbor.example").code == 4
    # Without a name it is done for whoever sent it, listed or not
    event = json.loads(catalogue("pm-555"))
    event["data"]["sent_by"] = {"email": "sam@elsewhere.example", "name": "Sam"}
    cli("send", "-", stdin=json.dumps(event))
    subject = "harbor/commitment/pm-555"
    eventually(lambda: subject in cli("items", "list", "--limit", 500).out)
    assert cli("retrieve", subject, "--as", "kit@elsewhere.example").code == 4
    assert cli("retrieve", subject, "harbor/commitment/nobody").code == 3
    done = cli("items", "show", subject, "--json").json["history"][-1]
    assert (done["what"], done["by"], done["channel"]) == (
        "retrieved", "sam@elsewhere.example", "cli",
    )  # fmt: skip
    assert cli("accept", "harbor/commitment/pm-554", *ANN, "--entry", "nonsense").code == 2


def test_a_failure_is_listed_by_cause_and_retried(cli: Gatepost, gate: Gate) -> None:
    assert cli("failed", "list", "--json").json == {"items": []}
    _send(cli, "pm-12", "pm-553")
    _into_the_erp(cli, "harbor/project/pm-12")
    gate.sandbox.switch.put({"mode": "refuse", "code": "period_closed"})
    cli("accept", "harbor/commitment/pm-553", *ANN)
    eventually(lambda: _state(cli, "harbor/commitment/pm-553") == "failed")
    (group,) = cli("failed", "list", "--by-cause", "--json").json["items"]
    assert (group["cause"], group["count"]) == ("PeriodClosed:period_closed", 1)
    assert "harbor/commitment/pm-553" in cli("failed", "list").out
    assert cli("failed", "list", "--json").json["items"][0]["cause"]["class"] == "PeriodClosed"
    gate.sandbox.switch.put({"mode": "ok"})
    assert cli("failed", "retry", "--cause", "nonsense", *ANN).code == 4
    assert cli("failed", "retry", *ANN).code == 2
    assert cli("failed", "retry", "--cause", group["cause"], "--rate", "much", *ANN).code == 2
    omar = ("--as", "omar@harbor.example")
    assert cli("failed", "retry", "--cause", group["cause"], "--rate", "600/min", *omar).code == 0
    eventually(lambda: _state(cli, "harbor/commitment/pm-553") == "synced")


def test_what_may_not_be_sent_is_refused_quarantined_and_replayed(cli: Gatepost) -> None:
    lines = catalogue("pm-12", "pm-207") + '\n"nonsense"\nnot json\n'
    said = cli("send", "-", "--json", stdin=lines)
    assert said.code == 3
    assert said.json["sent"] == 1
    reasons = [each["reason"] for each in said.json["refused"]]
    assert any("38 characters" in reason for reason in reasons)
    assert "\nline 4  refused: not JSON" in said.err
    kept = cli("quarantine", "list", "--json").json["items"][0]  # it is there when it is told
    assert kept["subject"] in cli("quarantine", "list").out
    assert kept["reason"] == "not_sendable"
    assert "38 characters" in cli("quarantine", "list").out
    assert "pm-207" in cli("quarantine", "show", kept["id"]).out
    assert "pm-207" in cli("quarantine", "show", kept["id"], "--json").json["body"]
    before = cli("quarantine", "list", "--json").json["items"]
    for _ in range(2):
        assert cli("quarantine", "replay", kept["id"]).code == 0
        eventually(lambda: cli("quarantine", "list", "--json").json["items"] == before)
    assert cli("quarantine", "replay", "nonsense").code == 4
    assert cli("quarantine", "show", "nonsense").code == 4


def test_all_refused_is_a_failure_and_nothing_a_usage_error(cli: Gatepost) -> None:
    before = cli("quarantine", "list", "--json").json
    assert cli("send", "-", stdin="{}").code == 1
    assert cli("quarantine", "list", "--json").json == before, "what is no event is sent nowhere"
    assert cli("send", "-", stdin="").code == 2
    assert cli("send", "-", "--via", "pigeon", stdin="{}").code == 2
    assert cli("send", "-", "--via", "amqp", stdin="{}").code == 2
    assert cli("send", "missing.jsonl").code == 1


def test_a_document_of_several_lines_and_a_list_are_read(cli: Gatepost) -> None:
    event = json.loads(catalogue("pm-12"))
    assert "1 sent" in cli("send", "-", stdin=json.dumps(event, indent=2)).err
    assert "2 sent" in cli("send", "-", stdin=json.dumps([event, event])).err


def test_a_connection_is_paused_and_resumed_at_once(cli: Gatepost) -> None:
    _send(cli, "pm-12", "pm-204")
    _into_the_erp(cli, "harbor/project/pm-12")
    assert cli("connection", "pause", "books", "--because", "the books are moved").code == 0
    assert cli("connection", "list", "--json").json["items"][0]["paused"] is True
    cli("accept", "harbor/sub_job/pm-204", *ANN)
    eventually(lambda: "the books are moved" in cli("items", "show", "harbor/sub_job/pm-204").out)
    resumed = cli("connection", "resume", "harbor/books")
    assert "1 export waited" in resumed.err
    eventually(
        lambda: _state(cli, "harbor/sub_job/pm-204") == "synced", 30.0
    )  # by itself it would look in a minute
    assert cli("connection", "pause", "nonsense").code == 4
    assert cli("connection", "check", "nonsense").code == 4


def test_an_erp_that_is_down_is_said_to_be(gate: Gate) -> None:
    gate.sandbox.switch.put({"mode": "ok"})
    command = [sys.executable, "-m", "gatepost.cli", "connection", "check", "books", "--json"]
    ran = subprocess.run(
        command,
        env={**os.environ, "GATEPOST_DATABASE_URL": gate.database_url},
        capture_output=True,
        text=True,
    )
    checked = json.loads(ran.stdout)
    assert checked["company"] == "harbor"
    assert ran.returncode == (0 if checked["works"] else 1)


def test_the_same_revision_with_other_content_is_refused_at_once(cli: Gatepost) -> None:
    _send(cli, "pm-12", "pm-556")
    event = json.loads(catalogue("pm-556"))
    event |= {"id": "another"}
    event["data"]["title"] = "Another title"
    said = cli("send", "-", stdin=json.dumps(event))
    assert (said.code, "revision 1 came before with other content" in said.err) == (1, True)


def test_a_worker_whose_process_is_gone_is_dead_at_once(cli: Gatepost, gate: Gate) -> None:
    # Given two workers that beat just now: one is killed and not yet buried, one is another's host's
    killed = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = worker_name("notifier").rpartition(":")[0]
    elsewhere = f"notifier@elsewhere:{os.getpid()}"
    for worker in (f"{name}:{killed.pid}", elsewhere):
        _beat(gate, worker)
    assert cli("health", "notifier").code == 0
    # When it is killed, then it is dead at once
    killed.kill()
    eventually(lambda: psutil.Process(killed.pid).status() == psutil.STATUS_ZOMBIE)
    said = cli("health", "notifier")
    assert (said.code, "its process is gone" in said.err) == (1, True)
    killed.communicate()
    (worker,) = cli("health", "notifier", "--json").json["workers"]
    assert (worker["alive"], worker["process"]) == (False, "gone")
    # And one whose process is there is dead after three beats it has missed
    _beat(gate, f"{name}:{os.getpid()}", ago=10)
    assert cli("health", "notifier").code == 0
    _beat(gate, f"{name}:{os.getpid()}", ago=16)
    assert cli("health", "notifier").code == 1
    with gate.program.database.transaction() as connection:
        connection.execute(sa.delete(heartbeats).where(heartbeats.c.service == "notifier"))


def _beat(gate: Gate, worker: str, *, ago: float = 0) -> None:
    with gate.program.ledger.work() as work:
        at = work.now - timedelta(seconds=ago)
        row = {"worker": worker, "service": "notifier", "version": "1", "started_at": at}
        work.connection.execute(sa.delete(heartbeats).where(heartbeats.c.worker == worker))
        work.connection.execute(sa.insert(heartbeats).values(**row, beat_at=at))


def test_health_tells_the_living_from_the_rest(cli: Gatepost) -> None:
    eventually(lambda: cli("health", "approval").code == 0)
    assert cli("health", "approval", "--json").json["alive"] is True
    said = cli("health", "notifier")
    assert (said.code, "no worker of notifier" in said.err) == (1, True)
    assert cli("health", "nonsense").code == 4


def test_a_line_of_a_file_of_events_ends_at_a_line_feed_and_nowhere_else(tmp_path: Path) -> None:
    # Given events in a file with Windows' line ends, and a text with line breaks of other kinds
    event = json.loads(catalogue("pm-12"))
    event["data"]["content"]["name"] = odd = "tower\u2028B\u2029of\x85steel"
    lines = [json.dumps(event, ensure_ascii=False), catalogue("pm-551"), ""]
    file = tmp_path / "x.jsonl"
    file.write_bytes("\r\n".join(lines).encode())

    # Then each is one event, as it was written
    first, second = read_events(str(file))
    assert first.document["data"]["content"]["name"] == odd
    assert second.document["data"]["external_id"] == "pm-551"
