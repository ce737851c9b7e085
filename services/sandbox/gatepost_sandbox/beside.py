"""The sandbox as a part of a running program: ``gatepost run sandbox``."""

from typing import TYPE_CHECKING

import structlog

from gatepost_sandbox.serving import Sandbox

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()


class Beside:
    """Starts and stops with the program; of the program itself it uses nothing."""

    def __init__(self, program: "Program | None") -> None:
        self._sandbox = Sandbox()

    def start(self) -> None:
        self._sandbox.start()
        log.info("the sandbox is up", erp=self._sandbox.http_url, mail=self._sandbox.smtp_url)

    def stop(self) -> None:
        self._sandbox.stop()
