"""The file drop: once, whatever happens on the way; and what acknowledgements lead to."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.discovery import configure
from gatepost.connectors.filedrop import FileDropConnector, local
from gatepost.connectors.filedrop.dropping import Dropping
from gatepost.connectors.filedrop.local import LocalPlace
from gatepost.connectors.filedrop.names import Folder
from gatepost.connectors.filedrop.place import Way
from gatepost.connectors.port import Found
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import an_item
from tests.connectors.filedrop_erp import Bookkeeping, dropped, lying_there

PATIENCE: Final = 60.0
OTHER_DISK: Final = Path("/dev/shm")  # noqa: S108 - a file system that is not the tests' own
STEPS: Final = 5  # that change something, until a first file lies in outgoing


class Killed(BaseException):
    """The process ends here."""


class Stumbling:
    """A place where the process is killed right before its so-manieth change."""

    def __init__(self, place: LocalPlace, left: int) -> None:
        self._place, self._left = place, left

    @contextmanager
    def open(self) -> Iterator[Way]:
        with self._place.open() as self._way:
            yield self

    def close(self) -> None:
        self._place.close()

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        if verb in ("write", "move"):
            self._left -= 1
            if self._left < 0:
                raise Killed
        found: Callable[..., Any] = getattr(self._way, verb)
        return found


def test_an_item_is_a_file_and_its_acknowledgement_makes_it_a_record(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    # Given a commitment that was dropped
    item = an_item(Kind.COMMITMENT)
    said = dropped(drop, item)
    [name] = lying_there(erp)
    assert name in said
    assert name.startswith(f"commitment_{item.mark}_1.")

    # Then it is awaited, before and after the ERP has taken the file
    with pytest.raises(errors.AnswerAwaited):
        drop.resolve(item)
    (erp.folder / Folder.OUTGOING / name).unlink()
    with pytest.raises(errors.AnswerAwaited):
        drop.resolve(item)

    # When the ERP acknowledges it, its lines in an order of its own
    lines = ["l-2", "l-1"]
    erp.acknowledge(
        name, lines, mark=item.mark, status="accepted", erp_id="PO-7", erp_number="2026-7"
    )

    # Then its record is known, line by line, by its mark and by its id
    origin = Origin("PO-7", "2026-7", name, (("l-1", "PO-7-2"), ("l-2", "PO-7-1")))
    assert drop.resolve(item) == Found(origin, is_current=True)
    assert drop.find(item.mark, Kind.COMMITMENT) == [origin]
    record = drop.look_up(RecordKind.COMMITMENT, "PO-7")
    assert record is not None
    assert (record.origin, record.mark) == (origin, item.mark)

    # And writing it again writes nothing
    assert drop.create(item) == origin
    assert lying_there(erp) == []


@pytest.mark.parametrize("step", range(STEPS + 1))
@pytest.mark.parametrize("is_quick", [True, False], ids=["taken at once", "taken later"])
def test_killed_at_any_step_the_erp_gets_it_once(
    drop: FileDropConnector, erp: Bookkeeping, step: int, is_quick: bool
) -> None:
    # Given an exporter that is killed somewhere on the way
    item = an_item(Kind.COMMITMENT)
    stumbling = Stumbling(LocalPlace(str(erp.folder), PATIENCE), step)
    killed = Dropping(drop._config, stumbling, drop.profile)
    with pytest.raises((Killed, errors.AnswerAwaited)) as end:
        killed.write(item)
    assert (end.type is Killed) == (step < STEPS)
    if is_quick:
        erp.take_all()

    # When the next one looks, and writes what is not there
    try:
        if drop.resolve(item) is None:
            dropped(drop, item)
    except errors.AnswerAwaited:
        assert step == STEPS
    erp.take_all()

    # Then the ERP has had one file, and one record
    found = drop.resolve(item)
    assert isinstance(found, Found)
    assert found.is_current
    assert [each["mark"] for each in erp.books] == [item.mark]
    assert list((erp.folder / Folder.WRITING).glob("*_1.*")) == []


class Freezing(Stumbling):
    """A place before whose so-manieth change the process freezes; meanwhile something happens."""

    def __init__(self, place: LocalPlace, left: int, meanwhile: Callable[[], None]) -> None:
        super().__init__(place, left)
        self._meanwhile = meanwhile

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        try:
            return super().__getattr__(verb)
        except Killed:
            if self._left == -1:
                self._meanwhile()
            found: Callable[..., Any] = getattr(self._way, verb)
            return found


@pytest.mark.parametrize("step", range(STEPS))
def test_a_frozen_exporter_that_wakes_up_drops_nothing_a_second_time(
    drop: FileDropConnector, erp: Bookkeeping, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    # Given an exporter that freezes on its way, until its time is up and another has done it instead
    item = an_item(Kind.COMMITMENT)
    slept = [0.0]
    monkeypatch.setattr(local, "now", lambda: slept[0])

    def another() -> None:
        slept[0] = 2 * PATIENCE
        assert drop.resolve(item) is None
        dropped(drop, item)
        erp.take_all()

    place = Freezing(LocalPlace(str(erp.folder), PATIENCE), step, another)

    # When it goes on, then it moves nothing any more
    with pytest.raises(errors.ConnectorError, match="used up"):
        Dropping(drop._config, place, drop.profile).write(item)
    assert lying_there(erp) == []

    # And what the other did is seen as it was done
    found = drop.resolve(item)
    assert isinstance(found, Found)
    assert found.is_current
    assert len(erp.books) == 1


def test_a_correction_takes_the_place_of_a_file_the_erp_has_not_taken(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    # Given a file that lies there when its item is corrected
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    corrected = replace(item, revision=2, title="Tower C")

    # When the correction is exported: it is looked first
    assert drop.resolve(corrected) is None
    assert lying_there(erp) == []
    dropped(drop, corrected)

    # Then there is one file, the newer one
    erp.take_all()
    assert [each["title"] for each in erp.books] == ["Tower C"]
    found = drop.resolve(corrected)
    assert isinstance(found, Found)
    assert found.is_current


def test_a_file_the_erp_has_taken_is_awaited_and_never_overwritten(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    # Given a file that the ERP has in hand when its item is corrected
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    for path in (erp.folder / Folder.OUTGOING).iterdir():
        path.unlink()
    corrected = replace(item, revision=2)
    with pytest.raises(errors.AnswerAwaited):
        drop.resolve(corrected)

    # When it is written all the same, for somebody has linked the record by hand
    with pytest.raises(errors.AnswerAwaited):
        drop.update(replace(corrected, origin=Origin("PO-7")))

    # Then it is another file
    assert [name.partition(".")[0][-2:] for name in lying_there(erp)] == ["_2"]


def test_a_correction_goes_into_the_record_of_the_earlier_revision(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    # Given a first revision that nobody heard of, acknowledged since
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    erp.take_all()
    corrected = replace(item, revision=2)
    found = drop.resolve(corrected)
    assert isinstance(found, Found)
    assert not found.is_current

    # When the second is written, then it is an update that names the ERP's id
    with pytest.raises(errors.AnswerAwaited):
        drop.update(replace(corrected, origin=found.origin))
    erp.take_all()
    again = drop.resolve(corrected)
    assert isinstance(again, Found)
    assert (again.is_current, again.origin.id) == (True, found.origin.id)
    assert len(erp.books) == 1


def test_of_a_record_whose_acknowledgement_is_missing_nothing_can_be_told(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    # Given a record that was acknowledged, and whose acknowledgement somebody has deleted
    item = an_item(Kind.PROJECT)
    dropped(drop, item)
    [name] = lying_there(erp)
    erp.take_all()
    found = drop.resolve(item)
    assert isinstance(found, Found)
    (erp.folder / Folder.ACKNOWLEDGEMENTS / name).unlink()

    # Then it is neither there nor gone, and asking again would not help: the ERP is not away
    with pytest.raises(errors.Unsupported, match=f"acknowledgement {name} is missing") as told:
        drop.look_up(RecordKind.PROJECT, found.origin.id)
    assert "import" in told.value.who_can_fix
    with pytest.raises(errors.AnswerAwaited):
        drop.find(item.mark, Kind.PROJECT)

    # And one that cannot be read says why; of one that nobody has named, that is said
    erp.write(name, b"garbage")
    with pytest.raises(errors.Unsupported, match=f"{name} cannot be read"):
        drop.look_up(RecordKind.PROJECT, found.origin.id)
    with pytest.raises(errors.Unsupported, match="has ever named it"):
        drop.look_up(RecordKind.PROJECT, "of-another-time")

    # And a note of Gatepost's own that was spoilt makes that item's outcome unknown, no more
    for note in (erp.folder / Folder.SENT).glob("*.json"):
        note.write_bytes(b"")
    for ask in (lambda: drop.resolve(item), lambda: drop.create(item)):
        with pytest.raises(errors.OutcomeUnknown, match="in sent cannot be read"):
            ask()


# --- where it lies -------------------------------------------------------------------------------


def test_no_folder_is_made_by_itself_for_a_share_may_not_be_mounted(
    drop: FileDropConnector, erp: Bookkeeping
) -> None:
    for folder in Folder:
        (erp.folder / folder).rename(erp.folder / "elsewhere")
        for call in (drop.check, lambda: drop.create(an_item(Kind.PROJECT))):
            with pytest.raises(errors.Unavailable, match="mounted"):
                call()
        assert not (erp.folder / folder).exists()
        (erp.folder / "elsewhere").rename(erp.folder / folder)


@pytest.mark.skipif(not OTHER_DISK.is_dir(), reason="there is no second file system")
@pytest.mark.parametrize("folder", [Folder.OUTGOING, Folder.SENT, Folder.WRITING])
def test_folders_on_two_file_systems_stop_the_connection_before_anything_is_dropped(
    drop: FileDropConnector, erp: Bookkeeping, folder: Folder
) -> None:
    # Given a folder of the drop that lies on another file system than the others
    (erp.folder / folder).rmdir()
    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as elsewhere:
        (erp.folder / folder).symlink_to(elsewhere)
        for call in (drop.check, lambda: drop.create(an_item(Kind.PROJECT))):
            with pytest.raises(errors.ConfigurationError, match="not on one file system"):
                call()


@pytest.mark.parametrize("mark", ["../../etc/cron.d/x", "a/b", "", "..", "CON", "x" * 65, "a:b"])
def test_a_mark_that_makes_no_file_name_is_refused(drop: FileDropConnector, mark: str) -> None:
    with pytest.raises(errors.ValidationFailed):
        drop.create(an_item(Kind.PROJECT, mark=mark))


def test_an_acknowledgement_that_is_a_link_is_not_followed(
    drop: FileDropConnector, erp: Bookkeeping, tmp_path: Path
) -> None:
    item = an_item(Kind.COMMITMENT)
    dropped(drop, item)
    [name] = lying_there(erp)
    (tmp_path / "secret").write_text("mark,status\n")
    (erp.folder / Folder.ACKNOWLEDGEMENTS / name).symlink_to(tmp_path / "secret")
    with pytest.raises(errors.Transient):
        drop.resolve(item)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"folder": "drop"}, "absolute"),
        ({"folder": "/srv/../etc"}, "absolute"),
        (
            {"folder": "/srv", "host": "sftp.example", "user": "g", "password": "p-5e7d"},
            "known_hosts",
        ),
        ({"folder": "/srv", "host": "sftp.example", "user": "g", "known_hosts": "/k"}, "password"),
    ],
)
def test_options_that_do_not_fit_are_said_without_their_values(
    options: dict[str, str], why: str
) -> None:
    with pytest.raises(errors.ConfigurationError, match=why) as refused:
        configure(FileDropConnector, options)
    assert "p-5e7d" not in str(refused.value)
