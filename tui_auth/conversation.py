"""Conversation: what is said to Cognito for a person, one request at a time, and where each answer leads."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_auth import auth_requests
from tui_auth.auth.attempt import Attempt
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
from tui_auth.auth_requests import Outcome, Request
from tui_auth.daemon_thread import in_daemon_thread
from tui_auth.done_keeper import DoneKeeper, remember_device
from tui_auth.screens.done import DoneScreen
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.problem import OWN_FAULT, Problem
from tui_auth.screens.sign_in import SignInAsked, SignInScreen
from tui_auth.screens.step_screen import Answered, StepScreen
from tui_auth.screens.surroundings import Surroundings
from tui_auth.screens.wording import NEW_PASSWORD_COUNTS, wait_for
from tui_auth.session.stores import StorageKind

if TYPE_CHECKING:
    from tui_auth.app import TuiAuthApp
    from tui_auth.auth.device import Device
    from tui_auth.screens.sign_up import SignUpAsked

STOPPED = "Stopped waiting. What was sent may or may not have arrived."

ANSWERED = "Cognito has answered: the next step is on its way."


class Conversation:
    """The attempts of one person at one program, one after the other.

    It opens and closes the screens of ``app``, and its workers belong to the App: a screen's would end with
    the screen. ``keeper`` is None where sessions are not kept.
    """

    def __init__(self, app: TuiAuthApp, keeper: DoneKeeper | None) -> None:
        self.app = app
        self.keeper = keeper
        self.attempt: Attempt | None = None
        """The one under way or just ended."""
        self._trail: tuple[str, ...] = ()
        self._trail_after: tuple[str, ...] = ()
        self._times_asked = 1
        self._locks = 0
        self._asked_by = "Enter"
        self._started_again = False
        self._shown_a_key: set[str] = set()
        self._reset_was_asked = False

    @property
    def signed_in_as(self) -> str:
        """The name of the attempt under way or just ended, as it was typed."""
        return self.attempt.username if self.attempt else ""

    @property
    def reached(self) -> Done | None:
        """What a sign-in has come to, as long as that is on the screen."""
        step = self.app.next_step
        return step if isinstance(step, Done) and isinstance(self.app.asking_screen, StepScreen) else None

    def _surroundings(self) -> Surroundings:
        around, attempt = self.app.surroundings(self.signed_in_as), self.attempt
        return replace(
            around,
            trail=_collapsed(self._trail),
            was_started_again=self._started_again,
            key_is_another=self.signed_in_as in self._shown_a_key,
            times_asked=self._times_asked,
            reset_was_asked=self._reset_was_asked,
            preferred_first_factor="" if self._trail else around.preferred_first_factor,
            can_start_again=attempt is not None and attempt.can_start_again,
            is_password_known=attempt is not None and attempt.is_password_known,
        )

    # -- asking Cognito -----------------------------------------------------------------------------

    def sign_in(self, event: SignInAsked) -> None:
        """Begin an attempt, with name and password."""
        if self._is_asking:
            return  # a second Enter must not make the first one's attempt a stranger
        self.attempt = self.app.auth.attempt()
        self._trail, self._times_asked, self._reset_was_asked = (), 1, False
        device_of: Callable[[str], Device | None] = (
            self.keeper.device if self.keeper else lambda username: None
        )
        request = auth_requests.sign_in(event, self.app.settings, device_of)
        self._ask(request, trail=("password" if event.password else "name",))

    def forgot(self, username: str) -> None:
        """Begin an attempt that resets the password first."""
        if self._is_asking:
            return
        self.attempt = self.app.auth.attempt()
        self._trail = self._trail_after = ()
        self._reset_was_asked = True
        settings = self.app.settings
        self.app.next_step = self.attempt.forgot_password(
            username, auth_flow=settings.auth_flow, client_metadata=settings.client_metadata
        )

    def show_sign_up(self, username: str) -> None:
        """Open the screen of a new account."""
        if self._is_asking:
            return
        from tui_auth.screens.sign_up import SignUpScreen

        self.attempt, self._trail = None, ()
        self.app.push_screen(SignUpScreen(self.app.surroundings(username), self.app.settings))

    def sign_up(self, event: SignUpAsked) -> None:
        """Make the account, then go on as after a sign-in."""
        if self._is_asking:
            return
        if self.attempt is None:  # else it may know of an account whose answer was lost
            self.attempt = self.app.auth.attempt()
        self._ask(auth_requests.sign_up(event, self.app.settings), trail=("sign-up",))

    def answer(self, event: Answered) -> None:
        """Answer the step that asks."""
        screen = self.app.asking_screen
        if isinstance(screen, StepScreen):
            self._ask(auth_requests.answer(screen.step, event), trail=(*self._trail, screen.trail_name))

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
        if self.attempt and self.attempt.can_start_again:
            self._ask(Attempt.restart, started_again=True, asked_by=asked_by)
        elif screen := self.app.asking_screen:
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
        screen = self.app.asking_screen
        if screen is None or self.attempt is None or screen.busy:
            return
        screen.busy = True
        self._trail_after = self._trail if trail is None else trail
        self._started_again, self._asked_by = started_again, asked_by
        # Any, for mypy finds none of the three things that Textual takes in it.
        exchange: Any = partial(self._exchange, screen, self.attempt, [request])
        self.app.run_worker(
            exchange,
            exclusive=True,
            group="auth",
            exit_on_error=False,
            description="a request to Cognito",
        )

    async def _exchange(self, asker: FormScreen, attempt: Attempt, taken: list[Request]) -> None:
        try:
            # Taken out of the worker's arguments: a worker lives on, with them, in the context of each screen
            # that it opens, and the request knows the password.
            outcome = await in_daemon_thread(partial(self._outcome, taken.pop(), attempt))
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
            self.app.next_step = outcome

    def _outcome(self, request: Request, attempt: Attempt) -> Outcome:
        """On the request's thread: what it leads to; tokens that the pool did not sign lead nowhere."""
        outcome = request(attempt)
        if isinstance(outcome, Done) and self.keeper:
            self.keeper.check(outcome)
        return outcome

    @property
    def _is_asking(self) -> bool:
        screen = self.app.asking_screen
        return screen is not None and screen.busy

    def _counts(self, asker: FormScreen, attempt: Attempt) -> bool:
        """Whether anybody still waits for this answer."""
        return attempt is self.attempt and asker is self.app.asking_screen

    def stop(self, screen: FormScreen) -> None:
        """Stop waiting for the request under way, unless its answer has come."""
        if self.attempt and self.attempt.step is not (
            screen.step if isinstance(screen, StepScreen) else None
        ):
            screen.notice = ANSWERED  # the next step is there, but for the signatures of its tokens
            return
        self._stop_waiting()
        screen.busy = False
        screen.notice = STOPPED

    def drop(self) -> None:
        """Let go of the attempt, whatever is under way for it."""
        self._stop_waiting()
        self.attempt, self._trail = None, ()

    def _stop_waiting(self) -> None:
        """Let the request under way run to nowhere: its attempt no longer counts."""
        self.app.workers.cancel_group(self.app, "auth")
        if self.attempt:
            self.attempt = self.attempt.fork()

    # -- where an answer leads ----------------------------------------------------------------------

    def show(self, step: NextStep) -> None:
        """Show the step's screen: over sign-in the first time, then each in the place of the former."""
        if isinstance(step, Done) and self.app.settings.leaves_when_done and not step.asks_to_remember_device:
            self.app.exit(step)
            return
        from tui_auth.screens.steps import screen_for

        self._close_what_is_over_the_question()
        former = self.app.screen
        same = isinstance(former, StepScreen) and former.step == step
        is_question = isinstance(step, ConfirmSignInWithCustomChallenge)
        self._times_asked = self._times_asked + 1 if same and is_question else 1
        # A pool may refuse these two before it looks at the password: nothing was proved.
        unproved = isinstance(step, ResetPassword | ConfirmSignUp) and isinstance(former, SignInScreen)
        self._trail, self._locks = () if unproved else self._trail_after, 0
        screen = screen_for(step, self._surroundings())
        if isinstance(former, SignInScreen):
            former.forget_password()
            self.app.push_screen(screen)
        else:
            if isinstance(former, StepScreen) and type(former) is type(screen):
                screen.carried = former.typed()
            self.app.switch_screen(screen)
        if isinstance(step, ContinueSignInWithTOTPSetup):
            self._shown_a_key.add(screen.surroundings.username)
        if isinstance(step, Done):
            self.app.call_after_refresh(self._keep)

    # -- once signed in -----------------------------------------------------------------------------

    def _keep(self) -> None:
        if self.app.settings.leaves_when_done and isinstance(self.app.asking_screen, DoneScreen):
            self.app.asking_screen.ask_about_device()
        elif self.keeper and isinstance(self.app.asking_screen, DoneScreen):
            self._after_done(self.keeper.show(self.app.asking_screen, self.signed_in_as))
        elif isinstance(self.app.asking_screen, DoneScreen):
            self.app.asking_screen.without_keeping()

    def keep_in(self, kind: StorageKind) -> None:
        """Keep the session in the place that was chosen."""
        if self.keeper and isinstance(self.app.asking_screen, DoneScreen):
            self._after_done(self.keeper.chosen(self.app.asking_screen, self.signed_in_as, kind))

    def device_answered(self, remember: bool) -> None:
        """Have the pool remember this machine, or not."""
        if isinstance(self.app.asking_screen, DoneScreen):
            self._after_done(self._remember(self.app.asking_screen, remember))

    async def _remember(self, screen: DoneScreen, remember: bool) -> None:
        if remember:
            await remember_device(screen, self.app.auth)
        if self.app.settings.leaves_when_done:
            self.app.exit(screen.step)

    def _after_done(self, work: Coroutine[Any, Any, None]) -> None:
        self.app.run_worker(work, group="keep", exit_on_error=False, description="keep the session")

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
        while len(self.app.screen_stack) > 1 and not isinstance(self.app.screen, FormScreen):
            self.app.pop_screen()

    def _back_to_sign_in(self, problem: Problem | None = None) -> None:
        self._stop_waiting()
        if self.attempt:
            self.attempt.forget()
        self.attempt, self._trail, self._locks, self._asked_by = None, (), 0, "Enter"
        while len(self.app.screen_stack) > 1 and not isinstance(self.app.screen, SignInScreen):
            self.app.pop_screen()
        if isinstance(self.app.screen, SignInScreen):
            self.app.screen.busy = False
            self.app.screen.ask_for_what_is_missing()
            self.app.screen.error = problem

    def back(self) -> None:
        """One choice back: to the choice of a factor if one was made, else to sign-in with the name kept.

        The way to a choice leads over the network; where that is closed, Esc leads to sign-in.
        """
        attempt, screen = self.attempt, self.app.asking_screen
        is_closed = screen is None or screen.waits or self._asked_by == "Esc"
        is_open = not is_closed and not isinstance(self.app.screen, SignInScreen)
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
            if sign_in := self.app.asking_screen:
                sign_in.notice = " ".join(notices)


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
