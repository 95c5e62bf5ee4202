"""Print to stdout and stderr, also if one is full, closed, or was never there; turn errors into exit codes.

The fast path of ``token`` prints with it, so nothing is imported that it could do without. It uses two of
the exit codes of ``tui_auth.exit_codes``: 0, and 1 if stdout can't be written.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.exit_codes import ExitCode


_ASCII_FORMS = {
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "…": "...",
    "→": "->",
    "–": "-",
    "—": "-",
    "×": "x",
    "·": "-",
    "•": "*",
    "\N{REPLACEMENT CHARACTER}": "?",
}


class CommandFailedError(Exception):
    """The command ends with this exit code, after this message; empty if the reason is already printed."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


def write_out(text: str) -> int:
    """Write all of the text to stdout. Return 0, or 1 if stdout is full or closed.

    ASCII, such as tokens and JSON, is written as bytes whatever the encoding of stdout. Other characters
    become an ASCII form if the encoding doesn't have them. Raises BrokenPipeError if nobody reads anymore.
    """
    if sys.stdout is None:
        tell("There is no stdout to write to.")
        return 1
    try:
        if text.isascii() and hasattr(sys.stdout, "buffer"):
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode())
        else:
            sys.stdout.write(_encodable(text, sys.stdout.encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        tell(f"stdout can't be written: {error.strerror}.")
        discard_stdout()
        return 1
    return 0


def flush_stdout() -> int:
    """Write what is still buffered. Return 0, or 1 if stdout is full or closed."""
    return 0 if sys.stdout is None else write_out("")


def tell(message: str, by: str = "tui-auth: ") -> None:
    """Print a message of ours on stderr if possible: neither stdout nor the exit code depends on it.

    Control characters become visible, because a message may contain a path. ``by`` is what it begins with.
    """
    if not (message.isascii() and message.isprintable()):
        from tui_auth.terminal.safe_text import safe_text

        message = safe_text(message, limit=10_000, lines=100)
    try:
        if sys.stderr is not None:
            sys.stderr.write(_encodable(f"{by}{message}\n", sys.stderr.encoding))
            sys.stderr.flush()
    except OSError:
        _discard(2)


def say(sentence: str) -> None:
    """Print one line on stderr, shortened if somebody made it very long."""
    from tui_auth.terminal.safe_text import safe_line

    tell(safe_line(sentence, limit=1000))


def discard_stdout() -> None:
    """Keep the interpreter from writing to stdout again, and from complaining, at its end."""
    _discard(1)


def _discard(descriptor: int) -> None:
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _encodable(text: str, encoding: str | None) -> str:
    """Return the text with an ASCII form in place of each character that the encoding doesn't have."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        characters = (_encodable_character(character, encoding or "utf-8") for character in text)
        return "".join(characters)
    return text


def _encodable_character(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return _ASCII_FORMS.get(character) or character.encode("ascii", "backslashreplace").decode()
    return character


def with_status(command: Callable[[], int]) -> int:
    """Run a command; an expected exception becomes one line on stderr and its exit code."""
    try:
        return command()
    except CommandFailedError as error:
        if str(error):
            say(str(error))
        return error.status
    except Exception as error:
        status = status_for(error)
        if status == 1:  # an internal error
            raise
        for note in getattr(error, "notes", ()):  # of NoPoolError
            say(note)
        say(error_text(error))
        return status


def status_for(error: Exception) -> ExitCode:
    from tui_auth.config.files import ConfigurationError
    from tui_auth.errors import AuthError, ErrorKind, NotSignedInError
    from tui_auth.exit_codes import ExitCode
    from tui_auth.storage.files import StorageError

    if isinstance(error, AuthError):
        status_of_kind = {
            ErrorKind.NETWORK: ExitCode.NETWORK,
            ErrorKind.THROTTLED: ExitCode.THROTTLED,
            ErrorKind.CONFIGURATION: ExitCode.CONFIGURATION,
        }
        return status_of_kind.get(error.kind, ExitCode.REJECTED)
    status_of_type = {
        NotSignedInError: ExitCode.NOT_SIGNED_IN,
        ConfigurationError: ExitCode.CONFIGURATION,
        StorageError: ExitCode.STORAGE,
    }
    matches = (status for kind, status in status_of_type.items() if isinstance(error, kind))
    return next(matches, ExitCode.INTERNAL_ERROR)


def error_text(error: Exception) -> str:
    """Return the text of an error where there is no screen, quoting the service if we have no text for it."""
    from tui_auth.errors import TRY_AGAIN, AuthError
    from tui_auth.terminal.safe_text import quote_service

    if not isinstance(error, AuthError):
        return str(error)
    if error.recovery_suggestion == TRY_AGAIN:  # it is about an answer, and no user gave one here
        return f"{error.message.split('.')[0]}. Try again."
    if error.quote:
        return f"{error} {quote_service(error.quote)}"
    return str(error)
