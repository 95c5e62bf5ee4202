"""TuiAuthApp: the full-screen program that hosts the sign-in screens.

It opens the first screen, handles the global keys and exits. ``screens/sign_in_presenter.py`` handles the
user's decisions. It is imported on first use, so that the first screen appears sooner.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive

from tui_auth.errors import AuthError
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.interface import ErrorMessage
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.terminal.full_screen import SETTLED_AFTER_SECONDS, FullScreenApp
from tui_auth.themes import HEIGHTS, THEMES, VARIABLES, WIDTHS, first_sheets, later_sheets
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from textual.screen import Screen

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.next_step import Done, NextStep
    from tui_auth.flow.after_sign_in import SessionSaver
    from tui_auth.flow.interface import SignInSettings
    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.screens.form_screen import CopyRequested
    from tui_auth.screens.sign_in_presenter import SignInPresenter


class TuiAuthApp(FullScreenApp["Done"]):
    """Signs a user in. Returns Done, or None if the user quit.

    Args:
        auth: The user pool and app client to sign in to.
        settings: How to sign in.
        make_saver: Called once, at the user's first decision. If None, no session is saved.
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

    next_step: reactive[NextStep | None] = reactive(None, init=False, always_update=True)
    """The current step. Always updated, because Cognito may send the same challenge twice."""

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        make_saver: Callable[[], SessionSaver] | None = None,
        **options: Any,
    ) -> None:
        # Textual chooses its color mode here. Setting a theme later doesn't change it.
        super().__init__(ansi_color=settings.theme.startswith("ansi") or None, **options)
        self.auth = auth
        self.settings = settings
        self.make_saver = make_saver
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = settings.theme
        self._presenter: SignInPresenter | None = None

    # -- screens ------------------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def get_default_screen(self) -> Screen[Any]:
        """Return the sign-in screen, the bottom of the screen stack."""
        return self.sign_in_screen()

    def sign_in_screen(self) -> SignInScreen:
        """Return a new sign-in screen for the current settings."""
        settings = self.settings
        return SignInScreen(
            self.screen_context(settings.username),
            label=settings.username_label,
            mfa_methods=settings.mfa_methods,
            auth_flow=settings.auth_flow,
            pool_origin=settings.pool_origin,
        )

    def screen_context(self, username: str) -> ScreenContext:
        """Return the pool and settings that every screen shows."""
        settings, gateway = self.settings, self.auth.gateway
        return ScreenContext(
            pool=settings.pool,
            now=gateway.now,
            username=username,
            environment_badge=settings.environment_badge,
            app_name=settings.app_name or settings.pool,
            session_seconds=settings.session_seconds,
            preferred_first_factor=str(settings.preferred_first_factor or ""),
            password_policy=settings.password_policy,
            clock_offset=lambda: gateway.clock_offset,
            trace=self.auth.trace,
        )

    @property
    def form_screen(self) -> FormScreen | None:
        """The topmost form, even if help, the palette or a dialog covers it."""
        return next(
            (screen for screen in reversed(self.screen_stack) if isinstance(screen, FormScreen)), None
        )

    @property
    def is_busy(self) -> bool:
        screen = self.screen_stack[-1] if self.screen_stack else None
        return isinstance(screen, FormScreen) and screen.busy

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
        import tui_auth.flow.sign_in_flow
        import tui_auth.screens.sign_in_presenter
        import tui_auth.screens.steps  # noqa: F401

        self.auth.gateway.connect()

    # -- what the user decides ----------------------------------------------------------------------

    @property
    def presenter(self) -> SignInPresenter:
        """The presenter of the sign-in, created at the user's first decision."""
        if self._presenter is None:
            from tui_auth.flow.sign_in_flow import SignInFlow
            from tui_auth.screens.sign_in_presenter import SignInPresenter

            saver = self.make_saver() if self.make_saver else None
            self._presenter = SignInPresenter(self, SignInFlow(self.auth, self.settings, saver))
        return self._presenter

    @property
    def flow(self) -> SignInFlow:
        """The sign-in flow."""
        return self.presenter.flow

    def sign_in_to(self, auth: Auth, settings: SignInSettings) -> None:
        """Use another app client or other settings from the next sign-in on."""
        self.auth, self.settings = auth, settings
        if self._presenter is not None:
            self.flow.auth, self.flow.settings = auth, settings

    @on(Decision)
    def _decide(self, decision: Decision) -> None:
        self.presenter.decide(decision)

    async def on_sign_in_seen(self) -> None:
        """Exit after the user has seen the result."""
        await self.action_quit()

    def watch_next_step(self, step: NextStep | None) -> None:
        """Show the screen of the step."""
        if step is not None:
            self.presenter.show_step(step)

    # -- workers ------------------------------------------------------------------------------------

    def start_worker(
        self, work: Callable[[], Coroutine[Any, Any, None]], group: str, description: str
    ) -> None:
        """Run the work in the background and cancel the group's previous work.

        The worker belongs to the app, because a screen's workers end with the screen.
        """
        function: Any = work  # mypy doesn't match it with any of the types that Textual accepts
        self.run_worker(function, exclusive=True, group=group, exit_on_error=False, description=description)

    def cancel_workers(self, group: str) -> None:
        """Cancel the group's work."""
        self.workers.cancel_group(self, group)

    def hold_keys(self, screen: FormScreen) -> None:
        """Hold keys while the screen changes; drop a line started in the palette or the help."""
        if self.screen is not screen:
            self.type_ahead.drop_line()
        self.type_ahead.hold()

    # -- leaving ------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Exit with the tokens if the sign-in is done; otherwise as canceled."""
        done = self.flow.done if self._presenter else None
        self.exit(done, return_code=0 if done else ExitCode.CANCELLED)

    def finish(self, done: Done) -> None:
        """Exit with the result of the sign-in."""
        self.exit(done)

    async def action_leave(self) -> None:
        """Cancel the request in flight; exit as by SIGINT if there is none."""
        screen = self.form_screen
        if screen is None or not screen.busy:
            self.interrupt(self.flow.done if self._presenter else None)
        else:
            self.presenter.cancel()

    # -- terminal -----------------------------------------------------------------------------------

    def on_copy_requested(self, event: CopyRequested) -> None:
        """Send the text to the terminal's clipboard."""
        self.run_worker(
            self._send_to_clipboard(event), group="clipboard", exit_on_error=False, description="clipboard"
        )

    async def _send_to_clipboard(self, event: CopyRequested) -> None:
        from tui_auth.terminal.clipboard import send_to_clipboard

        def write(sequence: str) -> None:
            if self._driver is not None:
                self._driver.write(sequence)

        result = await in_daemon_thread(partial(send_to_clipboard, event.text, write))
        if screen := self.form_screen:
            screen.notice = f"{event.what} was {result.value}."

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return the palette's commands. None can write a secret to a file or, by a slip, quit."""
        yield SystemCommand("Theme", "Choose other colors", self.action_change_theme)
        if form := self.form_screen:
            yield SystemCommand("Help", "Explain this step", form.action_help)
            yield SystemCommand("Call trace", "Show the requests to Cognito", form.action_call_trace)
