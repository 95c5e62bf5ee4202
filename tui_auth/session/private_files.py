"""Files that are the user's alone: read and written so that nobody else can look, steer or be in between.

A folder is 0700 and ours, a file 0600, ours, plain, and reached through no link (CWE-59, CWE-367, CWE-732).
What is looser is refused, as ssh refuses it, with the command that mends it: who has read it meanwhile is not
known, so it is not put right in silence.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress

from tui_auth.session.errors import StorageError

LARGEST_FILE = 64 * 1024
"""More than any session takes, in bytes."""

LEFT_OVER_SECONDS = 600.0
"""Longer than any writer is at its file."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS = 0o077


class PrivateFolder:
    """One folder of private files. Nothing is touched before the first call.

    ``below`` names a folder above it that must be private too, such as ``$XDG_RUNTIME_DIR``; ``largest`` is
    how many bytes a file may have. Every method raises StorageError where a rule is broken or the file system
    refuses.
    """

    def __init__(self, path: str, *, below: str | None = None, largest: int = LARGEST_FILE) -> None:
        self.path = path
        self._below = below
        self._largest = largest

    def read(self, name: str) -> bytes | None:
        """The file's content; None where there is no such file or no such folder."""
        folder = self._open(create=False)
        if folder is None:
            return None
        try:
            return self._read(folder, name)
        finally:
            os.close(folder)

    def write(self, name: str, content: bytes) -> None:
        """Put the content in the file's place: whoever reads finds the old or the new, whole (rename(2)).

        For one writer at a time: what a killed one left behind is swept away.
        """
        if len(content) > self._largest:
            raise StorageError(f"{self._path(name)} would become larger than it should ever be.")
        folder = self._created()
        try:
            self._refuse_what_is_there(folder, name)
            self._sweep(folder, name)
            temporary = _temporary(name)
            try:
                _write_new(folder, temporary, content)
                os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=folder)
                raise
            _sync_folder(folder)
        except OSError as error:
            raise StorageError(f"{self._path(name)} cannot be written: {error.strerror}.") from None
        finally:
            os.close(folder)

    def try_out(self, name: str) -> None:
        """Find out whether ``write`` would have room and leave, without changing the file."""
        folder = self._created()
        temporary = _temporary(name)
        try:
            self._refuse_what_is_there(folder, name)
            _write_new(folder, temporary, b" " * LARGEST_FILE)
        except OSError as error:
            raise StorageError(f"{self._path(name)} cannot be written: {error.strerror}.") from None
        finally:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            os.close(folder)

    def remove(self, name: str) -> bool:
        """Remove the file and what a killed writer left of it; whether there was one."""
        folder = self._open(create=False)
        if folder is None:
            return False
        try:
            self._sweep(folder, name)
            os.unlink(name, dir_fd=folder)
            _sync_folder(folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError(f"{self._path(name)} cannot be removed: {error.strerror}.") from None
        finally:
            os.close(folder)
        return True

    def names(self) -> list[str]:
        """The names of the files in it, without those being written."""
        folder = self._open(create=False)
        if folder is None:
            return []
        try:
            return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208
        except OSError as error:
            raise StorageError(f"{self.path} cannot be read: {error.strerror}.") from None
        finally:
            os.close(folder)

    def open_lock(self, name: str) -> int:
        """A descriptor, to read and write, of a file to lock; it is made if need be, and is empty then."""
        folder = self._created()
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, 0o600, dir_fd=folder)
        except OSError as error:
            self._refuse_what_is_there(folder, name)
            raise StorageError(f"{self._path(name)} cannot be opened: {error.strerror}.") from None
        finally:
            os.close(folder)
        try:
            found = os.fstat(descriptor)
            self._check_file(found, name)
            if not found.st_mode & 0o200:
                os.fchmod(descriptor, 0o600)  # the umask took away our own right to open it again
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    # -- the rules -------------------------------------------------------------------------------------

    def _read(self, folder: int, name: str) -> bytes | None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refuse_what_is_there(folder, name)
            raise StorageError(f"{self._path(name)} cannot be read: {error.strerror}.") from None
        try:
            self._check_file(os.fstat(descriptor), name)
            content = b""
            while len(content) <= self._largest and (part := os.read(descriptor, self._largest + 1)):
                content += part
        except OSError as error:
            raise StorageError(f"{self._path(name)} cannot be read: {error.strerror}.") from None
        finally:
            os.close(descriptor)
        if len(content) > self._largest:
            path = self._path(name)
            raise StorageError(f"{path} is larger than it should ever be. Remove it: rm {_quoted(path)}")
        return content

    def _refuse_what_is_there(self, folder: int, name: str) -> None:
        try:
            self._check_file(os.stat(name, dir_fd=folder, follow_symlinks=False), name)
        except FileNotFoundError:
            return

    def _check_file(self, found: os.stat_result, name: str) -> None:
        path = self._path(name)
        if stat.S_ISLNK(found.st_mode):
            raise StorageError(f"{path} is a link, so it is not used. Remove it: rm {_quoted(path)}")
        if not stat.S_ISREG(found.st_mode):
            raise StorageError(f"{path} is not a plain file. Remove it: rm -r {_quoted(path)}")
        if found.st_uid != os.geteuid():
            raise StorageError(f"{path} belongs to another user. Remove it: sudo rm {_quoted(path)}")
        if found.st_mode & _OTHERS:
            raise StorageError(
                f"{path} is open to other users, so it is not used. Close it: chmod 600 {_quoted(path)}"
            )

    def _check_folder(self, found: os.stat_result, path: str) -> None:
        if found.st_uid != os.geteuid():
            raise StorageError(
                f"{path} belongs to another user, so nothing is kept there. Make it yours: "
                f'sudo chown -R "$(id -u)" {_quoted(path)}'
            )
        if found.st_mode & _OTHERS:
            raise StorageError(
                f"{path} is open to other users, so it is not used. Close it: chmod 700 {_quoted(path)}"
            )

    def _check_above(self, found: os.stat_result, path: str) -> None:
        """The same for a folder that the system made, and that is therefore not ours to change."""
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
            raise StorageError(
                f"{path} is not yours alone, so nothing is kept below it. Have XDG_RUNTIME_DIR name a folder "
                "that is."
            )

    def _created(self) -> int:
        folder = self._open(create=True)
        if folder is None:
            raise StorageError(f"{self.path} cannot be made.")
        return folder

    def _open(self, *, create: bool) -> int | None:
        try:
            if self._below is not None:
                self._check_above(os.stat(self._below), self._below)  # noqa: PTH116
            if create:
                self._make()
            folder = os.open(self.path, _FOLDER)
        except FileNotFoundError:
            if create:
                raise StorageError(f"{self.path} cannot be made.") from None
            return None
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                there = self._in_the_way()
                is_ours = self.path == there or stat.S_ISREG(os.lstat(there).st_mode)
                # What the system itself keeps there, such as /dev/null, is nobody's to remove.
                cure = f"Remove it: rm {_quoted(there)}" if is_ours else "Have HOME or XDG_… lead elsewhere."
                raise StorageError(f"{there} is a link or a file where a folder should be. {cure}") from None
            raise StorageError(f"{self.path} cannot be opened: {error.strerror}.") from None
        try:
            self._check_folder(os.fstat(folder), self.path)
        except BaseException:
            os.close(folder)
            raise
        return folder

    def _folders_above(self) -> list[str]:
        """From the root's child down to the one that this folder is in."""
        parts = self.path.split("/")[1:-1]
        return ["/" + "/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]

    def _in_the_way(self) -> str:
        """The first part of the path that is there and is no folder; the whole where that is a link."""
        for above in self._folders_above():
            with suppress(OSError):
                if not stat.S_ISDIR(os.stat(above).st_mode):  # noqa: PTH116
                    return above
        return self.path

    def _make(self) -> None:
        for above in self._folders_above():
            # One by one: os.makedirs gives the mode to the last alone, and the rest to the umask.
            with suppress(FileExistsError):
                os.mkdir(above, 0o700)  # noqa: PTH102
        with suppress(FileExistsError):
            os.mkdir(self.path, 0o700)  # noqa: PTH102 - pathlib takes long to import
            # The umask may have taken away even our own rights.
            os.chmod(self.path, 0o700)  # noqa: PTH101

    def _sweep(self, folder: int, name: str) -> None:
        """Remove what a killed writer left, for it may hold tokens; another's if it is old."""
        for left in os.listdir(folder):
            if left.startswith(f".{name}.") or _is_left_over(folder, left):
                with suppress(OSError):
                    os.unlink(left, dir_fd=folder)

    def _path(self, name: str) -> str:
        return f"{self.path}/{name}"


def _temporary(name: str) -> str:
    return f".{name}.{os.urandom(8).hex()}"


def _is_left_over(folder: int, name: str) -> bool:
    """Whether this is a file of ``_temporary``'s that nobody has written to for a while."""
    stem, _, token = name.rpartition(".")
    if not stem.startswith(".") or len(token) != 16:
        return False
    try:
        age = time.time() - os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
    except OSError:
        return False
    return age > LEFT_OVER_SECONDS


def _write_new(folder: int, name: str, content: bytes) -> None:
    """Make a file that was not there and have its content on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        os.fchmod(descriptor, 0o600)
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: int) -> None:
    # Some file systems have no such thing for folders.
    with suppress(OSError):
        os.fsync(folder)


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)
