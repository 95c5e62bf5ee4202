"""Reading and writing configuration files so that nothing is half written, followed or seen by others."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tui_auth.config.errors import ConfigurationError, display_path, error_in_file

LARGEST_BYTES = 1 << 20
PATIENCE_SECONDS = 10.0
"""For another process that changes the configuration; none takes so long."""

_LOOK_AGAIN_SECONDS = 0.02
BYTE_ORDER_MARK = "\ufeff"
PRIVATE = 0o600
PRIVATE_FOLDER = 0o700


class AnothersFile(ConfigurationError):
    """A file belongs to a user whose files are not taken here."""


def read_plain_file(
    path: Path, *, largest: int = LARGEST_BYTES, owners: frozenset[int] | None = None
) -> bytes:
    """The content of a plain file of at most ``largest`` bytes. Raises ConfigurationError, naming the file.

    A pipe or a device would keep the program waiting, so it is refused before anything is read. With
    ``owners`` it must belong to one of these user ids, else AnothersFile is raised: what was opened is looked
    at, for a name may lead elsewhere a moment later (CWE-367).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise error_in_file(path, None, "this is not a plain file.")
            if owners is not None and found.st_uid not in owners:
                raise AnothersFile(f"{display_path(path)} belongs to another user.")
            content = file.read(largest + 1)
    except OSError as error:
        if owners is not None and _belongs_to_another(path, owners):
            raise AnothersFile(f"{display_path(path)} belongs to another user.") from None
        raise error_in_file(path, None, f"it cannot be read: {error.strerror}.") from None
    except ValueError:
        raise error_in_file(path, None, "that is not a path.") from None
    if len(content) > largest:
        raise error_in_file(
            path, None, f"it is longer than {largest} bytes, too long for what it should hold."
        )
    return content


def _belongs_to_another(path: Path, owners: frozenset[int]) -> bool:
    try:
        return path.stat().st_uid not in owners
    except OSError:
        return False


def read_text(path: Path, *, largest: int = LARGEST_BYTES, owners: frozenset[int] | None = None) -> str:
    """The same as text: UTF-8 with or without a byte order mark. Raises ConfigurationError."""
    return read_marked_text(path, largest=largest, owners=owners).removeprefix(BYTE_ORDER_MARK)


def read_marked_text(
    path: Path, *, largest: int = LARGEST_BYTES, owners: frozenset[int] | None = None
) -> str:
    """The same with its byte order mark, where it has one. Raises ConfigurationError."""
    content = read_plain_file(path, largest=largest, owners=owners)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise error_in_file(path, line, "it does not hold UTF-8 text.") from None


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner alone. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        with suppress(FileExistsError):
            each.mkdir(mode=PRIVATE_FOLDER)


def replace_file(path: Path, content: str, *, mode: int = PRIVATE) -> None:
    """Put ``content`` in the place of a file, all at once. Raises OSError.

    Where ``path`` is a link, as people who keep their settings in a repository have it, the file it leads to
    is replaced and the link stays. A file that exists keeps its permissions.
    """
    target = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(target.stat().st_mode)
    # Brings OpenSSL with it, which reading a file does not need.
    import secrets

    new = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        create_file(new, content, mode=mode)
        put_in_place(new, target)
    except BaseException:
        with suppress(FileNotFoundError):
            new.unlink()
        raise


def put_in_place(new: Path, target: Path) -> None:
    """Give a file the name of another one beside it, whose place it takes for good. Raises OSError."""
    new.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some file systems have no such thing for folders
            os.fsync(folder)
    finally:
        os.close(folder)


def create_file(path: Path, content: str, *, mode: int = PRIVATE) -> None:
    """Create a file that does not exist, and through no link; on the disk when this returns.

    Raises OSError, and leaves no half of it behind.
    """
    data = content.encode()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, PRIVATE)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        with suppress(FileNotFoundError):
            path.unlink()
        raise


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes of this program from changing files in the folder meanwhile.

    Raises OSError, and ConfigurationError where another one takes more than ``PATIENCE_SECONDS``.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _taken(descriptor):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Another tui-auth is changing {display_path(folder)} and does not come to an end. "
                    "Try again, or end the other one."
                )
            time.sleep(_LOOK_AGAIN_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
