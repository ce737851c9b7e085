"""The sandbox as something to start and stop, in a process of its own or inside another."""

import signal
import socket
import sys
import threading
from contextlib import ExitStack
from typing import Self

from gatepost.runtime.sockets import listening_socket
from gatepost_sandbox.acting import Stage
from gatepost_sandbox.app import create_app
from gatepost_sandbox.behaviour import BehaviourSwitch
from gatepost_sandbox.books import Books
from gatepost_sandbox.erp import Erp
from gatepost_sandbox.front_office import FrontOffice
from gatepost_sandbox.inbox import Inbox
from gatepost_sandbox.listening import Listener
from gatepost_sandbox.mailbox import Mailbox
from gatepost_sandbox.postman import Postman
from gatepost_sandbox.settings import Settings
from gatepost_sandbox.store import Store


class Sandbox:
    """The whole of it. Started again, it has the same books and listens on the same ports."""

    books: Books
    switch: BehaviourSwitch
    mailbox: Mailbox
    http_url: str
    smtp_url: str

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

    def start(self) -> Self:
        """Listen, and return when requests are answered. A port that is taken raises OSError."""
        at = self.settings
        with ExitStack() as opened:
            http = opened.enter_context(listening_socket(at.http_host, at.http_port))
            smtp = opened.enter_context(listening_socket(at.smtp_host, at.smtp_port))
            store = Store(at.data)
            opened.callback(store.close)
            self._listener = self._wired(store)
            self._name(http, smtp)
            self._listener.listen(http, smtp)
            self._opened = opened.pop_all()
        return self

    def stop(self) -> None:
        """Drop every connection, close the books."""
        self._listener.leave()
        self._opened.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _wired(self, store: Store) -> Listener:
        stage = Stage()
        self.books, self.switch = Books(store), BehaviourSwitch()
        self.mailbox = Mailbox(store)
        erp = Erp(store, self.books, self.switch, stage)
        office = FrontOffice(store, self.books, self.switch)
        app = create_app(erp, office, Inbox(store, self.mailbox))
        return Listener(app, Postman(store, self.mailbox, stage), stage)

    def _name(self, http: socket.socket, smtp: socket.socket) -> None:
        """Write down the ports that were chosen, so that a restart is found where it was."""
        ports = {"http_port": http.getsockname()[1], "smtp_port": smtp.getsockname()[1]}
        self.settings = at = self.settings.model_copy(update=ports)
        self.http_url = f"http://{at.http_host}:{at.http_port}"
        self.smtp_url = f"smtp://{at.smtp_host}:{at.smtp_port}"


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with Sandbox() as sandbox:
        sys.stdout.write(f"sandbox ERP {sandbox.http_url}  mail {sandbox.smtp_url}\n")
        sys.stdout.flush()
        told.wait()


if __name__ == "__main__":
    main()
