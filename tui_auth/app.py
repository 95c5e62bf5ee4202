"""TuiAuthApp: owns the navigation, and the one worker that talks to Cognito."""

from __future__ import annotations

import gc
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen

from tui_auth import requests
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.errors import AuthError, Concern, ErrorKind
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignUp,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    NextStep,
    ResetPassword,
)
from tui_auth.auth.what_next import Road, road
from tui_auth.daemon_thread import in_daemon_thread
from tui_auth.done_keeper import DoneKeeper, remember_device
from tui_auth.requests import Outcome, Request
from tui_auth.screens.copying import CopyAsked
from tui_auth.screens.done import DeviceAnswered, DoneScreen, PlaceChosen, SignInSeen
from tui_auth.screens.form_screen import FormScreen, Surroundings
from tui_auth.screens.problem import OWN_FAULT, Problem
from tui_auth.screens.sign_in import ForgotAsked, SignInAsked, SignInScreen, SignUpWanted
from tui_auth.screens.step_screen import Answered, NewCodeAsked, StartAgainAsked, StepScreen
from tui_auth.screens.wording import NEW_PASSWORD_COUNTS, PASSWORD_IN_FLOW, wait_for
from tui_auth.settings import SignInSettings
from tui_auth.style_sheets import style_sheets
from tui_auth.terminal.clipboard import send_to_clipboard
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.themes import THEMES

if TYPE_CHECKING:
    from tui_auth.auth.device import Device
    from tui_auth.screens.sign_up import SignUpAsked

CANCELLED = 6
"""The exit status of a sign-in that the person left."""

STOPPED = "Stopped waiting. What was sent may or may not have arrived."

ANSWERED = "Cognito has answered: the next step is on its way."

CONNECT_AFTER_SECONDS = 0.3
"""An import keeps the interpreter to itself: who types at the first frame sees the first keys before it."""

WIDTHS = [(0, "-narrow"), (60, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-short"), (20, "-regular"), (30, "-tall")]


class TuiAuthApp(FullScreenApp[Done]):
    """Signs a person in. Its result is Done, or None where the person left."""

    TITLE = "tui-auth"
    CSS_PATH = style_sheets()
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
        self, auth: Auth, settings: SignInSettings, keeper: DoneKeeper | None = None, **options: Any
    ) -> None:
        # Textual chooses how it treats colours here, and not when a theme is set later.
        super().__init__(ansi_color=settings.theme.startswith("ansi") or None, **options)
        self.auth = auth
        self.settings = settings
        self.keeper = keeper
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = settings.theme
        self.attempt: Attempt | None = None
        self._trail: tuple[str, ...] = ()
        self._trail_after: tuple[str, ...] = ()
        self._times_asked = 1
        self._locks = 0
        self._asked_by = "Enter"
        self._started_again = False
        self._shown_a_key: set[str] = set()
        self._reset_was_asked = False

    # -- screens ------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """Signing in is where everything starts and comes back to."""
        return self.sign_in_screen()

    def sign_in_screen(self) -> SignInScreen:
        """A fresh sign-in screen for the settings."""
        settings = self.settings
        return SignInScreen(
            self._surroundings(settings.username),
            with_password=settings.auth_flow.needs_password,
            label=settings.username_label,
            mfa_methods=settings.mfa_methods,
            facts=(PASSWORD_IN_FLOW[settings.auth_flow], settings.pool_origin),
        )

    def _surroundings(self, username: str) -> Surroundings:
        settings, gateway = self.settings, self.auth.gateway
        return Surroundings(
            pool=settings.pool,
            now=gateway.now,
            username=username,
            mark=settings.mark,
            app_name=settings.app_name or settings.pool,
            trail=_collapsed(self._trail),
            session_seconds=settings.session_seconds,
            was_started_again=self._started_again,
            key_is_another=username in self._shown_a_key,
            times_asked=self._times_asked,
            reset_was_asked=self._reset_was_asked,
            preferred_first_factor="" if self._trail else str(settings.preferred_first_factor or ""),
            password_policy=settings.password_policy,
            can_start_again=self.attempt is not None and self.attempt.can_start_again,
            is_password_known=self.attempt is not None and self.attempt.is_password_known,
            clock_offset=lambda: gateway.clock_offset,
            wire=self.auth.wire,
        )

    @property
    def asking_screen(self) -> FormScreen | None:
        """The screen that asks: the step, or sign-in; help, palette and dialogs over it do not count."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, FormScreen):
                return screen
        return None

    def on_ready(self) -> None:
        """Import boto3 soon after the first frame: neither first key nor first request waits for it."""
        gc.enable()
        self.set_timer(CONNECT_AFTER_SECONDS, self._connect)

    @work(group="connect", exit_on_error=False, description="connect")
    async def _connect(self) -> None:
        try:
            await in_daemon_thread(self.auth.gateway.connect)
        except AuthError as error:
            if screen := self.asking_screen:
                screen.error = Problem.of(error)

    # -- asking Cognito -----------------------------------------------------------------------------

    @on(SignInAsked)
    def _sign_in(self, event: SignInAsked) -> None:
        if self._is_asking:
            return  # a second Enter must not make the first one's attempt a stranger
        self.attempt = self.auth.attempt()
        self._trail, self._times_asked, self._reset_was_asked = (), 1, False
        device_of: Callable[[str], Device | None] = (
            self.keeper.device if self.keeper else lambda username: None
        )
        request = requests.sign_in(event, self.settings, device_of)
        self._ask(request, trail=("password" if event.password else "name",))

    @on(ForgotAsked)
    def _forgot(self, event: ForgotAsked) -> None:
        if self._is_asking:
            return
        self.attempt = self.auth.attempt()
        self._trail = self._trail_after = ()
        self._reset_was_asked = True
        settings = self.settings
        self.next_step = self.attempt.forgot_password(
            event.username, auth_flow=settings.auth_flow, client_metadata=settings.client_metadata
        )

    @on(SignUpWanted)
    def _show_sign_up(self, event: SignUpWanted) -> None:
        if self._is_asking:
            return
        from tui_auth.screens.sign_up import SignUpScreen

        self.attempt, self._trail = None, ()
        self.push_screen(SignUpScreen(self._surroundings(event.username), self.settings))

    def on_sign_up_asked(self, event: SignUpAsked) -> None:
        """Make the account, then go on as after a sign-in."""
        if self._is_asking:
            return
        if self.attempt is None:  # else it may know of an account whose answer was lost
            self.attempt = self.auth.attempt()
        self._ask(requests.sign_up(event, self.settings), trail=("sign-up",))

    @on(Answered)
    def _answer(self, event: Answered) -> None:
        screen = self.asking_screen
        if isinstance(screen, StepScreen):
            self._ask(requests.answer(screen.step, event), trail=(*self._trail, screen.trail_name))

    @on(NewCodeAsked)
    def _new_code(self, event: NewCodeAsked) -> None:
        screen = self.asking_screen
        request = requests.new_code(screen.step) if isinstance(screen, StepScreen) else None
        if request:
            self._ask(request, asked_by=event.by)
        else:
            self._start_again(asked_by=event.by)

    @on(StartAgainAsked)
    def _start_again(self, event: StartAgainAsked | None = None, *, asked_by: str = "Enter") -> None:
        if self.attempt and self.attempt.can_start_again:
            self._ask(Attempt.restart, started_again=True, asked_by=asked_by)
        elif screen := self.asking_screen:
            screen.error = Problem("This needs a new sign-in. Esc goes back to it.")

    def _ask(
        self,
        request: Request,
        *,
        trail: tuple[str, ...] | None = None,
        started_again: bool = False,
        asked_by: str = "Enter",
    ) -> None:
        """Have the worker make a request; ``asked_by`` is the key that makes it once more."""
        screen = self.asking_screen
        if screen is None or self.attempt is None or screen.busy:
            return
        screen.busy = True
        self._trail_after = self._trail if trail is None else trail
        self._started_again, self._asked_by = started_again, asked_by
        self._exchange(screen, self.attempt, [request])

    @work(exclusive=True, group="auth", exit_on_error=False, description="a request to Cognito")
    async def _exchange(self, asker: FormScreen, attempt: Attempt, requests: list[Request]) -> None:
        try:
            # Taken out of the worker's arguments: a worker lives on, with them, in the context of each screen
            # that it opens, and the request knows the password.
            outcome = await in_daemon_thread(partial(self._outcome, requests.pop(), attempt))
            if self._counts(asker, attempt):
                self._arrived(asker, outcome)
        except AuthError as error:
            if self._counts(asker, attempt):
                asker.busy = False
                self._refused(asker, attempt, error)
        except Exception:
            if self._counts(asker, attempt):
                asker.busy = False
                asker.error = Problem(OWN_FAULT)

    def _arrived(self, asker: FormScreen, outcome: Outcome) -> None:
        self._asked_by = "Enter"
        if isinstance(outcome, DeliveryDetails) and isinstance(asker, StepScreen):
            asker.busy = False
            asker.code_was_sent(outcome)
        elif not isinstance(outcome, DeliveryDetails):
            self.next_step = outcome

    def _outcome(self, request: Request, attempt: Attempt) -> Outcome:
        """On the request's thread: what it leads to; tokens that the pool did not sign lead nowhere."""
        outcome = request(attempt)
        if isinstance(outcome, Done) and self.keeper:
            self.keeper.check(outcome)
        return outcome

    @property
    def _is_asking(self) -> bool:
        screen = self.asking_screen
        return screen is not None and screen.busy

    def _counts(self, asker: FormScreen, attempt: Attempt) -> bool:
        """Whether anybody still waits for this answer."""
        return attempt is self.attempt and asker is self.asking_screen

    def _stop_waiting(self) -> None:
        """Let the request under way run to nowhere: its attempt no longer counts."""
        self.workers.cancel_group(self, "auth")
        if self.attempt:
            self.attempt = self.attempt.fork()

    # -- where an answer leads ----------------------------------------------------------------------

    def watch_next_step(self, step: NextStep | None) -> None:
        """Show the step's screen: over sign-in the first time, then each in the place of the former."""
        if step is None:
            return
        if isinstance(step, Done) and self.settings.leaves_when_done and not step.asks_to_remember_device:
            self.exit(step)
            return
        from tui_auth.screens.steps import screen_for

        self._close_what_is_over_the_question()
        former = self.screen
        same = isinstance(former, StepScreen) and former.step == step
        is_question = isinstance(step, ConfirmSignInWithCustomChallenge)
        self._times_asked = self._times_asked + 1 if same and is_question else 1
        # A pool may refuse these two before it looks at the password: nothing was proved.
        unproved = isinstance(step, ResetPassword | ConfirmSignUp) and isinstance(former, SignInScreen)
        self._trail, self._locks = () if unproved else self._trail_after, 0
        screen = screen_for(step, self._surroundings(self.attempt.username if self.attempt else ""))
        if isinstance(former, SignInScreen):
            former.forget_password()
            self.push_screen(screen)
        else:
            if isinstance(former, StepScreen) and type(former) is type(screen):
                screen.carried = former.typed()
            self.switch_screen(screen)
        if isinstance(step, ContinueSignInWithTOTPSetup):
            self._shown_a_key.add(screen.surroundings.username)
        if isinstance(step, Done):
            self.call_after_refresh(self._keep)

    # -- once signed in -----------------------------------------------------------------------------

    def _keep(self) -> None:
        if self.settings.leaves_when_done and isinstance(self.asking_screen, DoneScreen):
            self.asking_screen.ask_about_device()
        elif self.keeper and isinstance(self.asking_screen, DoneScreen):
            self._after_done(self.keeper.show(self.asking_screen, self.signed_in_as))
        elif isinstance(self.asking_screen, DoneScreen):
            self.asking_screen.without_keeping()

    @on(PlaceChosen)
    def _place_chosen(self, event: PlaceChosen) -> None:
        if self.keeper and isinstance(self.asking_screen, DoneScreen):
            self._after_done(self.keeper.chosen(self.asking_screen, self.signed_in_as, event.kind))

    @on(DeviceAnswered)
    def _device_answered(self, event: DeviceAnswered) -> None:
        if isinstance(self.asking_screen, DoneScreen):
            self._after_done(self._remember(self.asking_screen, event.remember))

    async def _remember(self, screen: DoneScreen, remember: bool) -> None:
        if remember:
            await remember_device(screen, self.auth)
        if self.settings.leaves_when_done:
            self.exit(screen.step)

    def _after_done(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work, group="keep", exit_on_error=False, description="keep the session")

    @property
    def signed_in_as(self) -> str:
        """The name of the attempt under way or just ended, as it was typed."""
        return self.attempt.username if self.attempt else ""

    def _refused(self, asker: FormScreen, attempt: Attempt, error: AuthError) -> None:
        step = asker.step if isinstance(asker, StepScreen) else None
        try:
            if self._asked_by == "Enter":
                problem = asker.problem_of(error)
            elif self._asked_by == "Esc":  # which does not try again
                problem = Problem(f"{Problem.of(error, again='').text} Esc goes to sign-in.")
            else:
                problem = Problem.of(error, again=self._asked_by)
        except Exception:
            problem = Problem(OWN_FAULT)
        if isinstance(attempt.step, Done):  # signed in, but by somebody who is not the pool
            self._back_to_sign_in(replace(problem, concern=Concern.FORM))
            return
        match road(error, step, can_start_again=attempt.can_start_again):
            case Road.SIGN_IN:
                self._back_to_sign_in(replace(problem, concern=Concern.FORM))
            case Road.START_AGAIN if isinstance(asker, StepScreen):
                why = "" if error.kind is ErrorKind.SESSION_EXPIRED else error.message
                asker.offer_start(attempt.starting_anew_does, why)
            case Road.WAIT:
                asker.wait(wait_for(error, self._locks), problem)
                self._locks += 1
            case _:
                asker.error = problem

    def _close_what_is_over_the_question(self) -> None:
        while len(self.screen_stack) > 1 and not isinstance(self.screen, FormScreen):
            self.pop_screen()

    def _back_to_sign_in(self, problem: Problem | None = None) -> None:
        self._stop_waiting()
        if self.attempt:
            self.attempt.forget()
        self.attempt, self._trail, self._locks, self._asked_by = None, (), 0, "Enter"
        while len(self.screen_stack) > 1 and not isinstance(self.screen, SignInScreen):
            self.pop_screen()
        if isinstance(self.screen, SignInScreen):
            self.screen.busy = False
            self.screen.ask_for_what_is_missing()
            self.screen.error = problem

    @on(FormScreen.BackAsked)
    def _back(self) -> None:
        """One choice back: to the choice of a factor if one was made, else to sign-in with the name kept.

        The way to a choice leads over the network; where that is closed, Esc leads to sign-in.
        """
        attempt, screen = self.attempt, self.asking_screen
        is_closed = screen is None or screen.waits or self._asked_by == "Esc"
        is_open = not is_closed and not isinstance(self.screen, SignInScreen)
        if screen and attempt and attempt.choices and attempt.can_start_again and is_open:
            self._stop_waiting()
            screen.busy = False
            kept = len(attempt.choices) - 1
            back = partial(Attempt.restart, choices_kept=kept)
            self._ask(back, trail=self._trail[: 1 + kept], asked_by="Esc")
        else:
            notices = [STOPPED] if self._is_asking else []
            if attempt and attempt.may_have_set_password:
                notices.append(NEW_PASSWORD_COUNTS)
            self._back_to_sign_in()
            if sign_in := self.asking_screen:
                sign_in.notice = " ".join(notices)

    # -- leaving ------------------------------------------------------------------------------------

    @on(SignInSeen)
    async def action_quit(self) -> None:
        """Leave: with what was reached, or as cancelled."""
        if isinstance(self.next_step, Done) and isinstance(self.asking_screen, StepScreen):
            self.exit(self.next_step)
        else:
            self.exit(None, return_code=CANCELLED)

    async def action_leave(self) -> None:
        """^c: stop waiting for a request; leave where none is under way."""
        screen = self.asking_screen
        if screen is None or not screen.busy:
            await self.action_quit()
            return
        if self.attempt and self.attempt.step is not (
            screen.step if isinstance(screen, StepScreen) else None
        ):
            screen.notice = ANSWERED  # the next step is there, but for the signatures of its tokens
            return
        self._stop_waiting()
        screen.busy = False
        screen.notice = STOPPED

    # -- terminal -----------------------------------------------------------------------------------

    @on(CopyAsked)
    def _copy(self, event: CopyAsked) -> None:
        self.run_worker(
            self._send_to_clipboard(event), group="clipboard", exit_on_error=False, description="clipboard"
        )

    async def _send_to_clipboard(self, event: CopyAsked) -> None:
        def write(sequence: str) -> None:
            if self._driver is not None:
                self._driver.write(sequence)

        result = await in_daemon_thread(partial(send_to_clipboard, event.text, write))
        if screen := self.asking_screen:
            screen.notice = f"{event.what} was {result.sentence}."

    def copy_to_clipboard(self, text: str) -> None:
        """Textual's own road to the clipboard is closed: what may be copied goes by ``CopyAsked``."""

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: nothing that could write a secret to a file."""
        yield SystemCommand("Theme", "Choose other colours", self.action_change_theme)
        if asking := self.asking_screen:
            yield SystemCommand("Help", "Explain this step", asking.action_help)
            yield SystemCommand("Wire", "Show what was asked of Cognito", asking.action_wire)
        yield SystemCommand("Quit", "Leave tui-auth", self.action_quit)


def _collapsed(trail: tuple[str, ...]) -> tuple[str, ...]:
    """The same step several times in a row as one entry with its count."""
    counts: list[tuple[str, int]] = []
    for name in trail:
        last, count = counts[-1] if counts else ("", 0)
        if last == name:
            counts[-1] = (name, count + 1)
        else:
            counts.append((name, 1))
    return tuple(name if count == 1 else f"{name} ×{count}" for name, count in counts)
