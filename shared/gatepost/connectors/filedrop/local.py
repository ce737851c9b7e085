"""A drop in a folder of this machine: a disk, or a share that is mounted."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gatepost.connectors.errors import ConfigurationError, ConnectorError, Unavailable
from gatepost.connectors.filedrop.names import Folder
from gatepost.connectors.filedrop.place import ANSWER_LIMIT, TooLarge, Way, now

_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)  # what the ERP's side has linked to is not read
_MODE: Final = 0o660  # Gatepost and the ERP's own user, who has a group in common with it
_APART: Final = "outgoing, sent and writing are not on one file system: nothing moves in one step"
_MISCONFIGURED: Final = (PermissionError, NotADirectoryError, IsADirectoryError)


class LocalPlace:
    """The folder of a drop.

    Args:
        folder: its path.
        timeout: seconds for all of one call.

    """

    def __init__(self, folder: str, timeout: float) -> None:
        self._root, self._timeout = Path(folder), timeout

    @contextmanager
    def open(self) -> Iterator[Way]:
        way = LocalWay(self._root, now() + self._timeout)
        way.must_be_there()
        yield way

    def close(self) -> None:
        """Nothing is held open."""


class LocalWay:
    """The way there is the file system's."""

    def __init__(self, root: Path, until: float) -> None:
        self._root, self._until = root, until

    def must_be_there(self) -> None:
        """Nothing is made here: on a share that is not mounted it would be made on our own disk.

        Raises:
            Unavailable: a folder is missing.
            ConfigurationError: it is no folder, may not be written into, or is on another file system.

        """
        devices = set()
        for folder in Folder:
            path = self._root / folder
            with _told(f"{path}"):
                found = path.stat()
                if not stat.S_ISDIR(found.st_mode):
                    raise ConfigurationError(f"{path} is no folder")
            if folder is not Folder.ACKNOWLEDGEMENTS:
                devices.add(found.st_dev)
                if not os.access(path, os.W_OK | os.X_OK):
                    raise ConfigurationError(
                        f"{path} cannot be used: no permission to write into it"
                    )
        if len(devices) > 1:
            raise ConfigurationError(_APART)

    def is_there(self, folder: Folder, name: str) -> bool:
        with _told(f"{self._root / folder / name}"):
            return os.path.lexists(self._path(folder, name))

    def age(self, folder: Folder, name: str) -> float:
        try:
            return max(0.0, time.time() - self._path(folder, name).stat().st_mtime)
        except OSError:
            return 0.0

    def read(self, folder: Folder, name: str) -> bytes | None:
        with _told(f"{self._root / folder / name}"):
            try:
                handle = os.open(self._path(folder, name), os.O_RDONLY | _NO_LINKS)
            except FileNotFoundError:
                if not (self._root / folder).is_dir():
                    raise
                return None
            with open(handle, "rb") as file:
                content = file.read(ANSWER_LIMIT + 1)
        if len(content) > ANSWER_LIMIT:
            raise TooLarge(name)
        return content

    def write(self, folder: Folder, name: str, content: bytes) -> None:
        with _told(f"{self._root / folder / name}"):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINKS
            self._must_be_in_time(name)
            with open(os.open(self._path(folder, name), flags, _MODE), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _sync(self._root / folder)

    def move(self, folder: Folder, name: str, to: Folder, new_name: str) -> bool:
        with _told(f"{self._root / folder / name} (to move it into {to})"):
            self._must_be_in_time(name)
            try:
                self._path(folder, name).replace(self._path(to, new_name))
            except FileNotFoundError:
                self.must_be_there()
                return False
            _sync(self._root / to)
            _sync(self._root / folder)
        return True

    def _must_be_in_time(self, name: str) -> None:
        if now() > self._until:
            raise Unavailable(f"the time of the call was used up before {name} was there")

    def _path(self, folder: Folder, name: str) -> Path:
        return self._root / folder / name


@contextmanager
def _told(what: str) -> Iterator[None]:
    """The system's errors in the connectors' words."""
    try:
        yield
    except ConnectorError:
        raise
    except _MISCONFIGURED as error:
        raise ConfigurationError(f"{what} cannot be used: {error.strerror}") from None
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise ConfigurationError(f"{_APART} ({what})") from None
        why = f"{what}: {error.strerror or error}; is the folder made, and mounted?"
        raise Unavailable(f"the drop cannot be used: {why}") from None


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk; Windows does not know that for folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
