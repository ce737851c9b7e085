"""Where mails go, read from the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gatepost_notifier.settings import NotifierSettings

PLAIN = {
    "hostname": "mail.example",
    "port": 25,
    "username": None,
    "password": None,
    "use_tls": False,
    "start_tls": False,
}


@pytest.mark.parametrize(
    ("url", "differs"),
    [
        ("smtp://mail.example", {}),
        ("smtps://mail.example", {"port": 465, "use_tls": True}),
        ("smtp+starttls://mail.example", {"port": 587, "start_tls": True}),
        ("smtp://[::1]:2525", {"hostname": "::1", "port": 2525}),
        ("smtp://ann:p%40ss%2F@mail.example", {"username": "ann", "password": "p@ss/"}),
    ],
)
def test_a_mail_server_is_named_by_its_url(
    environment: pytest.MonkeyPatch, url: str, differs: dict[str, object]
) -> None:
    environment.setenv("GATEPOST_SMTP_URL", url)
    assert NotifierSettings().server == {**PLAIN, **differs}


@pytest.mark.parametrize("url", ["mail.example:25", "http://mail.example", "smtp://", "smtp://h:x"])
def test_what_is_no_mail_server_is_refused_without_telling_the_password(
    environment: pytest.MonkeyPatch, url: str
) -> None:
    environment.setenv("GATEPOST_SMTP_URL", url.replace("//", "//ann:secret@"))
    with pytest.raises(ValidationError, match="smtp://host:port") as refused:
        NotifierSettings()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", [None, ""])
def test_without_a_url_there_is_no_mail_server(
    environment: pytest.MonkeyPatch, url: str | None
) -> None:
    if url is not None:
        environment.setenv("GATEPOST_SMTP_URL", url)
    assert NotifierSettings().server is None


@pytest.mark.parametrize(
    ("sender", "address", "name"),
    [
        ("gatepost@localhost", "gatepost@localhost", ""),
        ("ERP Gate <erp@acme.example>", "erp@acme.example", "ERP Gate"),
    ],
)
def test_the_sender_may_have_a_name(sender: str, address: str, name: str) -> None:
    found = NotifierSettings(mail_from=sender).sender
    assert (found.addr_spec, found.display_name) == (address, name)


@pytest.mark.parametrize("sender", ["", "Gatepost", "Gatepost <gatepost>", "a@b\r\nBcc: c@d"])
def test_a_sender_without_an_address_is_refused(sender: str) -> None:
    with pytest.raises(ValidationError):
        NotifierSettings(mail_from=sender)


def test_the_url_may_come_from_a_file_of_secrets(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("smtp://mail.example\n")
    environment.setenv("GATEPOST_SMTP_URL_FILE", str(tmp_path / "url"))
    assert NotifierSettings().server == PLAIN
