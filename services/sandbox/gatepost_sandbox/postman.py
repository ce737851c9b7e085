"""The SMTP side: takes mails over the wire and puts them into the mailbox."""

import asyncio
import logging
import socket

from aiosmtpd.smtp import SMTP, Envelope, Session

from gatepost_sandbox.acting import Stage
from gatepost_sandbox.mailbox import Mailbox, MailMode, opened
from gatepost_sandbox.store import Store


class Postman:
    """aiosmtpd's handler, and the listener it stands behind."""

    def __init__(self, store: Store, mailbox: Mailbox, stage: Stage) -> None:
        self._store = store
        self._mailbox = mailbox
        self._stage = stage
        self._lines: set[SMTP] = set()
        # Named outright: left to itself aiosmtpd logs every mail it is handed at level INFO.
        logging.getLogger("mail.log").setLevel(logging.WARNING)

    async def listen(self, sock: socket.socket) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self._pick_up, sock=sock)

    def hang_up(self) -> None:
        """Drop whoever is still on the line."""
        for line in self._lines:
            if line.transport is not None:
                line.transport.close()

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd looks for
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take one mail, or do what the switch says."""
        behaviour = self._mailbox.meet()
        if behaviour.mode is MailMode.HANG:
            await self._stage.pause(behaviour.delay)
            return "421 4.4.2 The sandbox did not get to it"
        if behaviour.mode is MailMode.REFUSE:
            return f"{behaviour.code} {behaviour.code // 100}.3.0 The sandbox was told to refuse"
        content = envelope.content or b""
        assert isinstance(content, bytes)  # noqa: S101 - decode_data is off
        mail = opened(content, envelope.mail_from or "", envelope.rcpt_tos)
        await self._store.aside(self._mailbox.keep, mail)
        return "250 2.0.0 Kept"

    def _pick_up(self) -> SMTP:
        # A host name is given because aiosmtpd would ask the network for one, for every caller.
        line = SMTP(self, hostname="sandbox", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())
        self._lines = {line for line in self._lines if line.transport is not None}
        self._lines.add(line)
        return line
