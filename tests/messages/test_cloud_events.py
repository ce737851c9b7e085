"""CloudEvents as they come in: both modes, every prefix, and what cannot be understood at all."""

from typing import Any

import orjson
import pytest

from gatepost.messages.cloud_events import SIZE_LIMIT, Unintelligible, read
from gatepost.messages.item_events import check_type
from tests.messages.writing import STRUCTURED, body, data, envelope, event, headers

PREFIXES = ("ce-", "cloudEvents:", "cloudEvents_")


def because(raw: bytes, content_type: str = STRUCTURED, sent: dict[str, Any] | None = None) -> str:
    """The reason why a message is not understood."""
    with pytest.raises(Unintelligible) as refused:
        read(raw, content_type, sent)
    return str(refused.value)


# --- the two modes -------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", [STRUCTURED, STRUCTURED + "; charset=utf-8", ""])
def test_structured_mode_is_the_plain_document(content_type: str) -> None:
    found = read(body(traceparent="00-1-2-01"), content_type)
    assert (found.id, found.source) == ("7f6c", "https://pm.example/acme")
    assert (found.type, found.subject) == ("gatepost.item.sent.v1", "acme/commitment/pm-558")
    assert found.data == data()
    assert found.traceparent == "00-1-2-01"


@pytest.mark.parametrize("prefix", [*PREFIXES, "CE-", "CloudEvents:"])
def test_binary_mode_keeps_the_attributes_in_headers(prefix: str) -> None:
    found = read(orjson.dumps(data()), "application/json", headers(prefix, traceparent="00-1-2-01"))
    assert found == read(body(traceparent="00-1-2-01"), STRUCTURED)


def test_binary_mode_reads_headers_that_came_as_bytes() -> None:
    sent = {name: value.encode() for name, value in headers("ce-").items()}
    assert read(orjson.dumps(data()), "application/json", sent).id == "7f6c"


def test_headers_of_others_are_no_attributes() -> None:
    sent = {**headers("cloudEvents:"), "x-death": [{"count": 3}], "x-delivery-count": 2}
    assert read(orjson.dumps(data()), "application/json", sent).id == "7f6c"
    assert read(body(), STRUCTURED, {"x-delivery-count": 2}).id == "7f6c"


def test_the_content_type_says_which_mode_it_is() -> None:
    sent = headers("ce-", id="from-a-header")
    assert read(body(), STRUCTURED, sent).id == "7f6c"


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", ["id", "source", "type"])
def test_binary_mode_without_an_attribute_is_no_cloud_event(prefix: str, name: str) -> None:
    sent = headers(prefix)
    del sent[prefix + name]
    assert name in because(orjson.dumps(data()), "application/json", sent)


# --- what cannot be understood -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON in UTF-8"),
        (b"{", "not JSON in UTF-8"),
        (b"<item/>", "not JSON in UTF-8"),
        (b'{"id": NaN}', "not JSON in UTF-8"),
        (b'{"id": "\xff\xfe"}', "not JSON in UTF-8"),  # wrong UTF-8
        ('{"id": "é"}'.encode("latin-1"), "not JSON in UTF-8"),
        (body().decode().encode("utf-16"), "not JSON in UTF-8"),
        (rb'{"id": "\ud800"}', "not JSON in UTF-8"),  # half a character
        (b"[" * 100_000, "nested deeper than 64"),  # nested without end
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "nested deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
        (b'{"a":' * 64 + b"1" + b"}" * 64, "without id, source, type"),
        (orjson.dumps({"a": '"[{' * 90}), "without id, source, type"),  # brackets in a text
        (orjson.dumps([[]] * 90), "the document is no JSON object"),  # many, side by side
        (b'["' + b'\\"' * 400_000, "not JSON in UTF-8"),  # a text without end
        (b'{"id": "a\x00b"}', "not JSON in UTF-8"),  # a NUL as it is
        (rb'{"id": "a\u0000b"}', "holds a NUL character"),
        (b"[]", "the document is no JSON object"),
        (orjson.dumps([event()]), "the document is no JSON object"),  # a batch
        (b"null", "the document is no JSON object"),
        (b'"gatepost"', "the document is no JSON object"),
        (b"{}", "without id, source, type"),
        (body(id=""), "without id"),
        (body(id=7, source=None), "without id, source"),
        (body(specversion="0.3"), "CloudEvents 0.3 is not known here; send 1.0"),
        (body(data=None), "the event has no data"),
        (body(data=[]), "the event has no data"),
        (body(data="text"), "the event has no data"),
        (orjson.dumps({k: v for k, v in event().items() if k != "data"}), "the event has no data"),
    ],
)
def test_what_is_no_cloud_event_is_said_so(raw: bytes, reason: str) -> None:
    assert reason in because(raw)


def test_the_same_holds_in_binary_mode() -> None:
    sent = headers("ce-")
    assert "not JSON in UTF-8" in because(b"\xff", "application/json", sent)
    assert "NUL character" in because(rb'{"a": "\u0000"}', "application/json", sent)
    assert "has no data" in because(b"[]", "application/json", sent)
    assert "not a CloudEvent" in because(b"{}", "", headers("ce-", specversion="9"))


@pytest.mark.parametrize("name", ["id", "source", "subject"])
def test_a_header_holds_no_nul_either(name: str) -> None:
    sent = headers("ce-", **{name: "a\0b"})
    assert "NUL character" in because(orjson.dumps(data()), "application/json", sent)


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (body().replace(b'"total":', b'"total":"1.00","total":'), "total"),
        (body().replace(b'"type":', b'"type":"x","type":'), "type"),
        (body().replace(b'"data":', b'"data":{},"data":'), "data"),
        (body().replace(b'"unit":', b'"\\u0075nit":"t","unit":'), "unit"),  # written otherwise
    ],
)
def test_a_document_says_nothing_twice(raw: bytes, key: str) -> None:
    with pytest.raises(Unintelligible, match=f'the key "{key}" twice in one object'):
        read(raw)


def test_other_objects_may_have_the_same_keys() -> None:
    assert read(body(), STRUCTURED).data["created_by"]["email"]
    for depth in (60, 900, 100_000):
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        if depth < 64:
            assert read(body().replace(b'"SC-1001"', deep)).data["number"]
        else:  # refused, and no fault
            with pytest.raises(Unintelligible):
                read(body().replace(b'"SC-1001"', deep))


def test_a_backslash_before_the_letters_of_a_nul_is_no_nul() -> None:
    # the text is \u0000, six characters, as a manual of JSON might have it
    assert read(body(data=data(title="\\u0000"))).data["title"] == "\\u0000"
    assert "NUL character" in because(body(data=data(title="\\\0")))


def test_a_message_is_at_most_1_mib() -> None:
    padding = "x" * (SIZE_LIMIT - len(body(data=data(note=""))))
    largest = body(data=data(note=padding))
    assert len(largest) == SIZE_LIMIT
    assert read(largest).id == "7f6c"
    assert because(largest + b" ") == "the message has 1048577 bytes; the limit is 1048576"


@pytest.mark.parametrize("name", ["id", "source"])
def test_an_identity_is_never_cut(name: str) -> None:
    # two events that differ only beyond the limit are two events
    assert getattr(read(body(**{name: "x" * 300})), name) == "x" * 300
    assert because(body(**{name: "x" * 301})) == (
        f"its {name} has 301 characters; there are at most 300"
    )


# --- types and versions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["gatepost.item.sent.v1", "gatepost.item.retrieved.v1", "gatepost.item.decided.v1"]
)
def test_these_types_are_known(kind: str) -> None:
    check_type(read(body(type=kind)))


def test_an_unknown_major_version_is_named_as_such() -> None:
    with pytest.raises(Unintelligible) as refused:
        check_type(read(body(type="gatepost.item.sent.v2")))
    assert str(refused.value) == (
        "the version of gatepost.item.sent.v2 is not known; known is gatepost.item.sent.v1"
    )


@pytest.mark.parametrize("kind", ["gatepost.item.lost.v1", "com.example.order", "x", "v1", "."])
def test_an_unknown_type_is_told_the_known_ones(kind: str) -> None:
    with pytest.raises(Unintelligible) as refused:
        check_type(read(body(type=kind)))
    assert str(refused.value).startswith(f"the type {kind} is not known; known are gatepost.item.")


def test_the_envelope_of_these_tests_is_the_one_that_is_read() -> None:
    assert read(body()).data == envelope().data
