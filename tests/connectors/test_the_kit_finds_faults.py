"""The conformance kit goes red: a connector with one fault fails the test that is there for it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.port import ErpRecord, ExportItem, Found, RecordPage
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import ConnectorSuite
from gatepost_exporter.sandbox import SandboxConfig, SandboxConnector, record_of
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings
from tests.connectors.sandbox_erp import SandboxErp

SECRET: Final = "kit-secret-77a1"
RED: Final = (AssertionError, pytest.fail.Exception, errors.ConnectorError)


class Confiding(SandboxErp):
    """The sandbox, as if it asked for a key."""

    secrets = (SECRET,)
    make: type[SandboxConnector] = SandboxConnector
    refuses = True

    def connector(self) -> SandboxConnector:
        return self.make(SandboxConfig(url=self._sandbox.http_url, timeout=30.0))

    def badly_configured(self) -> SandboxConnector:
        connector: SandboxConnector = self.connector()
        return _Refused(connector) if self.refuses else connector  # type: ignore[return-value]


class _Refused:
    """A connector whose key the ERP does not know."""

    def __init__(self, connector: SandboxConnector) -> None:
        self.close = connector.close
        self._takes_no_for_none = isinstance(connector, TakesAnyRefusalForNone)

    def check(self) -> str:
        raise errors.ConfigurationError("the key is not known")

    def create(self, item: ExportItem) -> Origin:
        return Origin(self.check())

    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        return None if self._takes_no_for_none else ErpRecord(Origin(self.check()))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("faults") / "sandbox.db"
    with Sandbox(Settings(http_port=0, smtp_port=0, data=data)) as running:
        yield running


# --- connectors with one fault each ---------------------------------------------------------------


class SwallowsTimeOuts(SandboxConnector):
    def create(self, item: ExportItem) -> Origin:
        try:
            return super().create(item)
        except errors.OutcomeUnknown as error:
            raise errors.Unavailable(error.message) from None


class AnswersSilenceItself(SandboxConnector):
    def create(self, item: ExportItem) -> Origin:
        try:
            return super().create(item)
        except errors.OutcomeUnknown:
            return Origin("made up")


class FindsNothing(SandboxConnector):
    def resolve(self, item: ExportItem) -> Found | None:
        return None


class TakesSilenceForNothing(SandboxConnector):
    def resolve(self, item: ExportItem) -> Found | None:
        try:
            return super().resolve(item)
        except errors.Transient:
            return None


class TakesAnyRefusalForNone(SandboxConnector):
    """See ``_Refused``: it is that one's answer that is at fault."""


class TakesTheFirstOfTwo(SandboxConnector):
    def resolve(self, item: ExportItem) -> Found | None:
        try:
            return super().resolve(item)
        except errors.OutcomeUnknown:
            return Found(super().find(item.mark, item.kind)[0], is_current=True)


class TakesTwoForNone(SandboxConnector):
    def resolve(self, item: ExportItem) -> Found | None:
        found = super().find(item.mark, item.kind)
        return super().resolve(item) if len(found) == 1 else None


class TakesAnyRevision(SandboxConnector):
    def resolve(self, item: ExportItem) -> Found | None:
        found = super().resolve(item)
        return found and Found(found.origin, is_current=True)


class FindsWhatWasNeverSent(SandboxConnector):
    def resolve(self, item: ExportItem) -> Found | None:
        return super().resolve(item) or Found(Origin("made up"), is_current=True)


class UpdatesNothing(SandboxConnector):
    def update(self, item: ExportItem) -> Origin:
        assert item.origin
        return item.origin


class UpdatesByCreating(SandboxConnector):
    def update(self, item: ExportItem) -> Origin:
        return self.create(item)


class CutsNumbers(SandboxConnector):
    def create(self, item: ExportItem) -> Origin:
        return super().create(replace(item, number=item.number[:11]))


class CutsTitlesInItsMapper(SandboxConnector):
    def preview(self, item: ExportItem) -> dict[str, Any]:
        return {**record_of(item), "title": item.title[:20]}


class ShowsSomethingElse(SandboxConnector):
    def preview(self, item: ExportItem) -> dict[str, Any]:
        return {**record_of(item), "title": "shown"}


class ReadsNothingBack(SandboxConnector):
    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        found = super().look_up(kind, origin_id)
        return found and replace(found, data={})


class MixesLines(SandboxConnector):
    def create(self, item: ExportItem) -> Origin:
        origin = super().create(item)
        names, ids = [name for name, _ in origin.lines], [id for _, id in origin.lines]
        return replace(origin, lines=tuple(zip(names, ids[::-1], strict=True)))


class TurnsLinesAround(SandboxConnector):
    def create(self, item: ExportItem) -> Origin:
        origin = super().create(item)
        return replace(origin, lines=origin.lines[::-1])


class IgnoresTheCursor(SandboxConnector):
    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        return super().list_records(kind, None, search)


class EndsAfterAPage(SandboxConnector):
    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        return replace(super().list_records(kind, cursor, search), next_cursor=None)


class IgnoresTheSearch(SandboxConnector):
    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        return super().list_records(kind, cursor)


class TakesAnyParent(SandboxConnector):
    def create(self, item: ExportItem) -> Origin:
        return super().create(replace(item, parent_origin=None))


class ChecksNoLength(SandboxConnector):
    def validate(self, item: ExportItem) -> list[Any]:
        return []


class ShowsItsKey(SandboxConnector):
    def __repr__(self) -> str:
        return f"SandboxConnector({SECRET})"


class LogsItsKey(SandboxConnector):
    def check(self) -> str:
        logging.getLogger("erp").debug("sending %s", SECRET)
        return super().check()


class SaysItsKeyInErrors(SandboxConnector):
    def check(self) -> str:
        try:
            return super().check()
        except errors.ConnectorError as error:
            raise errors.Unavailable(f"{error.message}: {SECRET}") from None


_KIT: Final = ConnectorSuite
FAULTS: Final[list[tuple[type[SandboxConnector], Callable[..., None]]]] = [
    (SwallowsTimeOuts, _KIT.test_what_was_written_although_no_answer_came_is_found),
    (AnswersSilenceItself, _KIT.test_what_was_written_although_no_answer_came_is_found),
    (FindsNothing, _KIT.test_what_was_written_although_no_answer_came_is_found),
    (FindsNothing, _KIT.test_the_same_key_twice_is_one_record),
    (FindsNothing, _KIT.test_the_same_key_eight_times_at_once_is_one_record),
    (TakesSilenceForNothing, _KIT.test_what_could_not_be_sent_was_not_executed),
    (TakesTheFirstOfTwo, _KIT.test_of_two_records_with_its_mark_none_is_taken_for_the_one),
    (TakesTwoForNone, _KIT.test_of_two_records_with_its_mark_none_is_taken_for_the_one),
    (
        TakesAnyRefusalForNone,
        _KIT.test_that_the_erp_refuses_to_be_asked_does_not_mean_that_it_has_none,
    ),
    (TakesAnyRevision, _KIT.test_a_change_goes_into_the_record_that_is_there),
    (FindsWhatWasNeverSent, _KIT.test_what_was_never_sent_is_not_found),
    (UpdatesNothing, _KIT.test_a_change_goes_into_the_record_that_is_there),
    (UpdatesByCreating, _KIT.test_a_change_goes_into_the_record_that_is_there),
    (UpdatesByCreating, _KIT.test_a_record_that_was_edited_meanwhile_is_not_doubled),
    (CutsNumbers, _KIT.test_what_is_as_long_as_it_may_be_is_written_whole),
    (CutsTitlesInItsMapper, _KIT.test_what_is_as_long_as_it_may_be_is_written_whole),
    (ShowsSomethingElse, _KIT.test_what_is_read_back_is_what_the_preview_showed),
    (ReadsNothingBack, _KIT.test_what_is_read_back_is_what_the_preview_showed),
    (MixesLines, _KIT.test_lines_are_mapped_one_by_one),
    (TurnsLinesAround, _KIT.test_lines_are_mapped_one_by_one),
    (IgnoresTheCursor, _KIT.test_a_long_list_is_read_page_by_page),
    (EndsAfterAPage, _KIT.test_a_long_list_is_read_page_by_page),
    (IgnoresTheSearch, _KIT.test_a_search_gives_what_has_the_words_and_nothing_else),
    (TakesAnyParent, _KIT.test_a_parent_the_erp_does_not_have_is_said),
    (ChecksNoLength, _KIT.test_what_is_too_long_is_refused_and_never_cut),
    (ShowsItsKey, _KIT.test_secrets_stand_in_no_log_message_or_repr),
    (LogsItsKey, _KIT.test_secrets_stand_in_no_log_message_or_repr),
    (SaysItsKeyInErrors, _KIT.test_secrets_stand_in_no_log_message_or_repr),
]


@pytest.mark.parametrize(
    ("faulty", "test"), FAULTS, ids=lambda each: each.__name__.removeprefix("test_")
)
def test_a_fault_is_found_and_without_it_the_test_holds(
    sandbox: Sandbox,
    faulty: type[SandboxConnector],
    test: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # Given the sound connector, and the same with a fault
    sound, broken = Confiding(sandbox), Confiding(sandbox)
    broken.make = faulty

    # Then the kit's test holds for the first, and for the second it does not
    _run(test, sound, caplog, capfd)
    caplog.clear()
    with pytest.raises(RED):
        _run(test, broken, caplog, capfd)


def test_credentials_that_are_not_refused_are_found(sandbox: Sandbox) -> None:
    erp = Confiding(sandbox)
    test = ConnectorSuite.test_bad_credentials_pause_the_connection
    test(ConnectorSuite(), erp, Kind.PROJECT)
    erp.refuses = False
    with pytest.raises(pytest.fail.Exception):
        test(ConnectorSuite(), erp, Kind.PROJECT)


def _run(test: Callable[..., None], erp: Confiding, *captures: Any) -> None:
    """One of the kit's tests, as pytest would run it."""
    caplog, capfd = captures
    given = {"erp": erp, "connector": erp.connector(), "kind": Kind.COMMITMENT, "name": "number",
             "some_kind": Kind.PROJECT, "caplog": caplog, "capfd": capfd}  # fmt: skip
    if erp.make is CutsTitlesInItsMapper:
        given["name"] = "title"
    wanted = test.__code__.co_varnames[1 : test.__code__.co_argcount]
    test(ConnectorSuite(), **{each: given[each] for each in wanted})
