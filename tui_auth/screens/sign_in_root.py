"""SignInRoot: the sign-in screen that opens, closes and ends everything above it.

It is the host of a ``SignInPresenter`` in every program: ours, the demo, and host programs.
The flow and the presenter are imported on first use, so that the first screen appears sooner.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

from textual import on
from textual.reactive import reactive

from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import (
    CopyRequested,
    Decision,
    FormClosed,
    ScreenContext,
    ScreenOptions,
    StopRequested,
    copy_to_clipboard,
)
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.screen import Screen

    from tui_auth import api
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.next_step import Done, NextStep
    from tui_auth.errors import TuiAuthError
    from tui_auth.flow.interface import SignInSettings
    from tui_auth.flow.sign_in_flow import SignInFlow
    from tui_auth.screens.done import AccountRequested, SignInSeen
    from tui_auth.screens.screen_context import Companion
    from tui_auth.screens.sign_in_presenter import SignInPresenter


class SignInRoot(SignInScreen):
    """The sign-in screen, with the steps and everything else of a sign-in above it on the stack.

    Dismissed with Done, or with None if the user leaves.

    Args:
        auth: The user pool and app client to sign in to.
        settings: How to sign in.
        make_flow: Returns the flow; called once, at the user's first decision.
        on_end: Called with the result in place of ``dismiss``.
        companion: The demo around the sign-in.
        options: How the program shows the screens.
    """

    next_step: reactive[NextStep | None] = reactive(None, init=False, repaint=False)
    """The current step."""

    run_in_thread = staticmethod(in_daemon_thread)

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        make_flow: Callable[[], SignInFlow],
        *,
        on_end: Callable[[Done | None], None] | None = None,
        companion: Companion | None = None,
        options: ScreenOptions = ScreenOptions(),  # noqa: B008 - immutable
    ) -> None:
        self.auth = auth
        self.settings = settings
        self._make_flow = make_flow
        self._on_end = on_end
        login = settings.managed_login
        super().__init__(
            build_context(auth, settings, companion=companion, options=replace(options, controller=self)),
            label=settings.username_label,
            mfa_methods=settings.mfa_methods,
            auth_flow=settings.auth_flow,
            pool_origin=settings.pool_origin,
            domain=login.host if login else "",
            identity_providers=settings.identity_providers,
        )

    # -- what the user decides ----------------------------------------------------------------------

    @cached_property
    def presenter(self) -> SignInPresenter:
        """The presenter of the sign-in, created at the user's first decision."""
        from tui_auth.screens.sign_in_presenter import SignInPresenter

        return SignInPresenter(self, self._make_flow())

    @property
    def has_decided(self) -> bool:
        """Whether the user has decided anything, so that there is a presenter and a flow."""
        return "presenter" in vars(self)

    @property
    def flow(self) -> SignInFlow:
        """The sign-in flow."""
        return self.presenter.flow

    @property
    def done(self) -> Done | None:
        """The result of the sign-in while it is on the screen."""
        return self.flow.done if self.has_decided else None

    @on(Decision)
    def _decide(self, decision: Decision) -> None:
        decision.stop()
        if isinstance(decision, FormScreen.BackRequested) and self.is_active:
            self.end(None)
        elif isinstance(decision, StopRequested):
            self.presenter.cancel()
        else:
            self.presenter.decide(decision)

    def on_sign_in_seen(self, event: SignInSeen) -> None:
        """End after the user has seen the result."""
        event.stop()
        self.end(self.done)

    def on_account_requested(self, event: AccountRequested) -> None:
        """Open the account of the user who has signed in."""
        from tui_auth.screens.account import AccountRoot

        event.stop()
        done, context = self.done, self.context
        if done is None:
            return
        self.push_screen(
            AccountRoot(
                self.flow.open_account(context.app_name),
                pool_label=context.pool,
                username=done.claims.name_for(self.flow.username),
                environment_badge=context.environment_badge,
                on_end=self._return_from_account,
                companion=context.companion,
            )
        )

    def _return_from_account(self, text: str, error: TuiAuthError | None) -> None:
        """Show Done again, and why the account was closed."""
        from tui_auth.screens.done import DoneScreen

        while len(self.screen_stack) > 1 and not isinstance(self.screen_stack[-1], DoneScreen):
            self.pop_screen()
        if screen := self.form_screen:
            screen.notice = text

    def on_form_closed(self, event: FormClosed) -> None:
        """Do nothing: a program of ours closes screens only through this one."""
        event.stop()

    def on_copy_requested(self, event: CopyRequested) -> None:
        """Send the text to the terminal's clipboard."""
        event.stop()
        work = partial(copy_to_clipboard, self.app, event, lambda: self.form_screen)
        self.start_worker(work, "clipboard", "clipboard")

    def end(self, done: Done | None) -> None:
        """Close all screens of the sign-in and return the result."""
        if self._on_end:
            self._on_end(done)
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.dismiss(cast("api.Done | None", done))
        if self.has_decided:
            self.flow.drop()

    # -- the host of the presenter ------------------------------------------------------------------

    @property
    def screen_stack(self) -> list[Screen[Any]]:
        """This screen and those above it, the topmost last."""
        stack = self.app.screen_stack
        return stack[stack.index(self) :] if self in stack else []

    @property
    def form_screen(self) -> FormScreen | None:
        """The topmost form, even if help, the palette or a dialog covers it."""
        return next(
            (screen for screen in reversed(self.screen_stack) if isinstance(screen, FormScreen)), None
        )

    def push_screen(self, screen: Screen[Any]) -> None:
        """Open a screen on top of the others."""
        self.app.push_screen(screen)

    def switch_screen(self, screen: Screen[Any]) -> None:
        """Replace the topmost screen."""
        self.app.switch_screen(screen)

    def pop_screen(self) -> None:
        """Close the topmost screen."""
        self.app.pop_screen()

    def start_worker(
        self, work: Callable[[], Coroutine[Any, Any, None]], group: str, description: str
    ) -> None:
        """Run the work in the background and cancel the group's previous work."""
        function: Any = work  # mypy doesn't match it with any of the types that Textual accepts
        self.run_worker(function, exclusive=True, group=group, exit_on_error=False, description=description)

    def cancel_workers(self, group: str) -> None:
        """Cancel the group's work."""
        self.workers.cancel_group(self, group)

    def hold_keys(self, screen: FormScreen) -> None:
        """Hold keys while the screen changes; drop a line started in the palette or the help."""
        app = self.app
        if isinstance(app, FullScreenApp):
            if app.screen is not screen:
                app.type_ahead.drop_line()
            app.type_ahead.hold()

    def finish(self, done: Done) -> None:
        """End with the result of the sign-in."""
        self.end(done)


def build_context(
    auth: Auth,
    settings: SignInSettings,
    *,
    companion: Companion | None = None,
    options: ScreenOptions | None = None,
) -> ScreenContext:
    """Return the pool and settings that every screen shows."""
    gateway = auth.gateway
    return ScreenContext(
        pool=settings.pool,
        now=gateway.now,
        username=settings.username,
        environment_badge=settings.environment_badge,
        app_name=settings.app_name or settings.pool,
        session_seconds=settings.session_seconds,
        preferred_first_factor=str(settings.preferred_first_factor or ""),
        password_policy=settings.password_policy,
        clock_offset=lambda: gateway.clock_offset,
        trace=auth.trace,
        companion=companion,
        options=options or ScreenOptions(),
    )


def load_rest(auth: Auth) -> None:
    """Import the modules of later screens and connect to Cognito. Runs on a thread."""
    import tui_auth.flow.sign_in_flow
    import tui_auth.screens.sign_in_presenter
    import tui_auth.screens.steps  # noqa: F401

    auth.gateway.connect()
