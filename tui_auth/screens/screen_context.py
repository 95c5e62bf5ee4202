"""ScreenContext and Decision: the input and output of every screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message

from tui_auth.auth.trace import CallTrace
from tui_auth.flow.interface import ASSUMED_SESSION_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.widget import Widget

    from tui_auth.config.settings import PasswordPolicy
    from tui_auth.error_kinds import PasskeyProblem
    from tui_auth.flow.outputs import Ceremony
    from tui_auth.secret import Secret


class FormMessage(Message):
    """A message of a form to the controller of the sign-in; without one, to the app."""


class Decision(FormMessage):
    """A decision of the user, which the controller passes to the flow."""


class StopRequested(Decision):
    """The user doesn't want to wait for the request in flight. Our programs bind that key themselves."""


class FormClosed(FormMessage):
    """A form is closed."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self.screen = screen


class CopyRequested(FormMessage):
    """Send ``text`` to the clipboard; ``what`` names it in the notice that reports this."""

    def __init__(self, text: Secret | str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what


class Companion(Protocol):
    """What the demo adds to the screens: a list of users before them, and a phone beside them."""

    def side_widgets(self) -> Iterable[Widget]:
        """Return new widgets to show beside the form."""

    def toggle_phone(self) -> None:
        """Open or close the phone."""

    def newest_code(self) -> str | None:
        """Return the code that the step asks for, empty after scanning a QR code, or None."""


@dataclass(frozen=True)
class ScreenOptions:
    """How a program shows the screens of a sign-in.

    Attributes:
        controller: Receives the messages of the forms; None if the app does. In a host program they carry
            secrets that the app must not see.
        can_leave: Whether Esc leaves the sign-in screen.
        hidden_actions: The actions that no screen offers.
        labels: Texts in place of ours; ``tui_auth.textual.LABELS`` has the keys.
        header: Returns new widgets of the host program to show above every form.
        footer: Returns new widgets of the host program to show below every form.
    """

    controller: MessagePump | None = None
    can_leave: bool = False
    hidden_actions: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    header: Callable[[], Widget | Iterable[Widget]] | None = None
    footer: Callable[[], Widget | Iterable[Widget]] | None = None


@dataclass(frozen=True)
class ScreenContext:
    """What a screen shows besides its step: the pool, the settings and the state of the sign-in.

    For the fields that it shares with the flow's ``StepContext``, see there.

    Attributes:
        pool: The pool's name on the screen.
        now: Returns Cognito's time in seconds since the epoch.
        username: The user name as it was typed.
        environment_badge: The badge before the pool, such as DEMO; empty for Cognito.
        app_name: The issuer that an authenticator app shows.
        session_seconds: How long a step is assumed to wait for its answer.
        password_policy: The pool's password policy; None if unknown.
        clock_offset: Returns the server's time minus this machine's, in seconds; None if unknown.
        trace: The calls to Cognito so far.
        companion: The demo around the sign-in; None for a sign-in of its own.
        options: How the program shows the screens.
    """

    pool: str
    now: Callable[[], float]
    username: str = ""
    environment_badge: str = ""
    app_name: str = ""
    breadcrumbs: tuple[str, ...] = ()
    session_seconds: float = ASSUMED_SESSION_SECONDS
    was_restarted: bool = False
    is_replacement_totp_key: bool = False
    challenge_count: int = 1
    can_restart: bool = True
    is_password_known: bool = True
    reset_was_requested: bool = False
    preferred_first_factor: str = ""
    passkey_problem: PasskeyProblem | None = None
    make_ceremony: Callable[..., Ceremony] | None = None
    password_policy: PasswordPolicy | None = None
    clock_offset: Callable[[], float | None] = field(default=lambda: None)
    trace: CallTrace = field(default_factory=CallTrace)
    companion: Companion | None = None
    options: ScreenOptions = field(default_factory=ScreenOptions)


async def copy_to_clipboard(app: App[Any], event: CopyRequested, top_form: Callable[[], Any]) -> None:
    """Send the text to the terminal's clipboard, and say on the topmost form what came of it."""
    from tui_auth.terminal.clipboard import send_to_clipboard
    from tui_auth.threads import in_daemon_thread

    def write(sequence: str) -> None:
        if app._driver is not None:  # noqa: SLF001 - Textual has no other way to write a sequence
            app._driver.write(sequence)  # noqa: SLF001

    result = await in_daemon_thread(partial(send_to_clipboard, event.text, write))
    if screen := top_form():
        screen.notice = f"{event.what} was {result.value}."
