"""An SFTP server in a process of its own, by another hand than the client's: asyncssh.

Its words come in on standard input, one a line: ``away``, ``back``, ``lose`` (the answer to the next
move into outgoing). Each is answered by the same word once it holds.
"""

import asyncio
import json
import sys
from pathlib import Path

import asyncssh

USER, PASSWORD = "gatepost", "kit-secret-7c1e"


class Server:
    """What is to go wrong, and who is connected."""

    def __init__(self) -> None:
        self.is_away = False
        self.loses = False
        self.connections: set[asyncssh.SSHServerConnection] = set()

    def hang_up(self) -> None:
        for connection in list(self.connections):
            connection.abort()


class Guard(asyncssh.SSHServer):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._server.connections.add(conn)
        if self._server.is_away:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection:
            self._server.connections.discard(self._connection)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class Files(asyncssh.SFTPServer):
    """The files below the folder it was given, and no others."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], server: Server, root: str) -> None:
        super().__init__(chan, chroot=root.encode())
        self._server = server

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(oldpath, newpath)
        if self._server.loses and b"/outgoing/" in newpath:
            self._server.loses = False
            self._server.hang_up()


async def serve(root: str, key: str) -> None:
    server, host_key = Server(), asyncssh.generate_private_key("ssh-ed25519")
    listening = await asyncssh.create_server(
        lambda: Guard(server),
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=key,
        sftp_factory=lambda chan: Files(chan, server, root),
    )
    public = host_key.export_public_key().decode().strip()
    say(json.dumps({"port": listening.get_port(), "host_key": public}))
    while word := (await asyncio.to_thread(sys.stdin.readline)).strip():
        server.is_away = word == "away"
        server.loses = word == "lose"
        if word == "away":
            server.hang_up()
        say(word)
    listening.close()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], str(Path(sys.argv[2]))))
