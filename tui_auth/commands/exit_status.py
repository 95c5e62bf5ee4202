"""From what went wrong to one line on stderr and an exit status."""

from __future__ import annotations

from collections.abc import Callable

from tui_auth.auth.errors import TRY_AGAIN, AuthError, ErrorKind
from tui_auth.commands.output import tell
from tui_auth.config.errors import ConfigurationError, NoPoolNamed
from tui_auth.session.errors import NotSignedInError
from tui_auth.storage.files import StorageError
from tui_auth.terminal.safe_text import safe_line, service_says

OK, UNEXPECTED, USAGE, CONFIGURATION, NOT_SIGNED_IN, REFUSED = 0, 1, 2, 3, 4, 5
CANCELLED, NETWORK, THROTTLED, STORAGE, NEEDS_A_SCREEN = 6, 7, 8, 9, 10
INTERRUPTED = 130
"""The one signal that Python turns into an exception by itself."""

_OF_KIND = {
    ErrorKind.NETWORK: NETWORK,
    ErrorKind.THROTTLED: THROTTLED,
    ErrorKind.CONFIGURATION: CONFIGURATION,
}


class Ended(Exception):
    """The command is over with this status, and everything has been said."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def say(sentence: str) -> None:
    """One line on stderr, of words that may be anybody's."""
    tell(safe_line(sentence, limit=1000))


def with_status(command: Callable[[], int]) -> int:
    """Run a command; what it raises becomes one line on stderr and the exit status for it.

    A closed pipe is left to whoever runs every command.
    """
    try:
        return command()
    except Ended as end:
        return end.status
    except (NotSignedInError, ConfigurationError, StorageError, AuthError) as error:
        for note in error.notes if isinstance(error, NoPoolNamed) else ():
            say(note)
        say(words_for(error))
        return status_for(error)
    except BrokenPipeError:
        raise
    except Exception as error:
        from tui_auth.terminal.crash import crash_report

        tell(f"Something went wrong in tui-auth itself.\n{crash_report(error)}")
        return UNEXPECTED


def status_for(error: Exception) -> int:
    """The exit status that tells this kind of error."""
    if isinstance(error, NotSignedInError):
        return NOT_SIGNED_IN
    if isinstance(error, ConfigurationError):
        return CONFIGURATION
    if isinstance(error, StorageError):
        return STORAGE
    return _OF_KIND.get(error.kind, REFUSED) if isinstance(error, AuthError) else UNEXPECTED


def words_for(error: Exception) -> str:
    """What is said of an error where there is no screen; the service's own words where ours cannot say it."""
    if not isinstance(error, AuthError):
        return str(error)
    if error.recovery_suggestion == TRY_AGAIN:  # what may have arrived was no person's answer here
        return f"{error.message.split('.')[0]}. Try again."
    if error.quote:
        return f"{error} {service_says(error.quote)}"
    return str(error)
