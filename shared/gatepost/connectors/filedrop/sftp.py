"""A drop in a folder of an SFTP server. The server's key is checked; none is ever learnt."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import paramiko
from paramiko.sftp import CMD_EXTENDED
from pydantic import SecretStr

from gatepost.connectors.errors import ConfigurationError, ConnectorError, Unavailable
from gatepost.connectors.filedrop.config import FileDropConfig
from gatepost.connectors.filedrop.names import Folder
from gatepost.connectors.filedrop.place import ANSWER_LIMIT, TooLarge, Way, now

KEEP_SECONDS: Final = 60.0  # an idle session older than this is closed
SSH_PORT: Final = 22  # known_hosts names others beside the host
TRUSTED_SECONDS: Final = 2.0  # one idle for longer may be gone over there: it is asked first
_TROUBLE: Final = (paramiko.SSHException, EOFError, OSError)


class UnknownHost(paramiko.SSHException):  # type: ignore[misc] # it ships no types
    """The server has a key that is not in known_hosts."""


class _Distrust(paramiko.MissingHostKeyPolicy):  # type: ignore[misc] # as above
    def missing_host_key(self, client: object, hostname: str, key: object) -> None:
        raise UnknownHost(hostname)


class SftpPlace:
    """The folder of a drop on a server; each call has a session for itself, kept for the next one."""

    def __init__(self, config: FileDropConfig) -> None:
        self._config = config
        self._idle: deque[SftpWay] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[Way]:
        way = self._kept() or SftpWay(self._config)
        try:
            way.must_have(Folder.SENT)  # were it gone, nothing would seem to have been dropped
            yield way
        finally:
            if way.is_broken:
                way.close()
            else:
                way.used_at = now()
                with self._lock:
                    self._idle.append(way)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> "SftpWay | None":
        """A session that is open still, the newest first; old ones are closed."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                way = self._idle.pop()
            if way.is_alive():
                return way
            way.close()


class SftpWay:
    """A session with the server.

    Raises:
        Unavailable, ConfigurationError: it cannot be had.

    """

    def __init__(self, config: FileDropConfig) -> None:
        self._root, self._user = config.folder.rstrip("/"), config.user
        self._timeout = config.timeout
        self._until = now() + config.timeout
        self.used_at = now()
        self.is_broken = False
        self._client = _signed_in(config)
        try:
            with self._told("signing in"):
                self._sftp = self._client.open_sftp()
            for folder in Folder:
                self.must_have(folder)
        except ConnectorError:
            self.close()
            raise

    def close(self) -> None:
        self._client.close()

    def is_alive(self) -> bool:
        """Whether the session can be used again; its time begins anew."""
        idle = now() - self.used_at
        if idle > KEEP_SECONDS:
            return False
        self._until = now() + self._timeout
        if idle > TRUSTED_SECONDS:
            try:
                self.must_have(Folder.SENT)
            except ConnectorError:
                return False
        transport = self._client.get_transport()
        return transport is not None and transport.is_active()

    def must_have(self, folder: Folder) -> None:
        """Nothing is made here: somebody has to have said where the drop is.

        Raises:
            Unavailable: the folder is missing.

        """
        if not self._has(f"{self._root}/{folder}"):
            raise Unavailable(f"the server has no folder {self._root}/{folder}")

    def is_there(self, folder: Folder, name: str) -> bool:
        return self._has(self._path(folder, name))

    def age(self, folder: Folder, name: str) -> float:
        with self._told(f"{folder}/{name}"):
            try:
                written = self._sftp.stat(self._path(folder, name)).st_mtime
            except FileNotFoundError:
                return 0.0
        return max(0.0, time.time() - (written or time.time()))

    def read(self, folder: Folder, name: str) -> bytes | None:
        with self._told(f"{folder}/{name}"):
            try:
                with self._sftp.open(self._path(folder, name), "rb") as file:
                    content: bytes = file.read(ANSWER_LIMIT + 1)
            except FileNotFoundError:
                self.must_have(folder)
                return None
        if len(content) > ANSWER_LIMIT:
            raise TooLarge(name)
        return content

    def write(self, folder: Folder, name: str, content: bytes) -> None:
        with self._told(f"{folder}/{name}"):
            path = self._path(folder, name)
            with self._sftp.open(path, "wb") as file:
                file.write(content)
                file.flush()
                self._sync(file)
            if self._sftp.stat(path).st_size != len(content):
                raise OSError(f"{name} has another size on the server")

    def move(self, folder: Folder, name: str, to: Folder, new_name: str) -> bool:
        old, new = self._path(folder, name), self._path(to, new_name)
        with self._told(f"{folder}/{name} (to move it into {to})"):
            try:
                self._rename(old, new)
            except FileNotFoundError:
                if self._has(old):
                    self.must_have(to)
                    raise
                return False
        return True

    def _rename(self, old: str, new: str) -> None:
        try:
            self._sftp.posix_rename(old, new)
        except OSError as error:
            if not self._is_no(error):
                raise
            self._sftp.rename(old, new)  # it does not know the other; this one replaces nothing

    def _sync(self, file: paramiko.SFTPFile) -> None:
        """Have it on the server's disk, if the server can be asked for that."""
        try:
            self._sftp._request(CMD_EXTENDED, "fsync@openssh.com", file.handle)
        except OSError as error:
            if not self._is_no(error):
                raise

    def _is_no(self, error: OSError) -> bool:
        """Whether the server has answered that it cannot: a no of its own, without a number."""
        transport = self._client.get_transport()
        answered = error.errno is None and not isinstance(error, TimeoutError)
        return answered and transport is not None and transport.is_active()

    def _has(self, path: str) -> bool:
        with self._told(path):
            try:
                self._sftp.lstat(path)
            except FileNotFoundError:
                return False
        return True

    def _path(self, folder: Folder, name: str) -> str:
        return f"{self._root}/{folder}/{name}"

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """The library's errors in the connectors' words; all a call asks for has to fit its time."""
        left = self._until - now()
        try:
            if left <= 0:
                raise TimeoutError("the time of the call is used up")
            if hasattr(self, "_sftp"):
                self._sftp.get_channel().settimeout(left)
            yield
        except PermissionError:
            user = self._user
            raise ConfigurationError(f"the server does not let {user} use {what}") from None
        except _TROUBLE as error:
            why = str(error) or type(error).__name__
            if isinstance(error, OSError) and self._is_no(error):
                said = f"the SFTP server cannot do it ({what}): {why}; is its disk full?"
                raise Unavailable(said) from None
            self.is_broken = True
            raise Unavailable(f"the SFTP server does not answer ({what}): {why}") from None


def _signed_in(config: FileDropConfig) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_Distrust())
    _know_hosts(client, config.known_hosts)
    key = _key(config)
    try:
        client.connect(
            config.host,
            config.port,
            config.user,
            password=_secret(config.password),
            pkey=key,
            timeout=config.timeout,
            banner_timeout=config.timeout,
            auth_timeout=config.timeout,
            channel_timeout=config.timeout,
            allow_agent=False,
            look_for_keys=False,
        )
    except _TROUBLE as error:
        client.close()
        raise _explained(error, config) from None
    return client


def _know_hosts(client: paramiko.SSHClient, known_hosts: str) -> None:
    try:
        client.load_host_keys(known_hosts)
    except OSError as error:
        raise _unread(known_hosts, error) from None
    except (paramiko.hostkeys.InvalidHostKey, ValueError):
        said = f"{known_hosts} has a line that is not in the form of OpenSSH's known_hosts"
        raise ConfigurationError(said) from None


def _key(config: FileDropConfig) -> paramiko.PKey | None:
    """The private key of the options; asked for before anything is sent to the server."""
    if not config.key_file:
        return None
    passphrase = _secret(config.key_passphrase)
    try:
        return paramiko.PKey.from_path(config.key_file, passphrase and passphrase.encode())
    except OSError as error:
        raise _unread(config.key_file, error) from None
    except (TypeError, ValueError, paramiko.SSHException):
        fits = "it has another passphrase than key_passphrase says"
        if not passphrase:
            fits = "it has a passphrase, and key_passphrase is not set"
        said = f"{config.key_file} cannot be opened: {fits}, or it is no private key"
        raise ConfigurationError(said) from None


def _unread(path: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{path} cannot be read: {error.strerror}")


def _explained(error: Exception, config: FileDropConfig) -> ConnectorError:
    """Why nobody could sign in; what the server said stands in it, what we said does not."""
    where = config.host if config.port == SSH_PORT else f"[{config.host}]:{config.port}"
    match error:
        case UnknownHost():
            return ConfigurationError(f"the key of {where} is not in {config.known_hosts}")
        case paramiko.BadHostKeyException():
            return ConfigurationError(f"{where} has another key than {config.known_hosts} says")
        case paramiko.AuthenticationException():
            return ConfigurationError(f"{where} does not let {config.user} in")
        case _:
            said = getattr(error, "strerror", "") or str(error) or type(error).__name__
            return Unavailable(f"the SFTP server {where} cannot be reached: {said}")


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None
