"""The first run: where nothing names a pool, ask for one on the terminal and keep it as a profile."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui_auth.app import CANCELLED, HEIGHTS, WIDTHS
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.errors import AuthError
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway, is_loopback
from tui_auth.auth.signature import KeysUnreachable, fetch_keys, keys_url
from tui_auth.commands.doctor.probe import API_FLOWS, Answer, Verdict, probe_flow
from tui_auth.config.errors import ConfigurationError
from tui_auth.config.pool_choice import PoolChoice, choose_pool, named_settings, read_secret_file
from tui_auth.config.profile_file import add_profile
from tui_auth.daemon_thread import in_daemon_thread
from tui_auth.screens.choose_pool import USUAL_FLOW, ChoosePoolScreen, PoolKept, PoolTried
from tui_auth.screens.form_screen import Surroundings
from tui_auth.screens.problem import OWN_FAULT, Problem
from tui_auth.style_sheets import style_sheets
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.themes import THEMES

FIRST_NAME = "main"
"""What a pool is kept as unless the person types another name."""

_WORKS = {
    "USER_SRP_AUTH": "It answers, and takes a password that never leaves this program (SRP).",
    "USER_PASSWORD_AUTH": "It answers, and takes a password, which is sent to Cognito.",
    "USER_AUTH": "It answers, and offers each user what there is: a password, a code, …",
    "CUSTOM_WITH_SRP": "It answers, and asks questions of its own after the password.",
    "CUSTOM_WITHOUT_SRP": "It answers, and asks questions of its own in place of a password.",
}


@dataclass(frozen=True)
class Trial:
    """A pool that was tried, and what it said. ``pool_is_there`` is None where that cannot be told."""

    asked: PoolTried
    answer: Answer
    pool_is_there: bool | None


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
        gateway_to: Callable[[Address], Gateway] = CognitoGateway,
        keys_at: Callable[[str], object] = fetch_keys,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        super().__init__(ansi_color=theme.startswith("ansi") or None)
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme
        self.named = named
        self.gateway_to = gateway_to
        self.keys_at = keys_at
        self.environ = environ
        self._tried: Trial | None = None

    def get_default_screen(self) -> Screen[Any]:
        """The one screen there is."""
        is_local = str(self.named.get("endpoint_url", "")).startswith("http:")
        around = Surroundings(pool="", now=time.time, mark="TEST ENDPOINT" if is_local else "")
        return ChoosePoolScreen(
            around,
            user_pool_id=self.named.get("user_pool_id", ""),
            client_id=self.named.get("client_id", ""),
            name=FIRST_NAME,
        )

    @property
    def question(self) -> ChoosePoolScreen:
        """The screen, whatever help lies over it."""
        return next(screen for screen in self.screen_stack if isinstance(screen, ChoosePoolScreen))

    @on(PoolTried)
    def _try(self, event: PoolTried) -> None:
        self.question.busy = True
        self._exchange(event)

    @work(exclusive=True, group="auth", exit_on_error=False, description="a request to Cognito")
    async def _exchange(self, asked: PoolTried) -> None:
        try:
            self._show(await in_daemon_thread(partial(self._trial, asked)))
        except ConfigurationError as error:
            self.question.refused(Problem(str(error)), "secret" if asked.secret_file else "client")
        except AuthError as error:
            self.question.refused(Problem.of(error), "client")
        except Exception:
            self.question.refused(Problem(OWN_FAULT), "client")

    def _trial(self, asked: PoolTried) -> Trial:
        """One call that signs nobody in, and a look at whether the pool publishes its keys."""
        secret = read_secret_file(Path(asked.secret_file).expanduser()) if asked.secret_file else None
        client = AppClient(asked.user_pool_id, asked.client_id, secret)
        endpoint = self.named.get("endpoint_url")
        gateway = self.gateway_to(Address(self.named.get("region") or client.region, endpoint))
        answer = probe_flow(gateway, client, API_FLOWS.get(asked.auth_flow, asked.auth_flow))
        is_there: bool | None = None
        if answer.verdict is not Verdict.UNREACHABLE and (endpoint is None or is_loopback(endpoint)):
            try:
                is_there = bool(self.keys_at(keys_url(asked.user_pool_id, endpoint)))
            except KeysUnreachable as error:
                is_there = False if str(error) == "HTTPError" else None
        return Trial(asked, answer, is_there)

    def _show(self, trial: Trial) -> None:
        screen, verdict = self.question, trial.answer.verdict
        said = Problem.of(trial.answer.error) if trial.answer.error else Problem(OWN_FAULT)
        if trial.pool_is_there is False:
            screen.refused(Problem("There is no user pool of this id. Compare it with the console."), "pool")
            return
        match verdict:
            case Verdict.ALLOWED:
                self._tried = trial
                screen.works(_WORKS[trial.asked.auth_flow])
            case Verdict.NOT_ALLOWED:
                screen.ask_for_flow(trial.asked.auth_flow)
            case Verdict.NO_TRIGGERS:
                screen.refused(Problem("The pool has no questions of its own. Enter tries again."), "client")
            case Verdict.SECRET_MISSING:
                screen.ask_for_secret(
                    Problem("This app client has a secret. Put it into a file and type that file's path.")
                )
            case Verdict.SECRET_WRONG if trial.asked.secret_file:
                screen.refused(Problem("This secret does not fit the app client."), "secret")
            case Verdict.NO_SUCH_CLIENT:
                screen.refused(Problem("There is no such app client in the pool's region."), "client")
            case _:
                screen.refused(said, "client")

    @on(PoolKept)
    def _keep(self, event: PoolKept) -> None:
        if self._tried is None:
            return
        asked = self._tried.asked
        settings = {
            "user_pool_id": asked.user_pool_id,
            "client_id": asked.client_id,
            **{name: self.named[name] for name in ("region", "endpoint_url") if name in self.named},
        }
        if asked.secret_file:
            settings["client_secret_file"] = str(Path(asked.secret_file).expanduser().absolute())
        if asked.auth_flow != USUAL_FLOW:
            settings["auth_flow"] = asked.auth_flow
        try:
            add_profile(event.name, settings, environ=self.environ)
        except ConfigurationError as error:
            self.question.refused(Problem(str(error)), "name")
        else:
            self.exit(event.name)

    async def action_quit(self) -> None:
        """Leave without a pool."""
        self.exit(None, return_code=CANCELLED)


def ask_for_pool(arguments: Namespace, *, theme: str) -> tuple[int, PoolChoice | None]:
    """Ask on the terminal, in full screen, and keep the answer as a profile: 0 and the choice, or why not.

    To be called after ``full_screen.prepare``. Raises ConfigurationError as ``choose_pool`` does.
    """
    app = ChoosePoolApp(named_settings(arguments), theme=theme)
    status = app.run_in_terminal()
    name = app.return_value
    if name is None:
        return status, None
    sys.stderr.write(f"Kept as the profile {name}.\n")
    arguments.profile = name
    return 0, choose_pool(arguments)
