"""Starting, stopping, dying, and what is left afterwards."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings
from gatepost_sandbox.upstream import catalogue


def spawned(settings: Settings) -> tuple[subprocess.Popen[str], str]:
    at = {"HTTP_PORT": "0", "SMTP_PORT": "0", "DATA": str(settings.data)}
    environment = os.environ | {f"GATEPOST_SANDBOX_{name}": value for name, value in at.items()}
    command = [sys.executable, "-m", "gatepost_sandbox.serving"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.readline().split()
    assert said[4].startswith("smtp://127.0.0.1:")
    return process, said[2]


def test_books_and_mails_outlive_a_restart_on_the_same_ports(settings: Settings) -> None:
    # Given a sandbox with a record and a mail in it
    sandbox = Sandbox(settings).start()
    url = sandbox.http_url
    bill = httpx.post(f"{url}/erp/invoices", json={"number": "INV-1", "mark": "m"}).json()["id"]
    mail = EmailMessage()
    mail["Subject"] = "kept"
    with smtplib.SMTP("127.0.0.1", sandbox.settings.smtp_port) as post:
        post.send_message(mail, "gatepost@harbor.example", ["ann@harbor.example"])

    # When it is stopped and started again
    sandbox.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/livez")
    with sandbox:
        # Then both are still there, under the address they had
        assert httpx.get(f"{url}/erp/invoices/{bill}").json()["number"] == "INV-1"
        assert [mail["subject"] for mail in sandbox.mailbox.mails()] == ["kept"]
        assert httpx.post(f"{url}/erp/invoices", json={"mark": "n"}).json()["id"] == "BILL-2"


def test_a_killed_sandbox_has_lost_nothing_it_acknowledged(settings: Settings) -> None:
    # Given a sandbox in a process of its own, written to by four clients at once
    process, url = spawned(settings)
    acknowledged: list[str] = []

    def write() -> None:
        with httpx.Client(base_url=url, timeout=120) as erp:
            try:
                while True:
                    acknowledged.append(erp.post("/erp/invoices", json={}).json()["id"])
            except httpx.HTTPError:
                return

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()

    # When it is killed in the middle of that
    while len(acknowledged) < 100:
        time.sleep(0.01)
    process.kill()
    process.wait()
    for writer in writers:
        writer.join()

    # Then every record it answered for is in the books
    with Sandbox(settings) as sandbox:
        kept = {record["id"] for record in sandbox.books.records(kind="invoice")}
    assert kept >= set(acknowledged)


def test_a_signal_ends_the_process_cleanly(tmp_path: Path) -> None:
    # Given two sandboxes in processes of their own
    numbers = (signal.SIGTERM, signal.SIGINT)
    both = [spawned(Settings(data=tmp_path / f"{number}.db")) for number in numbers]

    # When each gets its signal
    for number, (process, url) in zip(numbers, both, strict=True):
        assert httpx.get(f"{url}/livez").is_success
        process.send_signal(number)

    # Then both end as if they had ended by themselves
    assert [process.wait(timeout=120) for process, _ in both] == [0, 0]


def test_stopping_is_quick_with_callers_on_every_line(settings: Settings) -> None:
    # Given a sandbox with one client waiting for an answer that is ten minutes away,
    sandbox = Sandbox(settings).start()
    slow = {"mode": "timeout_after", "delay": 600}
    httpx.put(f"{sandbox.http_url}/erp/behaviour", json=slow)
    ends: list[Exception] = []

    def wait_for_an_answer() -> None:
        try:
            httpx.post(f"{sandbox.http_url}/erp/invoices", json={}, timeout=900)
        except httpx.HTTPError as end:
            ends.append(end)

    waiting = threading.Thread(target=wait_for_an_answer)
    waiting.start()
    # an idle one, one that stopped in the middle of a request, and one on the mail server
    idle = httpx.Client(base_url=sandbox.http_url, timeout=120)
    idle.get("/livez")
    halfway = socket.create_connection(("127.0.0.1", sandbox.settings.http_port))
    halfway.sendall(b"POST /erp/invoices HTTP/1.1\r\nHost: erp\r\nContent-Length: 9\r\n\r\n{")
    post = smtplib.SMTP("127.0.0.1", sandbox.settings.smtp_port)
    post.ehlo()
    while not sandbox.books.records():
        time.sleep(0.01)

    # When it is stopped
    begun = time.monotonic()
    sandbox.stop()

    # Then it has waited for none of them, and nobody is left hanging
    assert time.monotonic() - begun < 30
    waiting.join(timeout=120)
    assert len(ends) == 1
    idle.close()
    halfway.close()
    post.close()


def test_a_port_that_is_taken_is_said_at_once(settings: Settings) -> None:
    with Sandbox(settings) as first:
        taken = settings.model_copy(update={"http_port": first.settings.http_port})
        with pytest.raises(OSError, match="in use"):
            Sandbox(taken).start()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_HOST", "HTTP_PORT", "SMTP_HOST", "SMTP_PORT", "DATA"):
        monkeypatch.delenv(f"GATEPOST_SANDBOX_{name}", raising=False)
    assert (Settings().http_port, Settings().smtp_port) == (9009, 9025)
    monkeypatch.setenv("GATEPOST_SANDBOX_HTTP_PORT", "9109")
    assert Settings().http_port == 9109


def test_the_whole_catalogue_fits_into_the_books(settings: Settings) -> None:
    # Given every item but the one that is too long, written as a client would write it
    plain = ("number", "title")
    vendors = {f"v-{number}": f"V-{99 + number}" for number in range(1, 9)}
    ids: dict[str, str] = {}
    with Sandbox(settings) as sandbox, httpx.Client(base_url=sandbox.http_url, timeout=120) as erp:
        for data in (event["data"] for event in catalogue()):
            content, parent = data["content"], ids.get(data["parent"] or data["project"] or "")
            body = content | {name: data[name] for name in plain} | {"parent": parent}
            body |= {"vendor": vendors[content["vendor"]]} if "vendor" in content else {}
            answer = erp.post(f"/erp/{data['kind']}s", json=body | {"mark": data["external_id"]})

            # Then the books take all of them, and that one not
            if len(data["number"]) > 30:
                assert answer.json()["code"] == "too_long"
            else:
                ids[data["external_id"]] = answer.json()["id"]
        assert len(erp.get("/erp/records").json()["records"]) == 47
