"""That what is written is what was shown: whole, line by line, and read back in the same words."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.port import Connector
from gatepost.domain.drift import differences
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance.erp import ErpUnderTest

_LONG: Final = 200  # characters, where the profile names no limit
_HEAD: Final = 6  # characters by which a text that was cut is known again


class ContentsSuite:
    """A part of :class:`ConnectorSuite`."""

    def test_the_preview_is_pure(self, erp: ErpUnderTest, connector: Connector, kind: Kind) -> None:
        item = erp.item(kind)
        with erp.away():
            assert connector.preview(item) == connector.preview(item) != {}
            assert not connector.validate(item)
        assert erp.count(item) == 0

    def test_what_is_read_back_is_what_the_preview_showed(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        shown = connector.preview(item)
        found = connector.look_up(RecordKind(kind), connector.create(item).id)
        assert found is not None
        if not found.data and RecordKind(kind) not in connector.profile.listable:
            pytest.skip(f"it does not read {kind.words}s back")
        assert set(shown) & set(found.data), "without words in common a sync sees nothing"
        assert differences(shown, found.data) == []

    @pytest.mark.parametrize("name", ["number", "title"])
    def test_what_is_as_long_as_it_may_be_is_written_whole(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind, name: str
    ) -> None:
        limits = connector.profile.kinds[kind].limits
        limit = limits.get(name, _LONG)
        long = "".join(uuid.uuid4().hex for _ in range(limit // 32 + 1))[:limit]
        item = erp.item(kind, **{name: long})
        shown = _beginning(long, connector.preview(item))
        if not shown:
            pytest.skip(f"the {name} of its {kind.words}s stands nowhere")
        assert [text for text in shown if long not in text] == []
        try:
            refused = connector.validate(item)
            origin = None if refused else connector.create(item)
        except errors.ValidationFailed:
            origin = None
        if origin is None:
            assert name not in limits, "it refuses what its profile allows"
            assert erp.count(item) == 0
            return
        found = connector.look_up(RecordKind(kind), origin.id)
        assert found is not None
        assert [text for text in _beginning(long, found.data) if long not in text] == []

    def test_lines_are_mapped_one_by_one(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        lines = item.content.get("lines", ())
        origin = connector.create(item)
        if not origin.lines:
            pytest.skip(f"the lines of its {kind.words}s have no ids")
        wanted = [line.get("external_id") or line["commitment_line"] for line in lines]
        assert [name for name, _ in origin.lines] == wanted
        assert len({id for _, id in origin.lines}) == len(wanted)
        amounts = erp.amounts(item, origin)
        if amounts is not None:
            mapped = [Decimal(amounts[id]) for _, id in origin.lines]
            assert mapped == [Decimal(line["amount"]) for line in lines]


def _beginning(long: str, document: object) -> list[str]:
    """The texts of a document in which a long one at least begins."""
    return [text for text in _texts(document) if long[:_HEAD] in text]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
