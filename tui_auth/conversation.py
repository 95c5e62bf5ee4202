"""Conversation: how Cognito is asked for a person, one request at a time, and which answers count."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_auth import auth_requests
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import Done
from tui_auth.auth_requests import Outcome, Request
from tui_auth.done_keeper import DoneKeeper
from tui_auth.navigation import REQUESTS, STOPPED, Asked, Navigation
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.problem import OWN_FAULT, Problem
from tui_auth.screens.sign_in import SignInAsked
from tui_auth.screens.step_screen import Answered, StepScreen
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from tui_auth.app import TuiAuthApp
    from tui_auth.auth.devices import Device
    from tui_auth.screens.sign_up import SignUpAsked

ANSWERED = "Cognito has answered: the next step is on its way."


class Conversation:
    """What a person decides becomes a request; what comes of it is handed to ``navigation``.

    Nothing is kept here: how far the sign-in has come is the navigation's to know. The workers belong to
    ``app``: a screen's would end with the screen. ``keeper`` is None where sessions are not kept.
    """

    def __init__(self, app: TuiAuthApp, keeper: DoneKeeper | None) -> None:
        self.app = app
        self.keeper = keeper
        self.navigation = Navigation(app, keeper)

    # -- what a person decides ----------------------------------------------------------------------

    def sign_in(self, event: SignInAsked) -> None:
        """Begin an attempt, with name and password."""
        if self._is_asking:
            return  # a second Enter must not make the first one's attempt a stranger
        self.navigation.begin()
        find_device: Callable[[str], Device | None] = (
            self.keeper.device if self.keeper else lambda username: None
        )
        request = auth_requests.sign_in(event, self.app.settings, find_device)
        self._ask(request, trail=("password" if event.password else "name",))

    def forgot(self, username: str) -> None:
        """Begin an attempt that resets the password first."""
        if self._is_asking:
            return
        attempt, settings = self.navigation.begin(reset_was_asked=True), self.app.settings
        self.app.next_step = attempt.forgot_password(
            username, auth_flow=settings.auth_flow, client_metadata=settings.client_metadata
        )

    def show_sign_up(self, username: str) -> None:
        """Open the screen of a new account."""
        if self._is_asking:
            return
        from tui_auth.screens.sign_up import SignUpScreen

        self.navigation.drop()
        self.app.push_screen(SignUpScreen(self.app.surroundings(username), self.app.settings))

    def sign_up(self, event: SignUpAsked) -> None:
        """Make the account, then go on as after a sign-in."""
        if self._is_asking:
            return
        if self.navigation.attempt is None:  # else it may know of an account whose answer was lost
            self.navigation.begin()
        self._ask(auth_requests.sign_up(event, self.app.settings), trail=("sign-up",))

    def answer(self, event: Answered) -> None:
        """Answer the step that asks."""
        screen = self.app.asking_screen
        if isinstance(screen, StepScreen):
            request = auth_requests.answer(screen.step, event)
            self._ask(request, trail=(*self.navigation.trail, screen.breadcrumb))

    def new_code(self, *, asked_by: str) -> None:
        """Have a new code sent; where Cognito has no other way, by starting the step again."""
        screen = self.app.asking_screen
        request = auth_requests.new_code(screen.step) if isinstance(screen, StepScreen) else None
        if request:
            self._ask(request, asked_by=asked_by)
        else:
            self.start_again(asked_by=asked_by)

    def start_again(self, *, asked_by: str = "Enter") -> None:
        """Begin the step again, with the choices that were made; ``asked_by`` is the key for that."""
        attempt = self.navigation.attempt
        if attempt and attempt.can_start_again:
            self._ask(Attempt.restart, started_again=True, asked_by=asked_by)
        elif screen := self.app.asking_screen:
            screen.error = Problem("This needs a new sign-in. Esc goes back to it.")

    def back(self) -> None:
        """One choice back: to the choice of a factor if one was made, else to sign-in with the name kept."""
        screen, kept = self.app.asking_screen, self.navigation.choices_after_esc()
        if screen is None or kept is None:
            self.navigation.leave(was_asking=self._is_asking)
            return
        self.navigation.stop_waiting()
        screen.busy = False
        back = partial(Attempt.restart, choice_count=kept)
        self._ask(back, trail=self.navigation.trail[: 1 + kept], asked_by="Esc")

    def stop(self, screen: FormScreen) -> None:
        """Stop waiting for the request under way, unless its answer has come."""
        attempt = self.navigation.attempt
        if attempt and attempt.step is not (screen.step if isinstance(screen, StepScreen) else None):
            screen.notice = ANSWERED  # the next step is there, but for the signatures of its tokens
            return
        self.navigation.stop_waiting()
        screen.busy = False
        screen.notice = STOPPED

    # -- one request --------------------------------------------------------------------------------

    @property
    def _is_asking(self) -> bool:
        screen = self.app.asking_screen
        return screen is not None and screen.busy

    def _ask(
        self,
        request: Request,
        *,
        trail: tuple[str, ...] | None = None,
        started_again: bool = False,
        asked_by: str = "Enter",
    ) -> None:
        """Have the worker make a request; ``asked_by`` is the key that makes it once more."""
        screen, attempt = self.app.asking_screen, self.navigation.attempt
        if screen is None or attempt is None or screen.busy:
            return
        screen.busy = True
        trail = self.navigation.trail if trail is None else trail
        self.navigation.asked = Asked(trail, started_again, asked_by)
        # Any, for mypy finds none of the three things that Textual takes in it.
        exchange: Any = partial(self._exchange, screen, attempt, [request])
        self.app.run_worker(
            exchange,
            exclusive=True,
            group=REQUESTS,
            exit_on_error=False,
            description="a request to Cognito",
        )

    async def _exchange(self, asker: FormScreen, attempt: Attempt, taken: list[Request]) -> None:
        try:
            # Taken out of the worker's arguments: a worker lives on, with them, in the context of each screen
            # that it opens, and the request knows the password.
            outcome = await in_daemon_thread(partial(self._outcome, taken.pop(), attempt))
            if self._counts(asker, attempt):
                self._hold_keys(asker)
                self.navigation.arrived(asker, outcome)
        except AuthError as error:
            if self._counts(asker, attempt):
                self._hold_keys(asker)
                asker.busy = False
                self.navigation.refused(asker, attempt, error)
        except Exception:
            if self._counts(asker, attempt):
                self._hold_keys(asker)
                asker.busy = False
                asker.error = Problem(OWN_FAULT)

    def _hold_keys(self, asker: FormScreen) -> None:
        """Hold keys while the screen changes; drop a line that was begun in the palette or the help."""
        if self.app.screen is not asker:
            self.app.type_ahead.drop_line()
        self.app.type_ahead.hold()

    def _outcome(self, request: Request, attempt: Attempt) -> Outcome:
        """On the request's thread: what it leads to; tokens that the pool did not sign lead nowhere."""
        outcome = request(attempt)
        if isinstance(outcome, Done) and self.keeper:
            self.keeper.check(outcome)
        return outcome

    def _counts(self, asker: FormScreen, attempt: Attempt) -> bool:
        """Whether anybody still waits for this answer."""
        return attempt is self.navigation.attempt and asker is self.app.asking_screen
