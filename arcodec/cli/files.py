"""Files, safely: inputs are only read; outputs appear whole under their name, or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from io import BufferedReader
from types import TracebackType
from typing import Protocol

from arcodec.errors import FileRefusedError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

STDIN = "-"
_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
_LONGEST = 200  # bytes of a name kept in that of its temporary file; file systems allow 255 or so


@dataclass(frozen=True)
class Input:
    """An open input.

    Attributes:
        path: as it was given.
        file: to be read once.
        status: what the file system said when it was opened; None for standard input.
    """

    path: str
    file: BufferedReader
    status: os.stat_result | None

    def refuse_changed(self, size: int) -> None:
        """Raise FileRefusedError unless it is as it was when opened, and `size` bytes were read."""
        if self.status and (size != self.status.st_size or _changed(self.status, os.fstat(self.file.fileno()))):
            raise FileRefusedError("changed while it was being read; nothing was kept")

    def refuse_terminal(self) -> None:
        """Raise FileRefusedError if it is a terminal: nobody types compressed data."""
        if self.file.isatty():
            raise FileRefusedError("compressed data are not read from a terminal; name a file or redirect one")

    def remove(self) -> None:
        """Remove the file.

        Raises:
            FileRefusedError: it is not what was opened any more.
        """
        assert self.status is not None  # the options refuse to remove standard input
        now = os.lstat(self.path)
        if _changed(self.status, now) or not os.path.samestat(self.status, now):
            raise FileRefusedError("changed after it had been read; not removed")
        os.remove(self.path)


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


@contextmanager
def opened(path: str, *, to_remove: bool = False) -> Iterator[Input]:
    """Open a regular file, a link to one, or standard input.

    Raises:
        FileRefusedError: it is anything else, or a link that is to be removed.
    """
    if path == STDIN:
        with open(0, "rb", closefd=False) as file:
            yield Input(path, file, None)
        return
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        what = "is a broken symbolic link" if os.path.islink(path) else "there is no such file"
        raise FileRefusedError(what) from None
    if stat.S_ISDIR(mode):
        raise FileRefusedError("is a folder; -r takes what is in it")
    if not stat.S_ISREG(mode):
        raise FileRefusedError(
            f"is {_KINDS.get(stat.S_IFMT(mode), 'no regular file')}; pipe it in if you mean its data"
        )
    if to_remove and os.path.islink(path):
        raise FileRefusedError("is a symbolic link, which --rm does not remove")
    with open(path, "rb") as file:
        yield Input(path, file, os.fstat(file.fileno()))


class CountingSink(Protocol):
    """A sink that knows how many bytes it has kept."""

    size: int

    def write(self, data: bytes | memoryview, /) -> object:
        """Take all of `data`."""


class Stdout:
    """Standard output, as a sink."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Write all of `data`."""
        try:
            self.size += _write(1, data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileRefusedError(f"cannot write to standard output: {error.strerror}") from None


class Nothing:
    """A sink that keeps nothing."""

    size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Forget `data`."""


class Output:
    """A file that gets its name when it is complete: `write`, then `commit`. A context manager.

    Args:
        target: the name.
        force: replace a file that exists.
        source: status of the input, which must not be the target.

    Raises:
        FileRefusedError: the target is the input, is no regular file, exists and may not be replaced, or cannot be
            written.
    """

    def __init__(self, target: str, force: bool, source: os.stat_result | None) -> None:
        self.target = target
        self.size = 0
        self._force = force
        self._folder, self._name = os.path.split(target)
        self._folder = self._folder or os.curdir
        self._refuse_existing(source)
        try:
            self._fd, self.temporary = tempfile.mkstemp(".tmp", _temporary_prefix(self._name), self._folder)
        except OSError as error:
            raise FileRefusedError(f"cannot write into {self._folder}: {error.strerror}") from None
        _lock(self._fd)

    def _refuse_existing(self, source: os.stat_result | None) -> None:
        if not os.path.isdir(self._folder):
            raise FileRefusedError(f"there is no folder {self._folder} to write into")
        try:
            status = os.lstat(self.target)
        except FileNotFoundError:
            return
        if source and os.path.samestat(status, source):
            raise FileRefusedError("is input and output at once")
        if not stat.S_ISREG(status.st_mode):
            raise FileRefusedError(f"{self.target} is no regular file and is not replaced")
        if not self._force:
            raise FileRefusedError(f"{self.target} exists; -f replaces it")

    def write(self, data: bytes | memoryview) -> None:
        """Write all of `data`."""
        try:
            self.size += _write(self._fd, data)
        except OSError as error:
            raise FileRefusedError(f"cannot write {self.target}: {error.strerror}; nothing of it was kept") from None

    def commit(self, source: os.stat_result | None) -> None:
        """Give the file the mode and times of `source`, put it on disk, and give it its name."""
        _carry(self._fd, self.temporary, source)
        os.fsync(self._fd)
        os.close(self._fd)
        self._fd = -1
        if self._force:
            os.replace(self.temporary, self.target)
        else:
            try:
                _rename_to_new(self.temporary, self.target)
            except FileExistsError:
                raise FileRefusedError(f"{self.target} has appeared meanwhile; not replaced") from None
        _sync_folder(self._folder)

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        with suppress(FileNotFoundError):
            os.unlink(self.temporary)


def _write(fd: int, data: bytes | memoryview) -> int:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    return len(data)


def _carry(fd: int, path: str, source: os.stat_result | None) -> None:
    """Give a file of ours the owner where allowed, and the mode and times, of the input."""
    if source is None:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(path, 0o666 & ~mask)
        return
    mode = source.st_mode & 0o777
    if hasattr(os, "fchown"):
        try:
            os.fchown(fd, -1, source.st_gid)
        except OSError:  # another group: it gets no more than everybody
            mode &= 0o707 | (mode & 0o007) << 3
        with suppress(OSError):
            os.fchown(fd, source.st_uid, -1)
    os.chmod(path, mode)
    os.utime(path, ns=(source.st_atime_ns, source.st_mtime_ns))


def _rename_to_new(temporary: str, target: str) -> None:
    """Rename, but raise FileExistsError rather than replace anything."""
    if os.name == "nt":
        os.rename(temporary, target)  # does just that there
        return
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: take the name, then replace what took it
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.replace(temporary, target)


def _sync_folder(folder: str) -> None:
    """Put a new name on disk."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot, and say so in this way
            raise
    finally:
        os.close(fd)


def _temporary_prefix(name: str) -> str:
    return f".{os.fsencode(name)[:_LONGEST].decode(errors='ignore')}.arcodec-"


def is_temporary(name: str) -> bool:
    """Whether a file is named like a temporary file of ours."""
    return name.startswith(".") and ".arcodec-" in name and name.endswith(".tmp")


@cache
def _temporaries(folder: str) -> list[str]:
    """The temporary files in a folder, as first seen by this process."""
    try:
        return sorted(filter(is_temporary, os.listdir(folder)))
    except OSError:
        return []


def leftovers(target: str) -> list[str]:
    """Temporary files for `target` that no running process writes."""
    folder, name = os.path.split(target)
    prefix = _temporary_prefix(name)
    paths = [os.path.join(folder, n) for n in _temporaries(folder or os.curdir) if n.startswith(prefix)]
    return [path for path in paths if _abandoned(path)]


def _lock(fd: int) -> bool:
    """Mark a temporary file as being written, until it is closed; False if another process does, or none can."""
    try:
        if fcntl is not None:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _abandoned(path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return _lock(fd)
    finally:
        os.close(fd)
