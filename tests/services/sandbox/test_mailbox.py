"""Mails over a real wire, read back by programs and by people."""

import asyncio
import re
import smtplib
import threading
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx
import pytest

from gatepost_sandbox.mailbox import KEPT, Mailbox, opened
from gatepost_sandbox.serving import Sandbox

JSON = {"Accept": "application/json"}


def letter(subject: str = "Ready to export: Commitment SC-1001") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Gatepost <gatepost@harbor.example>"
    mail["To"] = "Ann Ode <ann@harbor.example>"
    mail["Subject"] = subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("Aker Steel AS, 12 400,00 – über Nacht\n\n.a line with a dot\n")
    mail.add_alternative("<p>Aker Steel AS <a href='http://127.0.0.1/'>Review</a></p>", "html")
    return mail


def posted(sandbox: Sandbox, mail: EmailMessage, *also: str) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.settings.smtp_port, timeout=120) as post:
        post.send_message(mail, to_addrs=["ann@harbor.example", *also])


def mails(erp: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = erp.get("/mailbox", headers=JSON).json()["mails"]
    return found


def test_a_mail_is_kept_in_its_parts(sandbox: Sandbox, erp: httpx.Client) -> None:
    # When a mail with a text and an HTML part is posted, with a reader its headers do not name
    posted(sandbox, letter("Prüfen: SC-1001"), "omar@harbor.example")

    # Then each part can be read by itself
    (mail,) = mails(erp)
    assert mail["from"] == "gatepost@harbor.example"
    assert mail["to"] == ["ann@harbor.example", "omar@harbor.example"]
    assert mail["subject"] == "Prüfen: SC-1001"
    assert mail["headers"]["Auto-Submitted"] == "auto-generated"
    assert mail["text"] == "Aker Steel AS, 12 400,00 – über Nacht\n\n.a line with a dot\n"
    assert "Review</a>" in mail["html"]


def test_mails_are_in_the_order_they_were_posted_and_can_be_cleared(
    sandbox: Sandbox, erp: httpx.Client
) -> None:
    for number in range(3):
        posted(sandbox, letter(f"mail {number}"))
    assert [mail["subject"] for mail in mails(erp)] == ["mail 0", "mail 1", "mail 2"]
    assert erp.delete("/mailbox").status_code == 204
    assert mails(erp) == []


def test_many_mails_may_come_at_once(sandbox: Sandbox, erp: httpx.Client) -> None:
    async def post_all() -> None:
        port = sandbox.settings.smtp_port
        letters = [letter(f"mail {number}") for number in range(20)]
        posts = [aiosmtplib.send(one, hostname="127.0.0.1", port=port) for one in letters]
        await asyncio.gather(*posts)

    asyncio.run(post_all())
    assert len({mail["subject"] for mail in mails(erp)}) == 20


def test_the_page_shows_the_newest_first_and_runs_nothing(
    sandbox: Sandbox, erp: httpx.Client
) -> None:
    # Given two mails, one with a nasty subject
    posted(sandbox, letter("first"))
    posted(sandbox, letter("<script>alert(1)</script>"))

    # When a person opens the mailbox
    page = erp.get("/mailbox", headers={"Accept": "text/html"})

    # Then the newest is on top, nothing is markup that should be text, and the policy is strict
    subjects = re.findall(r'class="mail-subject">(.*)</strong>', page.text)
    assert subjects == ["&lt;script&gt;alert(1)&lt;/script&gt;", "first"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]

    # And the mail itself can be seen as a mail program shows it
    frame = re.findall(r'<iframe src="(/mailbox/\d+)"[^>]*sandbox="allow-popups', page.text)[0]
    mail = erp.get(frame)
    assert "Review</a>" in mail.text
    assert (
        '<base target="_blank">' in mail.text
    )  # its links open beside it: nobody frames the console
    assert "default-src 'none'" in mail.headers["content-security-policy"]
    assert erp.get("/mailbox/999999").status_code == 404


@pytest.mark.parametrize("code", [451, 550])
def test_the_server_refuses_when_told_to_and_then_takes_mails_again(
    sandbox: Sandbox, erp: httpx.Client, code: int
) -> None:
    # Given a server told to refuse the next mail
    asked = {"mode": "refuse", "code": code, "for_next": 1}
    assert erp.put("/mailbox/behaviour", json=asked).json()["code"] == code

    # When two mails come, the first is refused with that code
    with pytest.raises(smtplib.SMTPDataError) as refused:
        posted(sandbox, letter("first"))
    assert refused.value.smtp_code == code
    posted(sandbox, letter("second"))

    # Then only the second is kept
    assert [mail["subject"] for mail in mails(erp)] == ["second"]


def test_refusing_can_be_asked_for_in_the_same_process(sandbox: Sandbox) -> None:
    sandbox.mailbox.refuse_next(2, code=554)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError, match="554"):
            posted(sandbox, letter())
    posted(sandbox, letter())
    assert len(sandbox.mailbox.mails()) == 1


def test_a_server_that_hangs_keeps_nothing(sandbox: Sandbox, erp: httpx.Client) -> None:
    erp.put("/mailbox/behaviour", json={"mode": "hang", "for_next": 1})
    with (
        pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
        smtplib.SMTP("127.0.0.1", sandbox.settings.smtp_port, timeout=2) as post,
    ):
        post.send_message(letter())
    assert mails(erp) == []
    assert erp.get("/mailbox/behaviour").json()["mode"] == "ok"


def test_a_hanging_server_gives_up_after_its_delay(sandbox: Sandbox, erp: httpx.Client) -> None:
    erp.put("/mailbox/behaviour", json={"mode": "hang", "delay": 0.05, "for_next": 1})
    with pytest.raises(smtplib.SMTPResponseException, match="421"):
        posted(sandbox, letter())


def test_only_the_last_mails_are_kept(sandbox: Sandbox) -> None:
    # Given a mailbox that was filled past its limit, from two threads
    def fill(mailbox: Mailbox) -> None:
        for number in range(KEPT // 2 + 5):
            mailbox.keep({"subject": str(number)})

    writers = [threading.Thread(target=fill, args=(sandbox.mailbox,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    # Then the oldest are gone
    assert len(sandbox.mailbox.mails()) == KEPT


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"Subject: bare\r\n\r\nhello\r\n", "hello\n"),
        (b"Content-Type: text/plain; charset=klingon\r\n\r\nhello\r\n", "hello\n"),
        (b"Content-Type: text/plain; charset=us-ascii\r\n\r\nh\xe9llo", "h\ufffdllo"),
        (b"", ""),
    ],
)
def test_an_ill_made_mail_is_read_as_far_as_it_goes(content: bytes, text: str) -> None:
    mail = opened(content, "gatepost@harbor.example", ["ann@harbor.example"])
    assert mail["text"] == text
    assert mail["from"] == "gatepost@harbor.example"


def test_bytes_that_are_no_text_do_not_spoil_the_mailbox(
    sandbox: Sandbox, erp: httpx.Client
) -> None:
    # When a mail comes with raw bytes in its subject and in its recipient
    with smtplib.SMTP("127.0.0.1", sandbox.settings.smtp_port, timeout=120) as post:
        post.ehlo()
        post.mail("gatepost@harbor.example")
        post.send(b"RCPT TO:<\xff@harbor.example>\r\n")
        assert post.getreply()[0] == 250
        assert post.data(b"Subject: h\xe9llo\r\n\r\nhello\r\n")[0] == 250

    # Then it can be read, with a mark where the bytes were
    (mail,) = mails(erp)
    assert mail["to"] == ["?@harbor.example"]
    assert mail["subject"] == "h\ufffdllo"
