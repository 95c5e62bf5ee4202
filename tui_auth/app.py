"""TuiAuthApp: the full-screen program that signs a user in, and SignInProgram, its base and the demo's.

A program loads the later screens, handles the global keys and exits. ``screens/sign_in_root.py`` hosts the
sign-in in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType

from tui_auth.errors import AuthError
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.interface import ErrorMessage
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in_root import SignInRoot, load_rest
from tui_auth.terminal.full_screen import SETTLED_AFTER_SECONDS, FullScreenApp
from tui_auth.themes import HEIGHTS, THEMES, VARIABLES, WIDTHS, first_sheets, later_sheets
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.screen import Screen

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.next_step import Done, NextStep
    from tui_auth.flow.after_sign_in import SessionSaver
    from tui_auth.flow.interface import SignInSettings
    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.screens.sign_in_presenter import SignInPresenter


class SignInProgram(FullScreenApp["Done"]):
    """A full-screen program of ours with a ``SignInRoot`` in its screen stack.

    Args:
        auth: The user pool and app client to connect to, soon after the first frame.
        theme: The name of the theme.
        options: Passed on to FullScreenApp.
    """

    TITLE = "tui-auth"
    CSS_PATH = first_sheets()
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "leave", "Leave", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Stop", show=False, priority=True),
    ]

    def __init__(self, auth: Auth, theme: str, **options: Any) -> None:
        # Textual chooses its color mode here. Setting a theme later doesn't change it.
        super().__init__(ansi_color=theme.startswith("ansi") or None, **options)
        self.auth = auth
        for registered in THEMES:
            self.register_theme(registered)
        self.theme = theme
        self.sign_in: SignInRoot | None = None
        """The sign-in that is open, or the last one."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    @property
    def form_screen(self) -> FormScreen | None:
        """The topmost form, even if help, the palette or a dialog covers it."""
        return next(
            (screen for screen in reversed(self.screen_stack) if isinstance(screen, FormScreen)), None
        )

    @property
    def next_step(self) -> NextStep | None:
        """The current step, or the last one."""
        return self.sign_in.next_step if self.sign_in else None

    def on_ready(self) -> None:
        """Load the rest soon after the first frame, ahead of the first request."""
        self.set_timer(SETTLED_AFTER_SECONDS, self._connect)

    @work(group="connect", exit_on_error=False, description="connect")
    async def _connect(self) -> None:
        # Otherwise the CSS_PATH of the next screen makes Textual parse all style sheets again.
        self.stylesheet.read_all([Path(sheet) for sheet in later_sheets()])
        self.stylesheet.parse()
        try:
            await in_daemon_thread(self._load)
        except AuthError as error:
            if screen := self.form_screen:
                screen.error = ErrorMessage.from_error(error)

    def _load(self) -> None:
        """Import the modules of later screens and connect to Cognito. Runs on a thread."""
        load_rest(self.auth)

    async def action_leave(self) -> None:
        """Cancel the request in flight; exit as by SIGINT if there is none."""
        screen = self.form_screen
        if screen is not None and screen.busy and self.sign_in:
            self.sign_in.presenter.cancel()
        else:
            self.interrupt(self.sign_in.done if self.sign_in else None)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return the palette's commands. None can write a secret to a file or, by a slip, quit."""
        yield SystemCommand("Theme", "Choose other colors", self.action_change_theme)
        if form := self.form_screen:
            yield SystemCommand("Help", "Explain this step", form.action_help)
            yield SystemCommand("Call trace", "Show the requests to Cognito", form.action_call_trace)


class TuiAuthApp(SignInProgram):
    """Signs a user in. Returns Done, or None if the user quit.

    Args:
        auth: The user pool and app client to sign in to.
        settings: How to sign in.
        make_saver: Called once, at the user's first decision. If None, no session is saved.
        options: Passed on to FullScreenApp.
    """

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        make_saver: Callable[[], SessionSaver] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(auth, settings.theme, **options)
        self.settings = settings
        self.make_saver = make_saver

    def get_default_screen(self) -> Screen[Any]:
        """Return the sign-in screen, the bottom of the screen stack."""
        self.sign_in = self.sign_in_screen()
        return self.sign_in

    def sign_in_screen(self) -> SignInRoot:
        """Return a new sign-in screen for the current settings."""
        return SignInRoot(self.auth, self.settings, self._make_flow, on_end=self._end)

    def _make_flow(self) -> SignInFlow:
        from tui_auth.flow.sign_in_flow import SignInFlow

        return SignInFlow(self.auth, self.settings, self.make_saver() if self.make_saver else None)

    @property
    def presenter(self) -> SignInPresenter:
        """The presenter of the sign-in."""
        assert self.sign_in is not None, "the program runs"
        return self.sign_in.presenter

    @property
    def flow(self) -> SignInFlow:
        """The sign-in flow."""
        return self.presenter.flow

    def _end(self, done: Done | None) -> None:
        self.exit(done, return_code=0 if done else ExitCode.CANCELED)

    async def action_quit(self) -> None:
        """Exit with the tokens if the sign-in is done; otherwise as canceled."""
        self._end(self.sign_in.done if self.sign_in else None)
