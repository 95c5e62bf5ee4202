"""Configuration files as text, with errors that name the file."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tui_auth.config.errors import ConfigurationError, display_path, error_in_file
from tui_auth.storage.files import ForeignFileError, UnreadableFileError, read_plain_file
from tui_auth.storage.lock import BusyError, locked_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_BYTES = 1 << 20
PATIENCE_SECONDS = 10.0
"""For another process that changes the configuration; none takes so long."""

BYTE_ORDER_MARK = "\ufeff"


class ForeignConfigFileError(ConfigurationError):
    """A file belongs to a user whose files are not taken here."""


def read_text(path: Path, *, largest: int = LARGEST_BYTES, owners: frozenset[int] | None = None) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark. Raises ConfigurationError.

    With ``owners`` the file must belong to one of these user IDs, else ForeignConfigFileError is raised.
    """
    return read_marked_text(path, largest=largest, owners=owners).removeprefix(BYTE_ORDER_MARK)


def read_marked_text(
    path: Path, *, largest: int = LARGEST_BYTES, owners: frozenset[int] | None = None
) -> str:
    """Return the text of a UTF-8 file with its byte order mark, if it has one. Raises ConfigurationError."""
    try:
        content = read_plain_file(path, largest=largest, owners=owners)
    except ForeignFileError:
        raise ForeignConfigFileError(f"{display_path(path)} belongs to another user.") from None
    except UnreadableFileError as error:
        raise error_in_file(path, None, str(error)) from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise error_in_file(path, line, "it does not hold UTF-8 text.") from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes of this program from changing files in the folder meanwhile.

    Raises OSError, and ConfigurationError if another one takes more than ``PATIENCE_SECONDS``.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked_folder(folder, patience=PATIENCE_SECONDS))
        except BusyError:
            raise ConfigurationError(
                f"Another tui-auth is changing {display_path(folder)} and does not come to an end. "
                "Try again, or end the other one."
            ) from None
        yield
