"""Dropping: a file is written, noted and moved out in one step; what came of the last one is asked first."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from gatepost.connectors.errors import (
    AnswerAwaited,
    ConfigurationError,
    OutcomeUnknown,
    Permanent,
    RecordGone,
    Unavailable,
    Unsupported,
)
from gatepost.connectors.filedrop.acknowledgements import Acknowledgement, Status
from gatepost.connectors.filedrop.config import FileDropConfig
from gatepost.connectors.filedrop.formats import encoded
from gatepost.connectors.filedrop.mapping import line_id, record_of
from gatepost.connectors.filedrop.names import TRIAL, Folder
from gatepost.connectors.filedrop.place import Place, Way
from gatepost.connectors.filedrop.trail import Drop, Trail, mark_of
from gatepost.connectors.port import ErpRecord, ExportItem, Found, Refused
from gatepost.connectors.profile import Profile
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

LONGEST_WAIT: Final = 900.0  # seconds between two looks for an acknowledgement
PATIENCE: Final = (
    0.2  # of its age a file is left alone before its acknowledgement is looked for again
)
_MOST_NAMED: Final = 3  # acknowledgements in one sentence
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5  # seconds between looks within one call


class NotTaken(Permanent):
    """The ERP did not come for a file, so it was taken back: nothing of it is in the ERP."""

    who_can_fix = "whoever runs the ERP's import: have it run, then retry"


class NotAcknowledged(OutcomeUnknown):
    """The ERP has taken a file and does not say what it made of it."""

    who_can_fix = (
        "accounting: look into the ERP; an operator: say what is there with"
        " gatepost connection answer; then retry"
    )


class NothingTold(Unsupported):
    """No acknowledgement that is there tells of a record: asking again would not help."""

    who_can_fix = "whoever runs the ERP's import: write the acknowledgement again, in this format"


class Dropping:
    """Writes items' files and reads what became of them."""

    def __init__(self, config: FileDropConfig, place: Place, profile: Profile) -> None:
        self._config, self._place, self._profile = config, place, profile

    def check(self) -> None:
        """Try the folders, as far as that can be done without showing the ERP anything.

        Raises:
            Unavailable, ConfigurationError: one of them cannot be used.

        """
        with self._place.open() as way:
            way.write(Folder.WRITING, TRIAL, b"")
            way.move(Folder.WRITING, TRIAL, Folder.SENT, TRIAL)
            way.read(Folder.ACKNOWLEDGEMENTS, TRIAL)
            way.is_there(Folder.OUTGOING, TRIAL)

    def write(self, item: ExportItem) -> Origin:
        """Drop an item's file, unless the ERP has taken this very revision already.

        Raises:
            AnswerAwaited: it was dropped.
            OutcomeUnknown: it may have been dropped.
            ConnectorError: it was not; or the ERP's no.

        """
        with self._place.open() as way:
            trail = Trail(way, self._config.format, item.kind, item.mark)
            standing = self._standing(trail, item)
            if standing and standing[0].revision == item.revision:
                return trail.origin(*standing)
            if standing and item.origin is None:
                item = replace(item, origin=trail.origin(*standing))
            drop = Drop(self._number(trail), item.revision, _lines(item))
            self._drop(way, trail, drop, item)
            with _after_the_drop():
                return self._answered(trail, drop)

    def resolve(self, item: ExportItem) -> Found | Refused | None:
        """What the ERP made of the last file of an item; None when there is no record of it.

        A file that the ERP has not taken yet is taken back once it is outdated, for there is a newer
        revision, or overdue: then people are told, and nothing of it can be in the ERP.
        """
        with self._place.open() as way:
            trail = Trail(way, self._config.format, item.kind, item.mark)
            for number in range(trail.last, 0, -1):
                if number == trail.last and not trail.was_dropped(number):
                    continue
                drop = trail.drop(number)
                answer = trail.answer(drop)
                if answer is None:
                    outdated, overdue = drop.revision < item.revision, self._is_overdue(trail, drop)
                    is_back = (outdated or overdue) and self._took_back(trail, number)
                    if is_back and outdated:
                        continue
                    if is_back:
                        return Refused(self._not_taken(trail, drop))
                    raise self._awaited(trail, drop)
                match answer.status:
                    case Status.ACCEPTED:
                        origin = trail.origin(drop, answer)
                        return Found(origin, drop.revision == item.revision)
                    case Status.GONE:
                        return None
                if number == trail.last and drop.revision == item.revision:
                    return Refused(answer.refusal)
        return None

    def find(self, kind: Kind, mark: str) -> Origin | None:
        """The ERP's record of an item, as far as it has acknowledged one.

        Raises:
            OutcomeUnknown: there is a file it has said nothing to.

        """
        with self._place.open() as way:
            trail = Trail(way, self._config.format, kind, mark)
            for drop, answer in self._answers(trail):
                if answer is None:
                    raise self._awaited(trail, drop)
                if answer.status is Status.ACCEPTED:
                    return trail.origin(drop, answer)
                if answer.status is Status.GONE:
                    return None
        return None

    def record(self, kind: Kind, erp_id: str) -> ErpRecord | None:
        """The record with that id, None when the ERP has said that it is gone.

        Raises:
            NothingTold: no acknowledgement that is there says anything about such an id.

        """
        why = "no acknowledgement has ever named it"
        with self._place.open() as way:
            if mark := mark_of(way, kind, erp_id):
                trail = Trail(way, self._config.format, kind, mark)
                missing = []
                for drop, answer in self._answers(trail):
                    if answer is None:
                        missing.append(trail.unread(drop))
                    elif answer.erp_id == erp_id and answer.status is not Status.REFUSED:
                        gone = answer.status is Status.GONE
                        return None if gone else ErpRecord(trail.origin(drop, answer), mark=mark)
                why = "; ".join(missing[:_MOST_NAMED]) or "its acknowledgements name others now"
        raise NothingTold(f"nothing can be told of the ERP's record {erp_id}: {why}")

    # --- writing -------------------------------------------------------------------------------

    def _number(self, trail: Trail) -> int:
        """The number of the next file: the last one's again, where the ERP has surely not seen that.

        A file it has not taken yet is taken back first, in one step: then it cannot be taken.
        """
        if not trail.last:
            return 1
        if not trail.was_dropped(trail.last):
            return trail.last
        unanswered = trail.answer(trail.drop(trail.last)) is None
        return trail.last if unanswered and trail.take_back(trail.last) else trail.last + 1

    def _drop(self, way: Way, trail: Trail, drop: Drop, item: ExportItem) -> None:
        name = trail.name(drop.number)
        content = encoded(record_of(item), self._config.format, self._profile)
        way.write(
            Folder.WRITING, f"{name}.new", content
        )  # whoever moves the file moves a whole one
        way.move(Folder.WRITING, f"{name}.new", Folder.WRITING, name)
        trail.note(drop)
        try:
            moved = way.move(Folder.WRITING, name, Folder.OUTGOING, name)
        except Unavailable as error:
            raise OutcomeUnknown(
                f"{name} may be in outgoing: {error.message}", silent=True
            ) from None
        if not moved:
            raise OutcomeUnknown(f"{name} was gone from writing before it could be moved")

    def _answered(self, trail: Trail, drop: Drop) -> Origin:
        """The origin, once the file is acknowledged; it is waited for as long as the options say."""
        until = time.monotonic() + min(self._config.wait, self._config.timeout)
        pause = _FIRST_PAUSE
        while (answer := trail.answer(drop)) is None:
            if time.monotonic() + pause > until:
                raise self._awaited(trail, drop)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        if answer.status is Status.ACCEPTED:
            return trail.origin(drop, answer)
        if answer.status is Status.GONE:
            raise RecordGone(f"the ERP has deleted {answer.erp_id} since")
        raise answer.refusal

    # --- reading -------------------------------------------------------------------------------

    def _standing(self, trail: Trail, item: ExportItem) -> tuple[Drop, Acknowledgement] | None:
        """The newest file the ERP took, if it still has the record; those it has in hand are passed over."""
        for drop, answer in self._answers(trail):
            if answer and answer.status is Status.GONE:
                if item.origin and item.origin.id == answer.erp_id:
                    raise RecordGone(f"the ERP has deleted {answer.erp_id}")
                return None
            if answer and answer.status is Status.ACCEPTED:
                same = item.origin is None or item.origin.id == answer.erp_id
                return (drop, answer) if same else None
        return None

    def _answers(self, trail: Trail) -> Iterator[tuple[Drop, Acknowledgement | None]]:
        """What was dropped, the newest first, each with its answer."""
        for number in range(trail.last, 0, -1):
            if number < trail.last or trail.was_dropped(number):
                drop = trail.drop(number)
                yield drop, trail.answer(drop)

    def _took_back(self, trail: Trail, number: int) -> bool:
        return number == trail.last and trail.take_back(number)

    def _is_overdue(self, trail: Trail, drop: Drop) -> bool:
        return trail.age(drop) > self._config.overdue_hours * 3600

    def _not_taken(self, trail: Trail, drop: Drop) -> NotTaken:
        name, hours = trail.name(drop.number), self._config.overdue_hours
        said = f"the ERP did not take {name} within {hours:g} hours: it was taken back"
        return NotTaken(f"{said}, and nothing of it is in the ERP")

    def _awaited(self, trail: Trail, drop: Drop) -> OutcomeUnknown:
        if self._is_overdue(trail, drop):
            hours = self._config.overdue_hours
            return NotAcknowledged(f"{trail.missing(drop)}, after {hours:g} hours")
        wait = max(self._config.look_every, min(PATIENCE * trail.age(drop), LONGEST_WAIT))
        return AnswerAwaited(trail.missing(drop), retry_after=wait)


@contextmanager
def _after_the_drop() -> Iterator[None]:
    """From here on the ERP may have the file, whatever else goes wrong."""
    try:
        yield
    except (Unavailable, ConfigurationError) as error:
        raise OutcomeUnknown(error.message, silent=True) from None


def _lines(item: ExportItem) -> tuple[str, ...]:
    return tuple(line_id(line) for line in item.content.get("lines", ()))
