"""SignInPresenter: shows a sign-in flow as screens in any Textual program.

It passes the user's decisions to the flow and carries out the outputs. A ``ScreenHost``, in every program the
``SignInRoot``, opens and closes screens and runs workers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
from tui_auth.flow.interface import INTERNAL_ERROR, ErrorMessage
from tui_auth.flow.outputs import (
    AskAboutDevice,
    AskContactCode,
    AskStorage,
    AskToVerify,
    Finish,
    OfferRestart,
    Output,
    Request,
    RunJob,
    RunRequest,
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
from tui_auth.screens.done import (
    ContactCodeEntered,
    DeviceAnswered,
    DoneScreen,
    StorageSelected,
    VerificationAnswered,
)
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in import (
    BrowserRequested,
    ForgotPasswordRequested,
    SignInRequested,
    SignInScreen,
    SignUpRequested,
)
from tui_auth.screens.step_screen import NewCodeRequested, RestartRequested, StepAnswered, StepScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from textual.screen import Screen

    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.screens.screen_context import Decision, ScreenContext

T = TypeVar("T")

REQUESTS = "auth"
"""The group of the one worker that calls Cognito."""


class ScreenHost(Protocol):
    """What opens and closes the screens of a sign-in."""

    next_step: NextStep | None
    """The current step."""

    context: ScreenContext
    """The pool and settings that every screen shows."""

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The open screens of the sign-in, the topmost last; none after its end."""

    @property
    def form_screen(self) -> FormScreen | None:
        """The topmost form, even if help, the palette or a dialog covers it."""

    def push_screen(self, screen: Screen[Any]) -> Any:
        """Open a screen on top of the others."""

    def switch_screen(self, screen: Screen[Any]) -> Any:
        """Replace the topmost screen."""

    def pop_screen(self) -> Any:
        """Close the topmost screen."""

    def run_in_thread(self, function: Callable[[], T]) -> Awaitable[T]:
        """Run the function on a thread; return its result once screens can be opened and closed."""

    def start_worker(
        self, work: Callable[[], Coroutine[Any, Any, None]], group: str, description: str
    ) -> None:
        """Run the work in the background and cancel the group's previous work."""

    def cancel_workers(self, group: str) -> None:
        """Cancel the group's work."""

    def hold_keys(self, screen: FormScreen) -> None:
        """Hold keys while the next screen replaces this one."""

    def finish(self, done: Done) -> None:
        """End with the result of the sign-in."""


class SignInPresenter:
    """Shows a sign-in flow on a host."""

    def __init__(self, host: ScreenHost, flow: SignInFlow) -> None:
        self.host = host
        self.flow = flow
        self._context = StepContext()

    # -- what the user decides ----------------------------------------------------------------------

    def decide(self, decision: Decision) -> None:
        """Pass a decision to the flow and carry out the output."""
        flow, screen, output = self.flow, self.host.form_screen, None
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
            case VerificationAnswered():
                output = flow.request_contact_code() if decision.verify else None
            case ContactCodeEntered():
                output = flow.verify_contact(decision.code)
            case _:
                output = self._begin_otherwise(decision)
        self.carry_out(output)

    def _begin_otherwise(self, decision: Decision) -> Output:
        if isinstance(decision, BrowserRequested):
            return self.flow.sign_in_with_browser(decision.provider)
        from tui_auth.screens.sign_up import SignUpSubmitted

        if not isinstance(decision, SignUpSubmitted):
            return None
        return self.flow.sign_up(decision.username, decision.password, decision.attributes)

    def cancel(self) -> None:
        """Stop waiting for the request in flight."""
        output = self.flow.cancel()
        if self.flow.pending is None:
            self.host.cancel_workers(REQUESTS)
        self.carry_out(output)

    # -- outputs of the flow ------------------------------------------------------------------------

    def carry_out(self, output: Output) -> None:
        """Show or run an output of the flow."""
        screen, flow = self.host.form_screen, self.flow
        match output:
            case None:
                return
            case RunRequest() if screen is not None:
                screen.busy = False  # so that the watcher runs when a request replaces another
                screen.busy = True
                work = partial(self._send_request, screen, output.request)
                self.host.start_worker(work, REQUESTS, "a request to Cognito")
            case RunJob():
                self.host.start_worker(partial(self._run_job, output.job), "save", "save the session")
            case ShowStep():
                self._context = output.context
                self.host.next_step = output.step
                self.show_step(output.step)
            case ShowSignIn():
                self._show_sign_in(output)
            case ShowSignUp():
                self._show_sign_up(output.username)
            case Finish():
                self.host.finish(output.done)
            case _ if isinstance(screen, DoneScreen):
                _show_on_done(screen, output)
                if not screen.is_asking:
                    _show_on_done(screen, flow.offer_verification())
            case _ if screen is not None:
                if self.flow.pending is None:
                    screen.busy = False
                _show_on_step(screen, output)

    async def _send_request(self, screen: FormScreen, request: Request) -> None:
        reply = await self.host.run_in_thread(request.send)
        if request is not self.flow.pending:
            return
        self.host.hold_keys(screen)
        try:
            self.carry_out(self.flow.receive(request, reply))
        except Exception:
            screen.busy = False
            screen.error = ErrorMessage(INTERNAL_ERROR)

    async def _run_job(self, job: Callable[[], Output]) -> None:
        try:
            output = await self.host.run_in_thread(job)
        except Exception:
            output = ShowNotice(INTERNAL_ERROR)
        if isinstance(self.host.form_screen, DoneScreen):
            self.carry_out(output)

    # -- screens ------------------------------------------------------------------------------------

    def show_step(self, step: NextStep) -> None:
        """Show the step's screen on top of sign-in, or replace the screen of the previous step."""
        from tui_auth.screens.steps import SCREENS

        stack = self.host.screen_stack
        while len(stack) > 1 and not isinstance(stack[-1], FormScreen):
            self.host.pop_screen()
            stack = self.host.screen_stack
        previous = stack[-1]
        context = replace(self.host.context, username=self.flow.username, **vars(self._context))
        kind = next(kind for kind in type(step).__mro__ if kind in SCREENS)
        screen = SCREENS[kind](step, context)
        if isinstance(previous, SignInScreen):
            previous.forget_password()
            self.host.push_screen(screen)
        else:
            if isinstance(previous, StepScreen) and type(previous) is type(screen):
                screen.restored_values = previous.reusable_values()
            self.host.switch_screen(screen)
        if isinstance(screen, DoneScreen):
            screen.call_after_refresh(lambda: self.carry_out(self.flow.after_done()))

    def _show_sign_up(self, username: str) -> None:
        from tui_auth.screens.sign_up import SignUpScreen

        context = replace(self.host.context, username=username)
        self.host.push_screen(SignUpScreen(context, self.flow.settings))

    def _show_sign_in(self, output: ShowSignIn) -> None:
        self.host.cancel_workers(REQUESTS)
        while len(self.host.screen_stack) > 1 and not isinstance(self.host.screen_stack[-1], SignInScreen):
            self.host.pop_screen()
        screen = self.host.screen_stack[-1]
        if isinstance(screen, SignInScreen):
            screen.busy = False
            screen.focus_missing(is_retry=output.error is not None)
            screen.error = output.error
            if output.error is None:
                screen.notice = output.notice


def _show_on_step(screen: FormScreen, output: Output) -> None:
    match output:
        case ShowError():
            screen.error = output.error
        case ShowNotice():
            screen.notice = output.text
        case WaitBeforeRetry():
            screen.wait(output.seconds, output.error)
        case OfferRestart() if isinstance(screen, StepScreen):
            screen.offer_restart(output.error)
        case ShowCodeSent(details) if isinstance(screen, StepScreen) and isinstance(details, DeliveryDetails):
            screen.show_code_sent(details)


def _show_on_done(screen: DoneScreen, output: Output) -> None:
    screen.is_settled = True
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
        case AskToVerify():
            screen.ask_to_verify(output.attribute, output.address)
        case AskContactCode():
            screen.ask_for_contact_code(output.details, output.error)
        case ShowNotice():
            screen.notice = output.text
