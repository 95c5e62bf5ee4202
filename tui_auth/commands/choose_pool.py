"""The first run: where nothing names a pool, ask for one on the terminal and keep it as a profile."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui_auth.app import CANCELLED, HEIGHTS, WIDTHS
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.signature import fetch_keys
from tui_auth.commands.endpoint_mark import endpoint_mark
from tui_auth.commands.output import tell
from tui_auth.commands.pool_trial import FlowRefused, Outcome, PoolTrial, Refused, SecretWanted, Works
from tui_auth.config.errors import ConfigurationError
from tui_auth.config.pool_choice import PoolChoice, choose_kept_profile, named_settings
from tui_auth.daemon_thread import in_daemon_thread
from tui_auth.flow.error_message import INTERNAL_ERROR, ErrorMessage
from tui_auth.screens.choose_pool import ChoosePoolScreen, PoolKept, PoolTried
from tui_auth.screens.pool_question import USUAL_FLOW, Candidate
from tui_auth.screens.screen_context import ScreenContext
from tui_auth.style_sheets import style_sheets
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.themes import THEMES


class ChoosePoolApp(FullScreenApp[str]):
    """Asks for a pool. Its result is the name of the profile it was kept as; None where the person left."""

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
        gateway_to: Callable[[Address], Gateway] = CognitoGateway,
        keys_at: Callable[[str], object] = fetch_keys,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(ansi_color=theme.startswith("ansi") or None)
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme
        self.named = named
        self.first_notice = notice
        self.trial = PoolTrial(named, gateway_to, keys_at, environ)
        self.first_name = self.trial.free_name()
        self._works: Candidate | None = None

    def get_default_screen(self) -> Screen[Any]:
        """The one screen there is."""
        mark = endpoint_mark(self.named.get("endpoint_url", ""))
        around = ScreenContext(pool="", now=time.time, environment_badge=mark)
        return ChoosePoolScreen(
            around,
            user_pool_id=self.named.get("user_pool_id", ""),
            client_id=self.named.get("client_id", ""),
            secret_file=self.named.get("client_secret_file", ""),
            auth_flow=self.named.get("auth_flow", USUAL_FLOW),
            name=self.first_name,
            notice=self.first_notice,
        )

    @property
    def is_busy(self) -> bool:
        screen = self.screen_stack[-1] if self.screen_stack else None
        return isinstance(screen, ChoosePoolScreen) and screen.busy

    @property
    def question(self) -> ChoosePoolScreen:
        """The screen, whatever help lies over it."""
        return next(screen for screen in self.screen_stack if isinstance(screen, ChoosePoolScreen))

    @on(PoolTried)
    def _try(self, event: PoolTried) -> None:
        self.question.busy = True
        self._exchange(event.candidate)

    @work(exclusive=True, group="auth", exit_on_error=False, description="a request to Cognito")
    async def _exchange(self, candidate: Candidate) -> None:
        self._show(candidate, await in_daemon_thread(partial(self.trial.try_out, candidate)))

    def _show(self, candidate: Candidate, outcome: Outcome) -> None:
        screen = self.question
        self.type_ahead.hold()
        match outcome:
            case Works(says):
                self._works = candidate
                screen.works(says)
            case FlowRefused(why):
                screen.ask_for_flow(candidate.auth_flow, why)
            case SecretWanted(problem):
                screen.ask_for_secret(problem)
            case Refused(problem, about):
                screen.refused(problem, about)

    @on(PoolKept)
    def _keep(self, event: PoolKept) -> None:
        if self._works is None:
            return
        try:
            self.trial.keep(event.name, self._works)
        except ConfigurationError as error:
            self.question.refused(ErrorMessage(str(error)), "name")
        except Exception:
            self.question.refused(ErrorMessage(INTERNAL_ERROR), "name")
        else:
            self.exit(event.name)

    async def action_quit(self) -> None:
        """Leave without a pool."""
        self.exit(None, return_code=CANCELLED)


def ask_for_pool(arguments: Namespace, *, theme: str, notice: str = "") -> tuple[int, PoolChoice | None]:
    """Ask on the terminal, in full screen, and keep the answer as a profile: 0 and the choice, or why not.

    ``notice`` is what the screen says at first, such as which file named no pool. To be called after
    ``full_screen.prepare``. Raises ConfigurationError as ``choose_kept_profile`` does.
    """
    app = ChoosePoolApp(named_settings(arguments), theme=theme, notice=notice)
    status = app.run_in_terminal()
    name = app.return_value
    if name is None:
        return status, None
    tell(f"Kept as the profile {name}.", by="")
    arguments.profile = name
    return 0, choose_kept_profile(name, arguments)
