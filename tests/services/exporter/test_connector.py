"""The sandbox connector over real HTTP: each behaviour of an ERP becomes its error, and no other."""

import contextlib
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gatepost.connectors import errors
from gatepost.connectors.errors import ConnectorError
from gatepost.connectors.port import ExportItem, Found
from gatepost.domain.drift import differences
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost_exporter import sandbox as connector_module
from gatepost_exporter.sandbox import SandboxConfig, SandboxConnector
from gatepost_sandbox.behaviour import Behaviour, Mode
from gatepost_sandbox.serving import Sandbox

TIMEOUT = 0.3
#: Longer than the time-out: the answer, if any, comes too late.
LATE = {"delay": 0.5}
SOON = {"delay": 0.01}


def connector(url: str) -> SandboxConnector:
    return SandboxConnector(SandboxConfig(url=url, timeout=TIMEOUT))


def an_invoice(**changes: Any) -> ExportItem:
    mark = str(uuid.uuid4())
    values: dict[str, Any] = {
        "mark": mark,
        "key": f"{mark}:1",
        "kind": Kind.INVOICE,
        "external_id": mark,
        "revision": 1,
        "number": mark[:20],
        "title": "Steel",
        "content": {"lines": [{"commitment_line": "l-1", "amount": "1.00"}], "total": "1.00"},
    }
    return ExportItem(**{**values, **changes})


@pytest.mark.parametrize(
    ("mode", "more", "error", "written"),
    [
        ("down", {}, errors.Unavailable, 0),
        ("busy", {}, errors.Busy, 0),
        ("rate_limited", {"retry_after": 7}, errors.Busy, 0),
        # It was executed, and nobody heard.
        ("slow", LATE, errors.OutcomeUnknown, 1),
        ("timeout_after", LATE, errors.OutcomeUnknown, 1),
        ("timeout_after", SOON, errors.OutcomeUnknown, 1),
        ("garbage_after", {}, errors.OutcomeUnknown, 1),
        # It was not, but who could tell?
        ("timeout_before", LATE, errors.OutcomeUnknown, 0),
        ("garbage", {}, errors.OutcomeUnknown, 0),
        # An honest answer, though late: surely not executed.
        ("timeout_before", SOON, errors.Unavailable, 0),
        # Refused, with the code of the reason.
        ("refuse", {"code": "period_closed"}, errors.PeriodClosed, 0),
        ("refuse", {"code": "duplicate_number"}, errors.DuplicateFound, 0),
        ("refuse", {"code": "parent_not_found"}, errors.ReferenceNotFound, 0),
        ("refuse", {"code": "vendor_not_found"}, errors.ReferenceNotFound, 0),
        ("refuse", {"code": "customer_not_found"}, errors.ReferenceNotFound, 0),
        ("refuse", {"code": "of its own"}, errors.ValidationFailed, 0),
    ],
)
def test_a_behaviour_becomes_its_error(
    sandbox: Sandbox, mode: str, more: dict[str, Any], error: type[ConnectorError], written: int
) -> None:
    # Given an ERP that behaves so
    sandbox.switch.turn(Behaviour(mode=Mode(mode), **more))
    item = an_invoice()

    # When an invoice is written, then it is this very error, and the books are as expected
    with pytest.raises(ConnectorError) as raised:
        connector(sandbox.http_url).create(item)
    assert type(raised.value) is error
    assert len(sandbox.books.records(mark=item.mark)) == written


def test_a_record_that_is_written_has_an_origin_line_by_line(sandbox: Sandbox) -> None:
    origin = connector(sandbox.http_url).create(an_invoice())
    assert origin.id.startswith("BILL-")
    assert origin.lines == (("l-1", f"{origin.id}-1"),)


def test_an_answer_that_is_late_but_not_too_late_counts(sandbox: Sandbox) -> None:
    sandbox.switch.turn(Behaviour(mode=Mode.SLOW, delay=0.05))
    assert connector(sandbox.http_url).create(an_invoice()).id


def test_a_rate_limit_says_how_long_to_wait(sandbox: Sandbox) -> None:
    sandbox.switch.turn(Behaviour(mode=Mode.RATE_LIMITED, retry_after=7))
    with pytest.raises(errors.Busy) as raised:
        connector(sandbox.http_url).create(an_invoice())
    assert raised.value.retry_after == 7.0


def test_a_refusal_carries_the_erps_own_code_and_sentence(sandbox: Sandbox) -> None:
    sandbox.switch.turn(Behaviour(mode=Mode.REFUSE, code="period_closed", message="Closed."))
    with pytest.raises(errors.PeriodClosed) as raised:
        connector(sandbox.http_url).create(an_invoice())
    assert (raised.value.erp_code, raised.value.message) == ("period_closed", "Closed.")


def test_the_books_own_refusals_are_told_apart(sandbox: Sandbox) -> None:
    erp = connector(sandbox.http_url)
    first = an_invoice()
    erp.create(first)
    with pytest.raises(errors.DuplicateFound):
        erp.create(an_invoice(number=first.number))
    with pytest.raises(errors.ReferenceNotFound):
        erp.create(an_invoice(parent_origin=Origin("PO-404")))
    with pytest.raises(errors.ReferenceNotFound):
        erp.create(an_invoice(vendor_origin="V-404"))
    with pytest.raises(errors.ValidationFailed):
        erp.create(an_invoice(number="x" * 31))


def test_an_update_changes_the_record_it_names(sandbox: Sandbox) -> None:
    erp = connector(sandbox.http_url)
    item = an_invoice()
    origin = erp.create(item)
    again = erp.update(
        an_invoice(mark=item.mark, number=item.number, revision=2, origin=origin, title="Changed")
    )
    assert again.id == origin.id
    assert again.lines == origin.lines
    [record] = sandbox.books.records(mark=item.mark)
    assert (record["title"], record["revision"], record["version"]) == ("Changed", 2, 2)


@pytest.mark.parametrize("mode", ["down", "timeout_before", "garbage", "rate_limited"])
def test_a_question_that_is_not_answered_is_never_a_no(sandbox: Sandbox, mode: str) -> None:
    # Given a record, and an ERP that does not answer questions
    erp = connector(sandbox.http_url)
    item = an_invoice()
    erp.create(item)
    sandbox.switch.turn(Behaviour(mode=Mode(mode), delay=0.5))

    # When it is asked, then nobody concludes that there is none
    with pytest.raises(errors.Transient):
        erp.resolve(item)
    with pytest.raises(errors.Transient):
        erp.find(item.mark, item.kind)


def test_resolving_finds_the_record_and_says_of_which_revision_it_is(sandbox: Sandbox) -> None:
    erp = connector(sandbox.http_url)
    item = an_invoice()
    assert erp.resolve(item) is None
    origin = erp.create(item)
    assert erp.resolve(item) == Found(origin, is_current=True)
    assert erp.resolve(an_invoice(mark=item.mark, revision=2)) == Found(origin, is_current=False)
    assert erp.find(item.mark, item.kind) == [origin]


def test_what_was_written_is_read_back_in_the_words_of_the_preview(sandbox: Sandbox) -> None:
    # Given a record that was written
    erp = connector(sandbox.http_url)
    item = an_invoice()
    origin = erp.create(item)

    # When it is looked up, then it has the fields of the preview, but what only serves Gatepost
    found = erp.look_up(RecordKind.INVOICE, origin.id)
    assert found is not None
    assert (found.origin, found.mark, found.name) == (origin, item.mark, "Steel")
    assert differences(erp.preview(item), found.data) == []
    assert not {"mark", "revision", "id", "version"} & set(found.data)
    assert erp.look_up(RecordKind.INVOICE, "BILL-404") is None


def test_the_records_of_a_kind_are_listed_page_by_page(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_module, "PAGE", 2)
    erp = connector(sandbox.http_url)
    title = str(uuid.uuid4())
    written = [erp.create(an_invoice(title=title)) for _ in range(3)]
    first = erp.list_records(RecordKind.INVOICE, None, title)
    second = erp.list_records(RecordKind.INVOICE, first.next_cursor, title)
    assert [each.origin for each in first.records + second.records] == written
    assert second.next_cursor is None
    vendors = erp.list_records(RecordKind.VENDOR, None, "Aker")
    assert [each.name for each in vendors.records] == ["Aker Steel AS"]


@pytest.mark.parametrize("mode", ["down", "timeout_before", "garbage", "rate_limited"])
def test_a_record_that_cannot_be_looked_up_is_not_said_to_be_gone(
    sandbox: Sandbox, mode: str
) -> None:
    sandbox.switch.turn(Behaviour(mode=Mode(mode), delay=0.5))
    with pytest.raises(errors.Transient):
        connector(sandbox.http_url).look_up(RecordKind.INVOICE, "BILL-1")


def test_several_records_with_one_mark_are_a_persons_business(sandbox: Sandbox) -> None:
    erp = connector(sandbox.http_url)
    item = an_invoice()
    for _ in range(2):
        erp.create(item)
    with pytest.raises(errors.OutcomeUnknown, match="several records"):
        erp.resolve(item)


def test_an_erp_that_is_not_there_was_surely_not_called() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        erp = connector(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(errors.Unavailable):
            erp.create(an_invoice())
        with pytest.raises(errors.Unavailable):
            erp.check()


def test_an_address_that_is_none_is_a_matter_of_settings() -> None:
    with pytest.raises(errors.ConfigurationError):
        connector("ftp://books.example")


@contextmanager
def an_erp_that_answers(answer: bytes) -> Iterator[str]:
    """A server that reads a request, says these bytes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    called, _ = server.accept()
                except OSError:
                    return
                with called, contextlib.suppress(OSError):
                    called.recv(65536)
                    called.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        # Nothing can be written with these credentials.
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", errors.ConfigurationError),
        (b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n{}", errors.ConfigurationError),
        # The ERP cannot hold it.
        (b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", errors.Unsupported),
        (b"HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n", errors.Unsupported),
        # Something broke over there, before or after writing.
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", errors.OutcomeUnknown),
        (b"HTTP/1.1 502 Oops\r\nContent-Length: 0\r\n\r\n", errors.OutcomeUnknown),
        (b"HTTP/1.1 504 Oops\r\nContent-Length: 0\r\n\r\n", errors.OutcomeUnknown),
        # Cut off in the middle of the answer.
        (b'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"id": ', errors.OutcomeUnknown),
        (b"HTTP/1.1 201 Cre", errors.OutcomeUnknown),
        (b"", errors.OutcomeUnknown),
        # No HTTP at all.
        (b"Hello!\r\n\r\n", errors.OutcomeUnknown),
        # It says yes and names no record.
        (b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", errors.OutcomeUnknown),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n[]", errors.OutcomeUnknown),
        (b'HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"id": 7}', errors.OutcomeUnknown),
        (b"HTTP/1.1 204 No Content\r\n\r\n", errors.OutcomeUnknown),
        # Sent somewhere else.
        (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", errors.OutcomeUnknown),
        # A date instead of seconds: our own wait is used.
        (
            b"HTTP/1.1 503 Later\r\nRetry-After: Fri, 31 Dec 2027 23:59:59 GMT\r\n"
            b"Content-Length: 0\r\n\r\n",
            errors.Unavailable,
        ),
    ],
)
def test_an_odd_answer_is_told_apart_too(answer: bytes, error: type[ConnectorError]) -> None:
    with (
        an_erp_that_answers(answer) as url,
        pytest.raises(ConnectorError) as raised,
    ):
        connector(url).create(an_invoice())
    assert type(raised.value) is error
    assert raised.value.retry_after is None


def test_a_connection_that_the_erp_closed_meanwhile_is_opened_anew(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a connector that was used, and an ERP that was restarted since
    erp = connector(sandbox.http_url)
    erp.create(an_invoice())
    sandbox.stop()
    sandbox.start()

    # When it is used again
    def write() -> str:
        return erp.create(an_invoice()).id

    # Then at worst one call does not know what became of it, and the next one is through
    assert tried(write) or tried(write)


def tried(write: Callable[[], str]) -> str:
    try:
        return write()
    except errors.OutcomeUnknown:
        return ""
