"""The service the Web Connector calls, over HTTP: its description, its doorman, its patience with garbage."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from lxml import etree

from gatepost.connectors.quickbooks import parsing
from gatepost.connectors.quickbooks.qwc import NotReachable, password_of, qwc
from gatepost.connectors.quickbooks.soap import OPERATIONS
from gatepost.testing.quickbooks import WebConnector
from tests.connectors.quickbooks_erp import PASSWORD, USER, QuickBooks

WSDL: Final = {"wsdl": "http://schemas.xmlsoap.org/wsdl/",
               "soap": "http://schemas.xmlsoap.org/wsdl/soap/"}  # fmt: skip
ENVELOPE: Final = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'


@pytest.fixture(scope="module")
def quickbooks() -> Iterator[QuickBooks]:
    running = QuickBooks()
    running.web_connector.stop()
    yield running
    running.close()


@pytest.fixture
def caller(quickbooks: QuickBooks) -> WebConnector:
    return quickbooks.web_connector


def test_the_description_names_eight_operations_and_the_address(caller: WebConnector) -> None:
    described = etree.fromstring(caller.request("GET", b"", query="?wsdl"))
    names = {each.get("name") for each in described.findall("wsdl:portType/wsdl:operation", WSDL)}
    assert names == set(OPERATIONS)
    assert len(names) == 8
    address = described.find("wsdl:service/wsdl:port/soap:address", WSDL)
    assert address is not None
    assert address.get("location", "").endswith("/quickbooks/books")


def test_who_calls_is_told_what_this_is_and_old_ones_are_sent_home(caller: WebConnector) -> None:
    assert caller.operation("serverVersion").startswith("Gatepost")
    assert caller.operation("clientVersion", strVersion="2.3.0.215") == ""
    for version in ("2", "", "none of ours"):
        assert caller.operation("clientVersion", strVersion=version) == ""
    assert caller.operation("clientVersion", strVersion="1.5.0.3").startswith("E:")


def test_a_wrong_password_opens_nothing_and_stands_in_no_log(
    caller: WebConnector, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for user, password in ((USER, "guess-4711"), ("acme/other", PASSWORD), ("", "")):
        said = caller.several("authenticate", strUserName=user, strPassword=password)
        assert said == ["", "nvu"]
    out = caplog.text + "".join(capfd.readouterr())
    assert "guess-4711" not in out
    assert PASSWORD not in out


def test_a_ticket_nobody_gave_leads_nowhere(caller: WebConnector) -> None:
    given = {"ticket": "made-up", "response": "<x/>", "hresult": "", "message": ""}
    assert caller.operation("receiveResponseXML", **given) == "-1"
    assert "over" in caller.operation("getLastError", ticket="made-up")
    assert caller.operation("closeConnection", ticket="made-up") == "OK"
    error = {"ticket": "made-up", "hresult": "0x80040408", "message": "no"}
    assert caller.operation("connectionError", **error) == "done"


def test_a_second_web_connector_is_told_to_wait_while_the_first_has_something_in_hand(
    quickbooks: QuickBooks, caller: WebConnector
) -> None:
    # Given a question that the first one has come for, and not answered yet
    with ThreadPoolExecutor(1) as asking:
        said = asking.submit(quickbooks.connector().check)
        first = admitted(caller)
        question = request(caller, first)

        # When another calls by the same name, then it is busy, and the first one goes on
        given = {"strUserName": USER, "strPassword": PASSWORD}
        assert caller.several("authenticate", **given) == ["", "busy"]
        answer = {"response": quickbooks.books.process(question), "hresult": "", "message": ""}
        caller.operation("receiveResponseXML", ticket=first, **answer)
        assert "Acme" in said.result(60)
    caller.operation("closeConnection", ticket=first)

    # But one that has nothing in hand may have been switched off: another takes its place
    with ThreadPoolExecutor(1) as asking:
        said = asking.submit(quickbooks.connector().check)
        first = admitted(caller)
        second = admitted(caller)
        assert request(caller, first) == ""
        answer["response"] = quickbooks.books.process(request(caller, second))
        caller.operation("receiveResponseXML", ticket=second, **answer)
        assert "Acme" in said.result(60)
    caller.operation("closeConnection", ticket=second)


def admitted(caller: WebConnector) -> str:
    """The ticket of a call, once there is something to do."""
    until = time.monotonic() + 60
    while True:
        ticket, said = caller.several("authenticate", strUserName=USER, strPassword=PASSWORD)
        if ticket:
            return ticket
        assert said == "none"
        assert time.monotonic() < until


def request(caller: WebConnector, ticket: str) -> str:
    spoken = {"qbXMLCountry": "US", "qbXMLMajorVers": "13", "qbXMLMinorVers": "0"}
    place = caller.books.path
    return caller.operation("sendRequestXML", ticket=ticket, strHCPResponse="",
                            strCompanyFileName=place, **spoken)  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "cannot be read"),
        ("not XML", "cannot be read"),
        ("<a/>", "no operation"),
        (ENVELOPE + "</e:Body></e:Envelope>", "no operation"),
        (ENVELOPE + '<x:format xmlns:x="http://developer.intuit.com/"/></e:Body></e:Envelope>',
         "no operation"),
        # Right by its name, and somebody else's.
        (ENVELOPE + '<x:authenticate xmlns:x="http://else.example/"/></e:Body></e:Envelope>',
         "no operation"),
        # Entities: neither read, nor blown up, nor fetched.
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "document type"),
        ('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>', "document type"),
        ('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', "document type"),
        ("<a>" * 5000, "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_call_is_answered_by_a_fault(
    caller: WebConnector, body: str, reason: str
) -> None:
    fault = etree.fromstring(caller.request("POST", body.encode() or b" "))
    said = fault.findtext(".//faultstring")
    assert said is not None
    assert reason in said
    assert "root:" not in said


def test_a_body_without_end_is_not_read_to_its_end(
    caller: WebConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = etree.fromstring(caller.request("POST", b"<a>" + b"x" * parsing.LARGEST))
    assert "too large" in str(fault.findtext(".//faultstring"))


def test_an_answer_with_entities_is_not_trusted_either() -> None:
    with pytest.raises(parsing.NotXml):
        parsing.parsed('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    assert parsing.parsed('<?xml version="1.0" encoding="utf-16"?><a>é</a>').text == "é"


def test_the_file_for_the_web_connector_names_no_password() -> None:
    document = etree.fromstring(qwc("acme", "books", "https://gate.acme.example/"))
    assert document.findtext("AppURL") == "https://gate.acme.example/quickbooks/books"
    assert (document.findtext("UserName"), document.findtext("QBType")) == ("acme/books", "QBFS")
    again = etree.fromstring(qwc("acme", "books", "https://gate.acme.example"))
    assert document.findtext("FileID") == again.findtext("FileID")
    other = etree.fromstring(qwc("acme", "other", "https://gate.acme.example"))
    assert document.findtext("FileID") != other.findtext("FileID")
    assert password_of("a key", "acme", "books").encode() not in etree.tostring(document)
    with pytest.raises(NotReachable, match="https only"):
        qwc("acme", "books", "http://gate.acme.example")


def test_each_connection_and_each_salt_has_a_password_of_its_own() -> None:
    passwords = {
        password_of(secret, "acme", key, salt)
        for secret in ("one key", "another")
        for key in ("books", "other")
        for salt in ("", "2")
    }
    assert len(passwords) == 8
    assert all(len(each) == 29 for each in passwords)
