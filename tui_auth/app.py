"""TuiAuthApp: the program around the screens. It opens them, has their keys, and leaves.

What a person decides on them is for ``tui_auth.conversation``, and where the answers lead for
``tui_auth.navigation``. Both are imported when they are first needed: a first screen that shows at once is
worth more than one that knows already what comes of it. So the messages of later screens are handled by
methods named after them, as Textual has it, and not by ``@on`` with their class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen

from tui_auth.auth.auth import Auth
from tui_auth.auth.errors import AuthError
from tui_auth.exit_codes import ExitCode
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.problem import Problem
from tui_auth.screens.sign_in import ForgotAsked, SignInAsked, SignInScreen, SignUpWanted
from tui_auth.screens.surroundings import Surroundings
from tui_auth.settings import SignInSettings
from tui_auth.terminal.full_screen import SETTLED_AFTER_SECONDS, FullScreenApp
from tui_auth.themes import THEMES, first_sheets, later_sheets
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from tui_auth.auth.next_step import Done, NextStep
    from tui_auth.conversation import Conversation
    from tui_auth.done_keeper import DoneKeeper
    from tui_auth.navigation import Navigation
    from tui_auth.screens.done import DeviceAnswered, PlaceChosen
    from tui_auth.screens.form_screen import CopyAsked
    from tui_auth.screens.sign_up import SignUpAsked
    from tui_auth.screens.step_screen import Answered, NewCodeAsked, StartAgainAsked

WIDTHS = [(0, "-narrow"), (60, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-short"), (20, "-regular"), (30, "-tall")]


class TuiAuthApp(FullScreenApp["Done"]):
    """Signs a person in. Its result is Done, or None where the person left.

    ``make_keeper`` is asked once, at the first thing a person decides; without it no session is kept.
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
    """The step the last answer led to. The same challenge may come twice, so each one counts."""

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        make_keeper: Callable[[], DoneKeeper] | None = None,
        **options: Any,
    ) -> None:
        # Textual chooses how it treats colours here, and not when a theme is set later.
        super().__init__(ansi_color=settings.theme.startswith("ansi") or None, **options)
        self.auth = auth
        self.settings = settings
        self.make_keeper = make_keeper
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = settings.theme
        self._conversation: Conversation | None = None

    # -- screens ------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """Signing in is where everything starts and comes back to."""
        return self.sign_in_screen()

    def sign_in_screen(self) -> SignInScreen:
        """A fresh sign-in screen for the settings."""
        settings = self.settings
        return SignInScreen(
            self.surroundings(settings.username),
            label=settings.username_label,
            mfa_methods=settings.mfa_methods,
            auth_flow=settings.auth_flow,
            pool_origin=settings.pool_origin,
        )

    def surroundings(self, username: str) -> Surroundings:
        """What each screen is told of the pool and of the settings."""
        settings, gateway = self.settings, self.auth.gateway
        return Surroundings(
            pool=settings.pool,
            now=gateway.now,
            username=username,
            mark=settings.mark,
            app_name=settings.app_name or settings.pool,
            session_seconds=settings.session_seconds,
            preferred_first_factor=str(settings.preferred_first_factor or ""),
            password_policy=settings.password_policy,
            clock_offset=lambda: gateway.clock_offset,
            wire=self.auth.trace,
        )

    @property
    def asking_screen(self) -> FormScreen | None:
        """The screen that asks: the step, or sign-in; help, palette and dialogs over it do not count."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, FormScreen):
                return screen
        return None

    @property
    def is_busy(self) -> bool:
        screen = self.screen_stack[-1] if self.screen_stack else None
        return isinstance(screen, FormScreen) and screen.busy

    def on_ready(self) -> None:
        """Load the rest soon after the first frame: neither first key nor first request waits for it."""
        self.set_timer(SETTLED_AFTER_SECONDS, self._connect)

    @work(group="connect", exit_on_error=False, description="connect")
    async def _connect(self) -> None:
        # By their own CSS_PATH the screens that need them would have all sheets parsed anew.
        self.stylesheet.read_all([Path(sheet) for sheet in later_sheets()])
        self.stylesheet.parse()
        try:
            await in_daemon_thread(self._load)
        except AuthError as error:
            if screen := self.asking_screen:
                screen.error = Problem.of(error)

    def _load(self) -> None:
        """Import what comes after the first screen, and boto3; on a thread of its own."""
        import tui_auth.conversation
        import tui_auth.screens.steps  # noqa: F401

        self.auth.gateway.connect()

    # -- what a person decides ----------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """What is asked of Cognito, from the first thing that a person decides."""
        if self._conversation is None:
            from tui_auth.conversation import Conversation

            self._conversation = Conversation(self, self.make_keeper() if self.make_keeper else None)
        return self._conversation

    @property
    def navigation(self) -> Navigation:
        """How far the sign-in has come, and the way from screen to screen."""
        return self.conversation.navigation

    @on(SignInAsked)
    def _sign_in(self, event: SignInAsked) -> None:
        self.conversation.sign_in(event)

    @on(ForgotAsked)
    def _forgot(self, event: ForgotAsked) -> None:
        self.conversation.forgot(event.username)

    @on(SignUpWanted)
    def _show_sign_up(self, event: SignUpWanted) -> None:
        self.conversation.show_sign_up(event.username)

    @on(FormScreen.BackAsked)
    def _back(self) -> None:
        self.conversation.back()

    def on_sign_up_asked(self, event: SignUpAsked) -> None:
        """Make the account, then go on as after a sign-in."""
        self.conversation.sign_up(event)

    def on_answered(self, event: Answered) -> None:
        """Answer the step."""
        self.conversation.answer(event)

    def on_new_code_asked(self, event: NewCodeAsked) -> None:
        """Have a new code sent."""
        self.conversation.new_code(asked_by=event.by)

    def on_start_again_asked(self, event: StartAgainAsked) -> None:
        """Begin the step again."""
        self.conversation.start_again()

    def on_place_chosen(self, event: PlaceChosen) -> None:
        """Keep the session there."""
        self.navigation.keep_in(event.kind)

    def on_device_answered(self, event: DeviceAnswered) -> None:
        """Have the device remembered, or not."""
        self.navigation.device_answered(event.remember)

    async def on_sign_in_seen(self) -> None:
        """Leave, signed in."""
        await self.action_quit()

    def watch_next_step(self, step: NextStep | None) -> None:
        """Show the screen of the step."""
        if step is not None:
            self.navigation.show(step)

    # -- leaving ------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Leave: with what was reached, or as cancelled."""
        done: Done | None = self.navigation.reached if self._conversation else None
        self.exit(done, return_code=0 if done else ExitCode.CANCELLED)

    async def action_leave(self) -> None:
        """^c: stop waiting for a request; leave where none is under way."""
        screen = self.asking_screen
        if screen is None or not screen.busy:
            await self.action_quit()
        else:
            self.conversation.stop(screen)

    # -- terminal -----------------------------------------------------------------------------------

    def on_copy_asked(self, event: CopyAsked) -> None:
        """Send it to the terminal's clipboard."""
        self.run_worker(
            self._send_to_clipboard(event), group="clipboard", exit_on_error=False, description="clipboard"
        )

    async def _send_to_clipboard(self, event: CopyAsked) -> None:
        from tui_auth.terminal.clipboard import send_to_clipboard

        def write(sequence: str) -> None:
            if self._driver is not None:
                self._driver.write(sequence)

        result = await in_daemon_thread(partial(send_to_clipboard, event.text, write))
        if screen := self.asking_screen:
            screen.notice = f"{event.what} was {result.sentence}."

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: nothing that could write a secret to a file."""
        yield SystemCommand("Theme", "Choose other colours", self.action_change_theme)
        if asking := self.asking_screen:
            yield SystemCommand("Help", "Explain this step", asking.action_help)
            yield SystemCommand("Wire", "Show what was asked of Cognito", asking.action_call_trace)
        yield SystemCommand("Quit", "Leave tui-auth", self.action_quit)
