"""The full-screen programs before and after the sign-in.

FirstRunApp asks for a user pool if nothing specifies one. SignedInApp asks a user who is already signed in
whether to continue. AccountApp shows the account of a signed-in user.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType

from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.tokens import fetch_keys
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.first_run_flow import (
    AskAuthFlow,
    AskName,
    AskSecret,
    FirstRunFlow,
    FirstRunOutput,
    ProfileSaved,
    RunTrial,
    ShowPoolError,
)
from tui_auth.flow.signed_in import SignedInAction, action_labels, question_about
from tui_auth.screens.choose_pool import AuthFlowSelected, ChoosePoolScreen, PoolSubmitted, ProfileNamed
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.screens.signed_in import ActionSelected, SignedInScreen
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.themes import HEIGHTS, THEMES, VARIABLES, WIDTHS, style_sheets
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.screen import Screen

    from tui_auth.errors import TuiAuthError
    from tui_auth.flow.account_pages import AccountContext
    from tui_auth.session.record import SessionRecord

AnswerT = TypeVar("AnswerT")


class QuestionApp(FullScreenApp[AnswerT]):
    """A program with one screen. Returns the answer, or None if the user quit."""

    TITLE = "tui-auth"
    CSS_PATH = style_sheets()
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "interrupt", "Leave", show=False, priority=True),
    ]

    def __init__(self, theme: str) -> None:
        super().__init__(ansi_color=theme.startswith("ansi") or None)
        for registered in THEMES:
            self.register_theme(registered)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def action_interrupt(self) -> None:
        """Exit without an answer, as by SIGINT."""
        self.interrupt()

    async def action_quit(self) -> None:
        """Exit without an answer."""
        self.exit(None, return_code=ExitCode.CANCELED)


class SignedInApp(QuestionApp[SignedInAction]):
    """Says who is signed in and returns what to do about it.

    Args:
        record: The session that there is.
        theme: The name of the theme.
        environment_badge: The badge of an endpoint other than Cognito's.
    """

    def __init__(self, record: SessionRecord, *, theme: str, environment_badge: str = "") -> None:
        super().__init__(theme)
        self.record = record
        self.environment_badge = environment_badge

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen that asks, the only one apart from help."""
        record = self.record
        context = ScreenContext(
            pool=" ".join(filter(None, (record.origin.profile, record.origin.user_pool_id))),
            now=time.time,
            username=record.display_name,
            environment_badge=self.environment_badge,
        )
        return SignedInScreen(context, question_about(record), action_labels(record))

    @on(ActionSelected)
    def _answer(self, selected: ActionSelected) -> None:
        self.exit(selected.action)


class AccountApp(QuestionApp[str]):
    """Shows an account. Returns a sentence to print afterwards, mostly empty.

    Args:
        settings: The account.
        record: The session.
        theme: The name of the theme.
        environment_badge: The badge of an endpoint other than Cognito's.
    """

    def __init__(
        self, settings: AccountContext, record: SessionRecord, *, theme: str, environment_badge: str = ""
    ) -> None:
        super().__init__(theme)
        self.settings = settings
        self.record = record
        self.environment_badge = environment_badge
        self.ended_by: TuiAuthError | None = None
        """The error that ended it, such as NotSignedInError; None if the user left."""

    def get_default_screen(self) -> Screen[Any]:
        """Return the overview."""
        from tui_auth.screens.account import AccountRoot

        record = self.record
        return AccountRoot(
            self.settings,
            pool_label=" ".join(filter(None, (record.origin.profile, record.origin.user_pool_id))),
            username=record.display_name,
            environment_badge=self.environment_badge,
            on_end=self._end,
        )

    def _end(self, text: str, error: TuiAuthError | None) -> None:
        self.ended_by = error
        self.exit(text)

    async def action_quit(self) -> None:
        """Leave the account, which is no failure."""
        self.exit("")


class FirstRunApp(QuestionApp[str]):
    """Asks for a pool and returns the name of the new profile, or None if the user quit.

    Args:
        settings: The settings that flags and the environment specify.
        theme: The name of the theme.
        notice: What the screen shows at first.
        environment_badge: The badge of an endpoint other than Cognito's.
        make_gateway: Returns the gateway to an address.
        fetch_signing_keys: Fetches the keys that a pool publishes at a URL.
        environ: The environment variables.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        theme: str,
        notice: str = "",
        environment_badge: str = "",
        make_gateway: Callable[[Address], Gateway] = CognitoGateway,
        fetch_signing_keys: Callable[[str], object] = fetch_keys,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(theme)
        self.flow = FirstRunFlow(settings, make_gateway, fetch_signing_keys, environ)
        self.initial_notice = notice
        self.environment_badge = environment_badge
        self.suggested_name = self.flow.suggest_profile_name()

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen that asks for the pool, the only one apart from help."""
        settings, trace = self.flow.settings, self.flow.trace
        return ChoosePoolScreen(
            ScreenContext(pool="", now=time.time, environment_badge=self.environment_badge, trace=trace),
            user_pool_id=settings.get("user_pool_id", ""),
            client_id=settings.get("client_id", ""),
            secret_file=settings.get("client_secret_file", ""),
            name=self.suggested_name,
            notice=self.initial_notice,
        )

    @property
    def pool_screen(self) -> ChoosePoolScreen:
        """The screen that asks for the pool, even if help covers it."""
        return next(screen for screen in self.screen_stack if isinstance(screen, ChoosePoolScreen))

    @on(Decision)
    def _decide(self, decision: Decision) -> None:
        match decision:
            case PoolSubmitted():
                self._carry_out(
                    self.flow.submit(decision.user_pool_id, decision.client_id, decision.secret_file)
                )
            case AuthFlowSelected():
                self._carry_out(self.flow.auth_flow_selected(decision.auth_flow))
            case ProfileNamed():
                self._carry_out(self.flow.save_as(decision.name))
            case FormScreen.BackRequested():
                self.flow.back()

    def _carry_out(self, output: FirstRunOutput | None) -> None:
        """Show or run an output of the flow."""
        screen = self.pool_screen
        match output:
            case RunTrial():
                screen.busy = True
                self._run_trial(output)
            case AskName():
                screen.show_success(output.text)
            case AskAuthFlow():
                screen.ask_for_flow(output.flows, output.text)
            case AskSecret():
                screen.ask_for_secret(output.error)
            case ShowPoolError():
                screen.show_pool_error(output.error, output.field)
            case ProfileSaved():
                self.exit(output.name)

    @work(exclusive=True, group="auth", exit_on_error=False, description="a request to Cognito")
    async def _run_trial(self, trial: RunTrial) -> None:
        result = await in_daemon_thread(trial.run)
        self.type_ahead.hold()
        self._carry_out(self.flow.receive(result))
