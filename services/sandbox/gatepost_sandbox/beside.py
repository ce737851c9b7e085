"""The sandbox as a part of a running program: ``gatepost run sandbox``."""

from typing import TYPE_CHECKING

import structlog

from gatepost.runtime.service import cannot_listen
from gatepost_sandbox.serving import Sandbox

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()


class Beside:
    """Starts and stops with the program; of the program itself it uses nothing."""

    def __init__(self, program: "Program | None") -> None:
        self._sandbox = Sandbox()

    def start(self) -> None:
        at = self._sandbox.settings
        try:
            self._sandbox.start()
        except OSError as error:
            mail = error.filename == f"{at.smtp_host}:{at.smtp_port}"
            setting = f"GATEPOST_SANDBOX_{'SMTP' if mail else 'HTTP'}_PORT"
            raise cannot_listen(error, setting) from None
        log.info("the sandbox is up", erp=self._sandbox.http_url, mail=self._sandbox.smtp_url)

    def stop(self) -> None:
        self._sandbox.stop()
