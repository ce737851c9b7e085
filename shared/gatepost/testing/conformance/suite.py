"""The suite: subclass it, and give it the fixture ``erp``."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gatepost.connectors import errors
from gatepost.connectors.errors import ConnectorError
from gatepost.connectors.port import (
    Connector,
    ExportItem,
    Found,
    Refused,
    Safety,
)
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import PARENT_KIND, Kind
from gatepost.testing.conformance.contents import ContentsSuite
from gatepost.testing.conformance.erp import ErpUnderTest
from gatepost.testing.conformance.items import next_revision
from gatepost.testing.conformance.lists import ListsSuite

#: What a record may hang under without its ERP having it.
_NO_PARENT = (errors.ReferenceNotFound, errors.DependencyNotReady)
_AT_ONCE = 8


class ConnectorSuite(ContentsSuite, ListsSuite):
    """What every connector must show. Each test has an ERP from the fixture ``erp``.

    A connector is used as the exporter uses it: what may have been written before is looked for
    first, and with ``Safety.FIND_FIRST`` nobody else writes the same item meanwhile.
    """

    @pytest.fixture
    def erp(self) -> ErpUnderTest:
        raise NotImplementedError("a suite is given its ERP by a fixture of that name")

    @pytest.fixture
    def connector(self, erp: ErpUnderTest) -> Iterator[Connector]:
        connector = erp.connector()
        yield connector
        connector.close()

    @pytest.fixture(params=list(Kind), ids=str)
    def kind(self, request: pytest.FixtureRequest, erp: ErpUnderTest) -> Kind:
        kind: Kind = request.param
        if kind not in erp.connector().profile.kinds:
            pytest.skip(f"it takes no {kind.words}s")
        return kind

    @pytest.fixture
    def some_kind(self, erp: ErpUnderTest) -> Kind:
        """A kind that stands by itself, if there is one: for what is the same for all."""
        return _simplest(erp.connector())

    # --- who it is, and whether it may -----------------------------------------------------------

    def test_it_says_who_answered(self, connector: Connector) -> None:
        assert connector.check().strip()
        assert connector.name
        assert connector.profile.kinds

    def test_bad_credentials_pause_the_connection(self, erp: ErpUnderTest, some_kind: Kind) -> None:
        refused = erp.badly_configured()
        if refused is None:
            pytest.skip("this ERP asks for no credentials")
        item = erp.item(some_kind)
        for call in (refused.check, lambda: refused.create(item)):
            with pytest.raises(errors.ConfigurationError):
                call()
        refused.close()
        assert erp.count(item) == 0

    def test_that_the_erp_refuses_to_be_asked_does_not_mean_that_it_has_none(
        self, erp: ErpUnderTest, connector: Connector, some_kind: Kind
    ) -> None:
        refused = erp.badly_configured()
        if refused is None:
            pytest.skip("this ERP asks for no credentials")
        origin = connector.create(erp.item(some_kind))
        with pytest.raises(ConnectorError):
            refused.look_up(RecordKind(some_kind), origin.id)
        refused.close()

    def test_secrets_stand_in_no_log_message_or_repr(
        self,
        erp: ErpUnderTest,
        some_kind: Kind,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        if not erp.secrets:
            pytest.skip("it is told nothing in confidence")
        caplog.set_level(logging.DEBUG)
        connectors = [erp.connector(), erp.badly_configured()]
        said: list[str] = []
        for connector in filter(None, connectors):
            said += [repr(connector), repr(vars(connector))]
            for call in (connector.check, lambda each=connector: each.create(erp.item(some_kind))):
                with contextlib.suppress(ConnectorError):
                    said.append(repr(call()))
                said += _what_it_raises(call)
            connector.close()
        with erp.away():
            said += _what_it_raises(erp.connector().check)
        said += [caplog.text, *capfd.readouterr()]
        assert [secret for secret in erp.secrets if secret in "\n".join(said)] == []

    # --- writing ---------------------------------------------------------------------------------

    def test_an_item_of_each_kind_is_written_and_read_back(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        origin = connector.create(item)
        assert origin.id
        assert erp.count(item) == 1
        found = connector.look_up(RecordKind(kind), origin.id)
        assert found is not None
        assert found.origin.id == origin.id
        assert [each.id for each in connector.find(item.mark, kind)] == [origin.id]

    def test_the_same_key_twice_is_one_record(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        first, second = (as_the_exporter_does(connector, item) for _ in range(2))
        assert first.id == second.id
        assert erp.count(item) == 1

    def test_the_same_key_eight_times_at_once_is_one_record(
        self, erp: ErpUnderTest, connector: Connector, some_kind: Kind
    ) -> None:
        item, alone = erp.item(some_kind), threading.Lock()

        def write(_: int) -> Origin:
            with alone if connector.safety is Safety.FIND_FIRST else contextlib.nullcontext():
                return as_the_exporter_does(connector, item)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            origins = list(pool.map(write, range(_AT_ONCE)))
        assert len({origin.id for origin in origins}) == 1
        assert erp.count(item) == 1

    def test_eight_items_at_once_are_eight_records(
        self, erp: ErpUnderTest, connector: Connector, some_kind: Kind
    ) -> None:
        items = [erp.item(some_kind) for _ in range(_AT_ONCE)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            origins = list(pool.map(connector.create, items))
        assert len({origin.id for origin in origins}) == _AT_ONCE
        assert [erp.count(item) for item in items] == [1] * _AT_ONCE

    def test_a_change_goes_into_the_record_that_is_there(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        if not connector.profile.kinds[kind].updates:
            pytest.skip(f"its {kind.words}s are not changed")
        item = erp.item(kind)
        origin = connector.create(item)
        change = next_revision(item, origin)
        before = connector.resolve(change)
        assert isinstance(before, Found)
        assert not before.is_current, "an earlier revision is no answer for this one"
        assert connector.update(change).id == origin.id
        after = connector.resolve(change)
        assert isinstance(after, Found)
        assert after.is_current
        assert erp.count(item) == 1

    def test_a_record_that_was_edited_meanwhile_is_not_doubled(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        origin = connector.create(item)
        if not connector.profile.kinds[kind].updates or erp.edit(item, origin) is None:
            pytest.skip(f"nobody edits its {kind.words}s")
        with contextlib.suppress(errors.Busy, errors.Permanent):
            assert connector.update(next_revision(item, origin)).id == origin.id
        assert erp.count(item) == 1

    # --- not knowing -----------------------------------------------------------------------------

    def test_what_was_written_although_no_answer_came_is_found(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        with erp.losing_answers(), pytest.raises(errors.OutcomeUnknown):
            connector.create(item)
        found = connector.resolve(item)
        assert isinstance(found, Found)
        assert found.is_current
        assert erp.count(item) == 1
        assert as_the_exporter_does(connector, item).id == found.origin.id
        assert erp.count(item) == 1

    def test_what_was_never_sent_is_not_found(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        assert connector.resolve(item) is None
        assert list(connector.find(item.mark, kind)) == []

    def test_what_could_not_be_sent_was_not_executed(
        self, erp: ErpUnderTest, connector: Connector, some_kind: Kind
    ) -> None:
        item = erp.item(some_kind)
        with erp.away():
            with pytest.raises(errors.Transient):
                connector.create(item)
            with pytest.raises(errors.Transient):
                connector.resolve(item)  # that nobody answers does not mean that there is none
        assert connector.resolve(item) is None
        assert erp.count(item) == 0

    def test_of_two_records_with_its_mark_none_is_taken_for_the_one(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        item = erp.item(kind)
        if erp.copy(item, connector.create(item)) is None:
            pytest.skip(f"nobody duplicates its {kind.words}s")
        with pytest.raises(errors.OutcomeUnknown):
            connector.resolve(item)

    # --- refusals --------------------------------------------------------------------------------

    def test_a_parent_the_erp_does_not_have_is_said(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        if PARENT_KIND.get(kind) not in connector.profile.kinds:
            pytest.skip(f"its {kind.words}s hang under nothing")
        orphan = erp.item(kind, parent_origin=Origin(erp.nowhere))
        with pytest.raises(_NO_PARENT):
            connector.create(orphan)
        assert erp.count(orphan) == 0

    def test_what_is_too_long_is_refused_and_never_cut(
        self, erp: ErpUnderTest, connector: Connector, kind: Kind
    ) -> None:
        limit = connector.profile.kinds[kind].limits.get("number")
        if limit is None:
            pytest.skip(f"the numbers of its {kind.words}s may have any length")
        item = erp.item(kind, number="9" * (limit + 1))
        problems = connector.validate(item)
        assert [problem.rule for problem in problems] == ["max_length"]
        assert str(limit) in problems[0].message
        assert problems[0].who_can_fix

    def test_a_kind_it_does_not_take_is_refused(
        self, erp: ErpUnderTest, connector: Connector
    ) -> None:
        others = [kind for kind in Kind if kind not in connector.profile.kinds]
        if not others:
            pytest.skip("it takes every kind")
        for kind in others:
            with pytest.raises(errors.Unsupported):
                connector.create(erp.item(kind))


def as_the_exporter_does(connector: Connector, item: ExportItem) -> Origin:
    """Write an item that may have been written before: look first, adopt what is found."""
    found = connector.resolve(item) if connector.safety is Safety.FIND_FIRST else None
    if found is None:
        return connector.create(item)
    if isinstance(found, Refused):
        raise found.error
    return (
        found.origin if found.is_current else connector.update(replace(item, origin=found.origin))
    )


def _simplest(connector: Connector) -> Kind:
    kinds = [kind for kind in Kind if kind in connector.profile.kinds]
    return min(kinds, key=lambda kind: PARENT_KIND.get(kind) in connector.profile.kinds)


def _what_it_raises(call: Callable[[], object]) -> Sequence[str]:
    try:
        call()
    except ConnectorError as error:
        return [str(error), repr(error), repr(vars(error))]
    return []
