"""SignInPresenter: shows a sign-in flow as screens, in whatever Textual program hosts them.

It turns what the user decided into calls of the flow, and carries out the outputs. The program itself is
only a ``ScreenHost``: it opens and closes screens, and runs workers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
from tui_auth.flow.error_message import INTERNAL_ERROR, ErrorMessage
from tui_auth.flow.outputs import (
    AskAboutDevice,
    AskStorage,
    Finish,
    OfferRestart,
    ShowCodeSent,
    ShowError,
    ShowNotice,
    ShowSaved,
    ShowSignIn,
    ShowSignUp,
    ShowStep,
    ShowUnsaved,
    StepContext,
    WaitBeforeRetry,
)
from tui_auth.flow.sign_in_flow import Output, PendingRequest, RunJob, RunRequest, SignInFlow
from tui_auth.screens.done import DeviceAnswered, DoneScreen, StorageSelected
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in import (
    ForgotPasswordRequested,
    SignInRequested,
    SignInScreen,
    SignUpRequested,
)
from tui_auth.screens.step_screen import NewCodeRequested, RestartRequested, StepAnswered, StepScreen
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from textual.screen import Screen

    from tui_auth.screens.screen_context import Decision, ScreenContext

REQUESTS = "auth"
"""The group of the one worker that calls Cognito."""


class ScreenHost(Protocol):
    """The Textual program around the screens of a sign-in."""

    next_step: NextStep | None
    """The step to show; a watcher shows it with ``SignInPresenter.show_step``."""

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The open screens; the last one is in front."""

    def push_screen(self, screen: Screen[Any]) -> Any:
        """Open a screen in front of the others."""

    def switch_screen(self, screen: Screen[Any]) -> Any:
        """Open a screen in place of the one in front."""

    def pop_screen(self) -> Any:
        """Close the screen in front."""

    def screen_context(self, username: str) -> ScreenContext:
        """Return what every screen knows of the pool and of the settings."""

    def start_worker(
        self, work: Callable[[], Coroutine[Any, Any, None]], group: str, description: str
    ) -> None:
        """Run the work without blocking the screens, in place of the group's former work."""

    def cancel_workers(self, group: str) -> None:
        """Cancel the work of the group."""

    def hold_keys(self, asker: FormScreen) -> None:
        """Hold keys while the screen changes that ``asker``'s request leads to."""

    def finish(self, done: Done) -> None:
        """Leave, signed in."""


class SignInPresenter:
    """Shows one flow on one host."""

    def __init__(self, host: ScreenHost, flow: SignInFlow) -> None:
        self.host = host
        self.flow = flow
        self._context = StepContext()

    @property
    def screen(self) -> FormScreen | None:
        """The screen that asks: the step's, or sign-in. Help, palette and dialogs over it don't count."""
        return next((each for each in reversed(self.host.screen_stack) if isinstance(each, FormScreen)), None)

    # -- what the user decides ----------------------------------------------------------------------

    def decide(self, decision: Decision) -> None:
        """Pass a decision to the flow, and carry out what the flow makes of it."""
        flow, screen, output = self.flow, self.screen, None
        match decision:
            case StepAnswered():
                output = flow.answer(
                    decision.value,
                    breadcrumb=screen.breadcrumb if screen else "",
                    attributes=decision.attributes,
                    new_password=decision.new_password,
                )
            case SignInRequested():
                output = flow.sign_in(decision.username, decision.password)
            case ForgotPasswordRequested():
                output = flow.reset_password(decision.username)
            case SignUpRequested():
                output = flow.open_sign_up(decision.username)
            case NewCodeRequested():
                output = flow.new_code(key=decision.key)
            case RestartRequested():
                output = flow.restart()
            case FormScreen.BackRequested():
                output = flow.back(is_waiting=screen is not None and screen.is_waiting)
            case StorageSelected():
                output = flow.storage_selected(decision.kind)
            case DeviceAnswered():
                output = flow.device_answered(decision.remember)
            case _:
                output = self._sign_up(decision)
        self.carry_out(output)

    def _sign_up(self, decision: Decision) -> Output:
        from tui_auth.screens.sign_up import SignUpSubmitted

        if not isinstance(decision, SignUpSubmitted):
            return None
        return self.flow.sign_up(decision.username, decision.password, decision.attributes)

    def cancel(self) -> None:
        """Stop waiting for the request under way."""
        output = self.flow.cancel()
        if self.flow.pending is None:
            self.host.cancel_workers(REQUESTS)
        self.carry_out(output)

    # -- what the flow wants ------------------------------------------------------------------------

    def carry_out(self, output: Output) -> None:
        """Carry out an output of the flow."""
        screen = self.screen
        match output:
            case None:
                return
            case RunRequest() if screen is not None:
                screen.busy = False  # a request under way is replaced
                screen.busy = True
                work = partial(self._exchange, screen, output.request)
                self.host.start_worker(work, REQUESTS, "a request to Cognito")
            case RunJob():
                self.host.start_worker(partial(self._run_job, output.job), "save", "save the session")
            case ShowStep():
                self._context = output.context
                self.host.next_step = output.step
            case ShowSignIn():
                self._show_sign_in(output)
            case ShowSignUp():
                self._show_sign_up(output.username)
            case Finish():
                self.host.finish(output.done)
            case _ if isinstance(screen, DoneScreen):
                _show_at_end(screen, output)
            case _ if screen is not None:
                if self.flow.pending is None:
                    screen.busy = False
                _show_at_step(screen, output)

    async def _exchange(self, asker: FormScreen, request: PendingRequest) -> None:
        reply = await in_daemon_thread(request.send)
        if request is not self.flow.pending:
            return
        self.host.hold_keys(asker)
        try:
            self.carry_out(self.flow.receive(request, reply))
        except Exception:
            asker.busy = False
            asker.error = ErrorMessage(INTERNAL_ERROR)

    async def _run_job(self, job: Callable[[], Output]) -> None:
        output = await in_daemon_thread(job)
        if isinstance(self.screen, DoneScreen):
            self.carry_out(output)

    # -- screens ------------------------------------------------------------------------------------

    def show_step(self, step: NextStep) -> None:
        """Show the step's screen: over sign-in the first time, then each in place of the one before."""
        from tui_auth.screens.steps import SCREENS

        stack = self.host.screen_stack
        while len(stack) > 1 and not isinstance(stack[-1], FormScreen):
            self.host.pop_screen()
            stack = self.host.screen_stack
        former = stack[-1]
        context = replace(self.host.screen_context(self.flow.username), **vars(self._context))
        screen = SCREENS[type(step)](step, context)
        if isinstance(former, SignInScreen):
            former.forget_password()
            self.host.push_screen(screen)
        else:
            if isinstance(former, StepScreen) and type(former) is type(screen):
                screen.carried = former.typed()
            self.host.switch_screen(screen)
        if isinstance(screen, DoneScreen):
            screen.call_after_refresh(lambda: self.carry_out(self.flow.after_done()))

    def _show_sign_up(self, username: str) -> None:
        from tui_auth.screens.sign_up import SignUpScreen

        context = self.host.screen_context(username)
        self.host.push_screen(SignUpScreen(context, self.flow.settings))

    def _show_sign_in(self, output: ShowSignIn) -> None:
        self.host.cancel_workers(REQUESTS)
        while len(self.host.screen_stack) > 1 and not isinstance(self.host.screen_stack[-1], SignInScreen):
            self.host.pop_screen()
        screen = self.host.screen_stack[-1]
        if isinstance(screen, SignInScreen):
            screen.busy = False
            screen.focus_missing()
            screen.error = output.error
            if output.error is None:
                screen.notice = output.notice


def _show_at_step(screen: FormScreen, output: Output) -> None:
    match output:
        case ShowError():
            screen.error = output.error
        case ShowNotice():
            screen.notice = output.text
        case WaitBeforeRetry():
            screen.wait(output.seconds, output.error)
        case OfferRestart() if isinstance(screen, StepScreen):
            screen.offer_start(output.side_effect, output.reason)
        case ShowCodeSent(details) if isinstance(screen, StepScreen) and isinstance(details, DeliveryDetails):
            screen.code_was_sent(details)


def _show_at_end(screen: DoneScreen, output: Output) -> None:
    match output:
        case AskStorage():
            screen.notice = output.notice
            screen.ask_for_storage(output.kinds)
        case ShowSaved():
            screen.notice = output.notice or screen.notice
            screen.show_storage(output.storage, output.problem, output.warning)
        case ShowUnsaved():
            screen.show_no_storage()
        case AskAboutDevice():
            screen.ask_about_device()
        case ShowNotice():
            screen.notice = output.text
