"""Map what went wrong in a command to one line on stderr and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.cli.output import say
from tui_auth.config.files import ConfigurationError, NoPoolError
from tui_auth.errors import TRY_AGAIN, AuthError, ErrorKind
from tui_auth.exit_codes import ExitCode
from tui_auth.session import NotSignedInError
from tui_auth.storage.files import StorageError
from tui_auth.terminal.safe_text import quote_service

if TYPE_CHECKING:
    from collections.abc import Callable

_CODE_OF_KIND = {
    ErrorKind.NETWORK: ExitCode.NETWORK,
    ErrorKind.THROTTLED: ExitCode.THROTTLED,
    ErrorKind.CONFIGURATION: ExitCode.CONFIGURATION,
}


class CommandFailedError(Exception):
    """The command ends with this exit code, and has already printed why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def with_status(command: Callable[[], int]) -> int:
    """Run a command; an expected exception becomes one line on stderr and its exit code."""
    try:
        return command()
    except CommandFailedError as end:
        return end.status
    except (NotSignedInError, ConfigurationError, StorageError, AuthError) as error:
        for note in error.notes if isinstance(error, NoPoolError) else ():
            say(note)
        say(error_text(error))
        return status_for(error)


def status_for(error: Exception) -> ExitCode:
    if isinstance(error, NotSignedInError):
        return ExitCode.NOT_SIGNED_IN
    if isinstance(error, ConfigurationError):
        return ExitCode.CONFIGURATION
    if isinstance(error, StorageError):
        return ExitCode.STORAGE
    if isinstance(error, AuthError):
        return _CODE_OF_KIND.get(error.kind, ExitCode.REJECTED)
    return ExitCode.INTERNAL_ERROR


def error_text(error: Exception) -> str:
    """Return the text of an error where there is no screen, quoting the service if we have no text for it."""
    if not isinstance(error, AuthError):
        return str(error)
    if error.recovery_suggestion == TRY_AGAIN:  # it is about an answer, and no user gave one here
        return f"{error.message.split('.')[0]}. Try again."
    if error.quote:
        return f"{error} {quote_service(error.quote)}"
    return str(error)
