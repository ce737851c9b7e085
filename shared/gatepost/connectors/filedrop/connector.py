"""The connector for the file drop: an item is a file, its acknowledgement makes it a record.

The ERP answers in its own time, so a file that was dropped is neither done nor failed: its message
waits in the ledger and looks for the acknowledgement now and then. Never twice: see ``trail``.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from gatepost.connectors.errors import Unsupported
from gatepost.connectors.filedrop.answering import answer_for_the_erp
from gatepost.connectors.filedrop.config import FileDropConfig, Format, Formulas
from gatepost.connectors.filedrop.dropping import Dropping
from gatepost.connectors.filedrop.formats import unsafe
from gatepost.connectors.filedrop.local import LocalPlace
from gatepost.connectors.filedrop.mapping import record_of
from gatepost.connectors.filedrop.place import Place
from gatepost.connectors.port import (
    ConnectorConfig,
    ErpRecord,
    ExportItem,
    Found,
    RecordPage,
    Refused,
    Safety,
)
from gatepost.connectors.profile import SENDER, Profile, load_profile
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind


class FileDropConnector:
    """Writes items into files, and reads what the ERP made of them."""

    name: ClassVar[str] = "file_drop"
    config_model: ClassVar[type[ConnectorConfig]] = FileDropConfig
    profile: ClassVar[Profile] = load_profile("file_drop")
    safety: ClassVar[Safety] = Safety.FIND_FIRST

    def __init__(self, config: FileDropConfig) -> None:
        self._config = config
        self._place = _place_of(config)
        self._dropping = Dropping(config, self._place, self.profile)

    def check(self) -> str:
        self._dropping.check()
        where = f"{self._config.host}:" if self._config.host else ""
        return f"the drop {where}{self._config.folder} can be used"

    def answer(self, name: str, said: dict[str, str]) -> None:
        """Acknowledge a file in the ERP's stead; see :func:`answer_for_the_erp`."""
        with self._place.open() as way:
            answer_for_the_erp(way, self._config.format, name, said)

    def validate(self, item: ExportItem) -> Sequence[FieldProblem]:
        return list(self._problems(item))

    def preview(self, item: ExportItem) -> dict[str, Any]:
        return record_of(item)

    def find(self, mark: str, kind: Kind) -> Sequence[Origin]:
        found = self._dropping.find(kind, mark)
        return [found] if found else []

    def create(self, item: ExportItem) -> Origin:
        return self._dropping.write(item)

    def update(self, item: ExportItem) -> Origin:
        return self._dropping.write(item)

    def resolve(self, item: ExportItem) -> Found | Refused | None:
        return self._dropping.resolve(item)

    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        raise Unsupported("a file drop cannot be asked for lists")

    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        if kind.item_kind is None:
            raise Unsupported(f"a file drop knows no {kind.words}s")
        return self._dropping.record(kind.item_kind, origin_id)

    def close(self) -> None:
        self._place.close()

    def _problems(self, item: ExportItem) -> Iterator[FieldProblem]:
        limit = self.profile.kinds[item.kind].limits["number"]
        if len(item.number) > limit:
            said = f"number has {len(item.number)} characters; {self.profile.title} takes {limit}"
            yield FieldProblem("number", "max_length", said, SENDER)
        if self._config.format is Format.CSV:
            refuses = self._config.formulas is Formulas.REFUSE
            for place, rule, message in unsafe(record_of(item), formulas=refuses):
                yield FieldProblem(place, rule, message, SENDER)


def _place_of(config: FileDropConfig) -> Place:
    if not config.host:
        return LocalPlace(config.folder, config.timeout)
    from gatepost.connectors.filedrop.sftp import SftpPlace  # only who needs it loads SSH

    return SftpPlace(config)
