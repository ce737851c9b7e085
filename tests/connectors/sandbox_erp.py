"""The sandbox ERP as the conformance kit wants one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from gatepost.connectors.port import Connector, ExportItem
from gatepost.domain.items import Origin
from gatepost.testing.conformance import ErpUnderTest
from gatepost_exporter import sandbox
from gatepost_exporter.sandbox import SandboxConfig, SandboxConnector, record_of
from gatepost_sandbox.behaviour import Behaviour, Mode
from gatepost_sandbox.kinds import Kind as RecordKind
from gatepost_sandbox.serving import Sandbox

#: Seconds until the line goes dead: the tests need not sit out the connector's patience.
SOON: Final = 0.05


class SandboxErp(ErpUnderTest):
    """An ERP that fails at will."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def connector(self) -> Connector:
        return SandboxConnector(SandboxConfig(url=self._sandbox.http_url, timeout=30.0))

    def count(self, item: ExportItem) -> int:
        return len(self._sandbox.books.records(mark=item.mark))

    def losing_answers(self) -> Any:  # noqa: ANN401 - a context
        return self._behaves(Mode.TIMEOUT_AFTER)

    def away(self) -> Any:  # noqa: ANN401 - a context
        return self._behaves(Mode.DOWN)

    def edit(self, item: ExportItem, origin: Origin) -> bool:
        body = {"title": "changed by a bookkeeper"}
        self._sandbox.books.amend(RecordKind(item.kind.value), origin.id, body)
        return True

    def copy(self, item: ExportItem, origin: Origin) -> bool:
        self._sandbox.books.enter(RecordKind(item.kind.value), record_of(item))
        return True

    def amounts(self, item: ExportItem, origin: Origin) -> dict[str, str]:
        (record,) = self._sandbox.books.records(mark=item.mark)
        return {line["id"]: line["amount"] for line in record["lines"]}

    def short_pages(self) -> Any:  # noqa: ANN401 - a context
        return patch.object(sandbox, "PAGE", 2)

    def vendor(self) -> str:
        return "V-100"

    @contextmanager
    def _behaves(self, mode: Mode) -> Iterator[None]:
        self._sandbox.switch.turn(Behaviour(mode=mode, delay=SOON))
        try:
            yield
        finally:
            self._sandbox.switch.turn(Behaviour())
