"""``gatepost connection`` with an ERP that calls in."""

from pathlib import Path

import pytest
from lxml import etree

from gatepost.connectors.quickbooks.qwc import password_of
from tests.cli.conftest import Gatepost

SECRET = "a-long-and-random-text-of-some-length"
DIRECTORY = """
[company]
key = "acme"
name = "Acme Builders"
[[connections]]
key = "books"
connector = "quickbooks_desktop"
"""


@pytest.fixture
def connected(gatepost: Gatepost, tmp_path: Path) -> Gatepost:
    (tmp_path / "acme.toml").write_text(DIRECTORY)
    url = f"sqlite:///{tmp_path}/gatepost.db"
    gatepost("db", "upgrade", database_url=url, secret_key=SECRET)
    assert gatepost("directory", "apply", "acme.toml").code == 0
    return gatepost


def test_the_file_for_the_web_connector_is_made_and_its_password_shown_beside_it(
    connected: Gatepost, tmp_path: Path
) -> None:
    # When the file is asked for, then it stands alone on the output
    said = connected("connection", "qwc", "books")
    document = etree.fromstring(said.out.encode())
    assert document.findtext("AppURL") == "http://localhost:8082/quickbooks/books"
    assert document.findtext("UserName") == "acme/books"

    # And the password, which is the one the exporter wants, is not in it
    password = password_of(SECRET, "acme", "books")
    assert password in said.err
    assert password not in said.out

    # And it can be written where it is wanted, for another address
    asked = ("connection", "qwc", "acme/books", "--url", "https://gate.example", "--out", "b.qwc")
    assert connected(*asked).code == 0
    written = etree.fromstring((tmp_path / "b.qwc").read_bytes())
    assert written.findtext("AppURL") == "https://gate.example/quickbooks/books"


def test_the_file_names_the_port_the_exporter_listens_on(
    connected: Gatepost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value, wanted in (
        ("GATEPOST_EXPORTER_HTTP_PORT", "9182", "http://localhost:9182/"),
        ("GATEPOST_EXPORTER_PUBLIC_URL", "https://gate.example", "https://gate.example/"),
    ):
        monkeypatch.setenv(name, value)
        document = etree.fromstring(connected("connection", "qwc", "books").out.encode())
        assert document.findtext("AppURL") == f"{wanted}quickbooks/books"


def test_an_address_no_web_connector_would_call_is_refused(connected: Gatepost) -> None:
    said = connected("connection", "qwc", "books", "--url", "http://gate.example")
    assert (said.code, "https only" in said.err) == (2, True)


def test_a_connection_to_another_erp_has_no_such_file(connected: Gatepost, tmp_path: Path) -> None:
    other = DIRECTORY.replace('"quickbooks_desktop"', '"sandbox"\noptions = { url = "http://x" }')
    (tmp_path / "acme.toml").write_text(other)
    connected("directory", "apply", "acme.toml")
    said = connected("connection", "qwc", "books")
    assert (said.code, "not to QuickBooks" in said.err) == (2, True)


def test_an_erp_that_has_not_called_says_so(connected: Gatepost) -> None:
    said = connected("connection", "check", "books")
    assert (said.code, "has not called yet" in said.out) == (1, True)
    (row,) = connected("connection", "list", "--json").json["items"]
    assert (row["waits"], row["last_contact_at"]) == ("", None)

    # And a pause is said beside it
    connected("connection", "pause", "books", "--because", "year end")
    said = connected("connection", "check", "books")
    assert (said.code, "it is paused: year end" in said.out) == (1, True)


def test_an_erp_that_gives_no_lists_says_so_and_is_asked_for_none(
    connected: Gatepost, tmp_path: Path
) -> None:
    drop = f'"file_drop"\noptions = {{ folder = "{tmp_path}" }}'
    (tmp_path / "acme.toml").write_text(DIRECTORY.replace('"quickbooks_desktop"', drop))
    connected("directory", "apply", "acme.toml")
    said = connected("connection", "refresh", "books")
    assert (said.code, "cannot be asked for lists" in said.err) == (4, True)
    said = connected("connection", "options", "books", "customer")
    assert "enter the id it has in the ERP" in said.err
