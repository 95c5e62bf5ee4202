"""FirstRunApp: the full-screen program that asks for a pool, where nothing specifies one."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar

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
from tui_auth.screens.choose_pool import AuthFlowSelected, ChoosePoolScreen, PoolSubmitted, ProfileNamed
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.themes import HEIGHTS, THEMES, WIDTHS, style_sheets
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.screen import Screen


class FirstRunApp(FullScreenApp[str]):
    """Asks for a pool. Returns the name of the profile it is saved as; None if the user left."""

    TITLE = "tui-auth"
    CSS_PATH = style_sheets()
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        named: Mapping[str, Any],
        *,
        theme: str,
        notice: str = "",
        environment_badge: str = "",
        gateway_to: Callable[[Address], Gateway] = CognitoGateway,
        keys_at: Callable[[str], object] = fetch_keys,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(ansi_color=theme.startswith("ansi") or None)
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme
        self.flow = FirstRunFlow(named, gateway_to, keys_at, environ)
        self.first_notice = notice
        self.environment_badge = environment_badge
        self.first_name = self.flow.free_name()

    def get_default_screen(self) -> Screen[Any]:
        """Return the only screen."""
        named = self.flow.named
        return ChoosePoolScreen(
            ScreenContext(pool="", now=time.time, environment_badge=self.environment_badge),
            user_pool_id=named.get("user_pool_id", ""),
            client_id=named.get("client_id", ""),
            secret_file=named.get("client_secret_file", ""),
            name=self.first_name,
            notice=self.first_notice,
        )

    @property
    def is_busy(self) -> bool:
        screen = self.screen_stack[-1] if self.screen_stack else None
        return isinstance(screen, ChoosePoolScreen) and screen.busy

    @property
    def question(self) -> ChoosePoolScreen:
        """The screen, even if help is in front of it."""
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
        """Carry out an output of the flow."""
        screen = self.question
        match output:
            case RunTrial():
                screen.busy = True
                self._exchange(output)
            case AskName():
                screen.works(output.text)
            case AskAuthFlow():
                screen.ask_for_flow(output.flows, output.text)
            case AskSecret():
                screen.ask_for_secret(output.error)
            case ShowPoolError():
                screen.refused(output.error, output.field)
            case ProfileSaved():
                self.exit(output.name)

    @work(exclusive=True, group="auth", exit_on_error=False, description="a request to Cognito")
    async def _exchange(self, trial: RunTrial) -> None:
        result = await in_daemon_thread(trial.run)
        self.type_ahead.hold()
        self._carry_out(self.flow.receive(result))

    async def action_quit(self) -> None:
        """Leave without a pool."""
        self.exit(None, return_code=ExitCode.CANCELLED)
