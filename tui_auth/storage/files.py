"""Private files and atomic writes: the one place that creates, replaces and checks files.

``PrivateFolder`` holds the user's own files. The folder is 0700 and ours; a file is 0600, ours,
plain, and reached through no link (CWE-59, CWE-367, CWE-732). Anything looser is rejected, as ssh does, with
the command that repairs it. It isn't repaired silently: nobody knows who has read it meanwhile.

The functions below it are for files that the user also edits: a link is followed and permissions are kept.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import contextmanager, suppress

from tui_auth.errors import StorageError as StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_FILE = 64 * 1024
"""In bytes: more than any session takes."""

LEFTOVER_SECONDS = 600.0
"""Longer than any writer works on its temporary file."""

PRIVATE_FILE_MODE = 0o600
PRIVATE_FOLDER_MODE = 0o700
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


class FileSystemError(StorageError):
    """The file system failed, or doesn't permit it: a full or read-only disk."""


class UnreadableFileError(Exception):
    """A file of the user's can't be read; the text is the reason, without the path."""


class ForeignFileError(UnreadableFileError):
    """A file belongs to a user whose files aren't accepted here, or everyone can change it."""


class PrivateFolder:
    """One folder of private files. Nothing is touched before the first call.

    Every method raises StorageError if a rule is broken or the file system fails.
    """

    def __init__(self, path: str, *, below: str | None = None, largest: int = LARGEST_FILE) -> None:
        """Describe a folder by its absolute path, and the ``largest`` size of its files in bytes.

        ``below`` is a folder above it that must be private too, such as ``$XDG_RUNTIME_DIR``.
        """
        self.path = path
        self._below = below
        self._largest = largest

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is no such file or folder."""
        with self._opened("read", name) as folder:
            return None if folder is None else self._read(folder, name)

    def write(self, name: str, content: bytes) -> None:
        """Replace a file atomically: a reader finds the old or the new content, complete (rename(2)).

        For one writer at a time. Temporary files of killed writers are removed.
        """
        if len(content) > self._largest:
            raise StorageError(f"{self._path(name)} would become too large.")
        with self._created("written", name) as folder:
            self._check_existing(folder, name)
            self._remove_leftovers(folder, name)
            _replace_in(folder, name, content, PRIVATE_FILE_MODE)

    def remove(self, name: str) -> bool:
        """Remove a file and temporary files of killed writers. Return whether the file existed."""
        with self._opened("removed", name) as folder:
            if folder is None:
                return False
            try:
                self._remove_leftovers(folder, name)
                os.unlink(name, dir_fd=folder)
                _sync_folder(folder)
            except FileNotFoundError:
                return False
            return True

    def names(self) -> list[str]:
        with self._opened("read") as folder:
            names = os.listdir(folder) if folder is not None else []  # noqa: PTH208
            return sorted(name for name in names if not name.startswith("."))

    def open_lock(self, name: str) -> int:
        """Return a descriptor for reading and writing a lock file, which is created empty if needed."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with self._created("opened", name) as folder:
            try:
                descriptor = os.open(name, flags, PRIVATE_FILE_MODE, dir_fd=folder)
            except OSError:
                self._check_existing(folder, name)
                raise
        try:
            status = os.fstat(descriptor)
            self._check_file(status, name)
            if status.st_mode & 0o600 != 0o600:
                # The umask took away our own right to open it again.
                os.fchmod(descriptor, PRIVATE_FILE_MODE)
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
        except OSError:
            self._check_existing(folder, name)
            raise
        try:
            self._check_file(os.fstat(descriptor), name)
            content = b""
            while len(content) <= self._largest and (part := os.read(descriptor, self._largest + 1)):
                content += part
        finally:
            os.close(descriptor)
        if len(content) > self._largest:
            path = self._path(name)
            raise StorageError(f"{path} is too large. {_move_away(path)}")
        return content

    def _check_existing(self, folder: int, name: str) -> None:
        try:
            self._check_file(os.stat(name, dir_fd=folder, follow_symlinks=False), name)
        except FileNotFoundError:
            return

    def _check_file(self, status: os.stat_result, name: str) -> None:
        path = self._path(name)
        if stat.S_ISLNK(status.st_mode):
            raise StorageError(f"{path} is a link, so it isn't used. {_move_away(path)}")
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(f"{path} isn't a regular file. {_move_away(path)}")
        if status.st_uid != os.geteuid():
            raise _foreign(path, "", _move_away(path, sudo=True))
        if status.st_mode & _OTHERS:
            raise StorageError(
                f"Other users can access {path}, so it isn't used. Make it private: chmod 600 {_quoted(path)}"
            )

    def _check_folder(self, status: os.stat_result) -> None:
        path = self.path
        if status.st_uid != os.geteuid():
            cure = f'Take ownership: sudo chown -R "$(id -u)" {_quoted(path)}'
            raise _foreign(path, ", so nothing is stored there", cure)
        if status.st_mode & _OTHERS:
            raise StorageError(
                f"Other users can access {path}, so it isn't used. Make it private: chmod 700 {_quoted(path)}"
            )

    def _check_folder_above(self, path: str) -> None:
        """Check a folder that the system made, and that is therefore not ours to change."""
        status = os.stat(path)  # noqa: PTH116 - pathlib takes long to import
        if status.st_uid != os.geteuid() or status.st_mode & _OTHERS:
            raise StorageError(
                f"Other users can access {path}, so nothing is stored there. Set XDG_RUNTIME_DIR to a "
                "private folder."
            )

    @contextmanager
    def _created(self, action: str, name: str) -> Iterator[int]:
        """Open the folder for a block, as ``_opened`` does, and create it if it is missing."""
        with self._opened(action, name, create=True) as folder:
            assert folder is not None
            yield folder

    @contextmanager
    def _opened(self, action: str, name: str = "", *, create: bool = False) -> Iterator[int | None]:
        """Open the folder for a block that does something with one of its files; None if there is no folder.

        An OSError in the block becomes a StorageError: the file cannot be ``action``, such as "written".
        """
        folder = self._open(create=create)
        try:
            yield folder
        except OSError as error:
            path = self._path(name) if name else self.path
            raise FileSystemError(f"{path} can't be {action}: {error.strerror}.") from None
        finally:
            if folder is not None:
                os.close(folder)

    def _open(self, *, create: bool) -> int | None:
        try:
            if self._below is not None:
                self._check_folder_above(self._below)
            if create:
                make_private_folder(self.path)
            folder = os.open(self.path, _FOLDER)
        except FileNotFoundError:
            if create:
                raise StorageError(f"{self.path} can't be created.") from None
            return None
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                obstacle = self._obstacle()
                # Above our own folder it may be a file of the system, if HOME is wrong.
                is_ours = obstacle == self.path
                cure = _move_away(obstacle) if is_ours else "Set HOME or XDG_… to another folder."
                raise StorageError(
                    f"{obstacle} is a link or a file where a folder should be. {cure}"
                ) from None
            raise FileSystemError(f"{self.path} can't be opened: {error.strerror}.") from None
        try:
            self._check_folder(os.fstat(folder))
        except BaseException:
            os.close(folder)
            raise
        return folder

    def _obstacle(self) -> str:
        """Return the first part of the path that exists and is no folder, else the path, which is a link."""
        parts = self.path.split("/")
        for depth in range(2, len(parts)):
            above = "/".join(parts[:depth])
            with suppress(OSError):
                if not stat.S_ISDIR(os.stat(above).st_mode):  # noqa: PTH116
                    return above
        return self.path

    def _remove_leftovers(self, folder: int, name: str) -> None:
        """Remove what a killed writer left, for it may hold tokens; another file's only if it is old."""
        for entry in os.listdir(folder):
            if entry.startswith(f".{name}.") or _is_leftover(folder, entry):
                with suppress(OSError):
                    os.unlink(entry, dir_fd=folder)

    def _path(self, name: str) -> str:
        return f"{self.path}/{name}"


# -- files that the user edits too ---------------------------------------------------------------------


def read_plain_file(
    path: Path, *, largest: int, owners: frozenset[int] | None = None, is_unshared: bool = False
) -> bytes:
    """Return the content of a plain file.

    A pipe or a device would keep the program waiting, so it is rejected before anything is read. The owner of
    the opened file counts: a moment later the name may lead elsewhere (CWE-367).

    A link is followed. Raises ForeignFileError if the file belongs to none of ``owners`` (user IDs; None for
    any) or everyone can change it, UnreadableFileError if it can't be read, isn't a plain file, or has more
    than ``largest`` bytes, and with ``is_unshared`` StorageError if other users can change the file or its
    folder: see ``check_unshared``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableFileError("this isn't a regular file.")
            if owners is not None and status.st_uid not in owners:
                raise ForeignFileError("belongs to another user")
            if owners is not None and status.st_mode & stat.S_IWOTH:
                raise ForeignFileError("can be changed by every user")
            if is_unshared:
                check_unshared(os.fspath(path), status)
                check_unshared(os.path.realpath(path).rpartition("/")[0] or "/")
            content = file.read(largest + 1)
    except OSError as error:
        if owners is not None and _belongs_to_another(path, owners):
            raise ForeignFileError("belongs to another user") from None
        raise UnreadableFileError(f"it can't be read: {error.strerror}.") from None
    except ValueError:
        raise UnreadableFileError("this isn't a path.") from None
    if len(content) > largest:
        raise UnreadableFileError(f"it is longer than {largest} bytes, which is too long.")
    return content


def make_private_folder(path: str | Path) -> None:
    """Create a folder, and those above it that are missing, for the user alone.

    Raises OSError, and StorageError if the folder to create them in belongs to another user: as root in a
    user's home, they would lock the user out.
    """
    existing, missing = os.fspath(path), list[str]()
    while existing != "/" and not os.path.lexists(existing):
        missing.append(existing)
        existing = existing.rpartition("/")[0] or "/"
    if missing and os.path.isdir(existing):  # noqa: PTH112 - pathlib takes long to import
        check_owner(existing)
    for folder in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(folder, PRIVATE_FOLDER_MODE)  # noqa: PTH102
            # The umask may have taken away even our own rights.
            os.chmod(folder, PRIVATE_FOLDER_MODE)  # noqa: PTH101


def open_private(path: str, flags: int) -> int:
    """Open a file anywhere, as ``open`` needs it, without waiting for a pipe; a new one is 0600.

    Raises OSError, and StorageError if it, or the folder to create it in, belongs to another user.
    """
    is_new = not os.path.exists(path)  # noqa: PTH110
    if is_new:
        check_owner(os.path.realpath(path).rpartition("/")[0] or "/")
    descriptor = os.open(path, flags | os.O_NONBLOCK, PRIVATE_FILE_MODE)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            check_owner(path, status)
        if is_new:
            os.fchmod(descriptor, PRIVATE_FILE_MODE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _move_away(path: str, *, sudo: bool = False) -> str:
    """Return the cure for what tui-auth didn't make and so must not advise to remove."""
    return f"Move it: {'sudo ' if sudo else ''}mv {_quoted(path)} {_quoted(f'{path}.old')}"


def check_owner(path: str, status: os.stat_result | None = None) -> None:
    """Raise StorageError if a file or folder belongs neither to us nor to root."""
    status = status or os.stat(path)  # noqa: PTH116
    if status.st_uid not in (os.geteuid(), 0):
        cure = f'Check it, then take ownership: sudo chown "$(id -u)" {_quoted(path)}'
        raise _foreign(path, ", so it isn't used", cure)


def check_unshared(path: str, status: os.stat_result | None = None) -> None:
    """Raise StorageError, with the cure, if other users than root own or can change a file or folder.

    In a folder with the sticky bit, such as ``/tmp``, nobody can replace the files of another.
    """
    status = status or os.stat(path)  # noqa: PTH116
    check_owner(path, status)
    if status.st_mode & _OTHERS_WRITE and not (
        stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    ):
        raise StorageError(
            f"Other users can change {path}, so it isn't used. Protect it: chmod go-w {_quoted(path)}"
        )


def replace_file(path: Path, content: str, *, mode: int = PRIVATE_FILE_MODE) -> None:
    """Replace a file atomically. Raises OSError.

    A link stays, and the file it leads to is replaced: some people keep their settings in a repository. An
    existing file keeps its permissions.
    """
    target = os.path.realpath(path)
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(os.stat(target).st_mode)  # noqa: PTH116
    parent, _, name = target.rpartition("/")
    folder = os.open(parent or "/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _replace_in(folder, name, content.encode(), mode)
    finally:
        os.close(folder)


def _foreign(path: str, consequence: str, cure: str) -> StorageError:
    if os.geteuid() == 0:  # root would take it away from its owner
        cure = "Run tui-auth as that user, or set HOME and XDG_… to folders that root owns."
    return StorageError(f"{path} belongs to another user{consequence}. {cure}")


def _belongs_to_another(path: Path, owners: frozenset[int]) -> bool:
    try:
        return os.stat(path).st_uid not in owners  # noqa: PTH116
    except OSError:
        return False


# -- the one atomic write ------------------------------------------------------------------------------


def _replace_in(folder: int, name: str, content: bytes, mode: int) -> None:
    """Write a new file, rename it over the old one, and flush both to the disk."""
    temporary = _temporary_name(name)
    try:
        _create_in(folder, temporary, content, mode)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    _sync_folder(folder)


def _create_in(folder: int, name: str, content: bytes, mode: int) -> None:
    """Create a file that didn't exist and flush it to the disk. Leave no partial file after an error."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, PRIVATE_FILE_MODE, dir_fd=folder)
    try:
        os.fchmod(descriptor, mode)
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise
    finally:
        os.close(descriptor)


def _temporary_name(name: str) -> str:
    return f".{name}.{os.urandom(8).hex()}"


def _is_leftover(folder: int, name: str) -> bool:
    """Check whether this is a temporary file that nobody has written to for a while."""
    stem, _, token = name.rpartition(".")
    if not stem.startswith(".") or len(token) != 16:
        return False
    try:
        age = time.time() - os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
    except OSError:
        return False
    return age > LEFTOVER_SECONDS


def _sync_folder(folder: int) -> None:
    # Some file systems can't do this for folders.
    with suppress(OSError):
        os.fsync(folder)


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)
