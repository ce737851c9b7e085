"""That what an ERP has can be listed, page by page, searched, and looked up."""

from collections.abc import Callable, Iterator

import pytest

from gatepost.connectors import errors
from gatepost.connectors.port import Connector, ErpRecord, RecordPage
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance.erp import ErpUnderTest

_MOST_PAGES = 500
_NOWHERE = "zq-there-is-no-such-word"


class ListsSuite:
    """A part of :class:`ConnectorSuite`."""

    def test_every_record_is_in_one_of_the_pages(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        _if_listed(connector, kind)
        origins = [connector.create(erp.item(kind)) for _ in range(3)]
        ids = [record.origin.id for record in _all(connector, RecordKind(kind))]
        assert [ids.count(origin.id) for origin in origins] == [1, 1, 1]

    def test_a_long_list_is_read_page_by_page(
        self, erp: ErpUnderTest, connector: Connector, some_kind: Kind
    ) -> None:
        _if_listed(connector, some_kind)
        short = erp.short_pages()
        if short is None:
            pytest.skip("its pages cannot be made short")
        wanted = {connector.create(erp.item(some_kind)).id for _ in range(3)}
        with short:
            kind = RecordKind(some_kind)
            first = connector.list_records(kind, None)
            assert first.next_cursor is not None
            ids = {record.origin.id for record in _all(connector, kind)}
        assert wanted <= ids
        assert {record.origin.id for record in first.records} < ids

    def test_a_search_gives_what_has_the_words_and_nothing_else(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        _if_listed(connector, kind)
        asked, origin = RecordKind(kind), connector.create(erp.item(kind))
        wanted = next(each for each in _all(connector, asked) if each.origin.id == origin.id)
        found: list[str] = []
        for word in filter(None, (wanted.origin.code, wanted.name)):  # by what people call it
            found += [record.origin.id for record in _all(connector, asked, word)]
        assert origin.id in found
        assert [record.name for record in _all(connector, asked, _NOWHERE)] == []

    def test_whatever_it_lists_has_an_id_and_items_can_be_looked_up(
        self, connector: Connector
    ) -> None:
        for kind in connector.profile.listable:
            listed = connector.list_records(kind, None).records
            ids = [record.origin.id for record in listed]
            assert all(ids)
            assert len(set(ids)) == len(ids)
            for record in listed[:1] if kind.item_kind else ():
                found = connector.look_up(kind, record.origin.id)
                assert found is not None
                assert (found.origin.id, found.name) == (record.origin.id, record.name)

    def test_a_kind_it_does_not_list_is_refused(self, connector: Connector) -> None:
        others = [kind for kind in RecordKind if kind not in connector.profile.listable]
        if not others:
            pytest.skip("it lists every kind")
        for kind in others:
            with pytest.raises(errors.Unsupported):
                connector.list_records(kind, None)

    def test_a_record_that_is_not_there_is_none(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        assert connector.look_up(RecordKind(kind), erp.nowhere) is None
        with erp.away(), pytest.raises(errors.Transient):
            connector.look_up(RecordKind(kind), erp.nowhere)


def _if_listed(connector: Connector, kind: Kind) -> None:
    if RecordKind(kind) not in connector.profile.listable:
        pytest.skip(f"it lists no {kind.words}s")


def _all(connector: Connector, kind: RecordKind, search: str = "") -> list[ErpRecord]:
    return list(_walk(lambda cursor: connector.list_records(kind, cursor, search)))


def _walk(page: Callable[[str | None], RecordPage]) -> Iterator[ErpRecord]:
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        read = page(cursor)
        yield from read.records
        cursor = read.next_cursor
        if cursor is None:
            return
    raise AssertionError(f"no end after {_MOST_PAGES} pages")
