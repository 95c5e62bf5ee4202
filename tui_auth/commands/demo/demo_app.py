"""DemoApp: the sign-in program with a list of sample users before it, and a phone and an inbox beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from textual import on
from textual.screen import Screen
from textual.widget import Widget

from tui_auth.app import TuiAuthApp
from tui_auth.auth.auth import Auth
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.next_step import ConfirmSignInWithTOTPCode, ContinueSignInWithTOTPSetup, NextStep
from tui_auth.commands.demo.phone import Drawer, Phone
from tui_auth.commands.demo.player import Player
from tui_auth.commands.demo.user_list import UserChosen, UserListScreen
from tui_auth.flow.settings import SignInSettings
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoPool, DemoUser, make_new_again
from tui_auth.screens.done import SignInSeen
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import ScreenContext
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.style_sheets import style_sheets

SESSION_SECONDS = 15 * 60.0
APP_NAME = "tui-auth demo"


class DemoApp(TuiAuthApp):
    """The demo: choose a user by a key, then walk that user's steps; ``plays`` is one who does so alone."""

    CSS_PATH = style_sheets("demo.tcss")

    def __init__(
        self,
        server: PoolServer,
        pool: DemoPool,
        *,
        theme: str,
        plays: DemoUser | None = None,
        pace: float = 1.0,
        **options: Any,
    ) -> None:
        self.plays, self.pace = plays, pace
        self.server = server
        self.pool = pool
        self.phone = Phone(server.clock.now)
        self._met: set[str] = set()
        for user in pool.users:
            if user.totp_secret:
                self.phone.enrol(user.username, user.totp_secret)
        auth = Auth(pool.user_pool_id, pool.client_id, endpoint_url=server.endpoint_url)
        settings = SignInSettings(
            pool="a pool on this machine; nothing leaves it",
            environment_badge="DEMO",
            app_name=APP_NAME,
            session_seconds=SESSION_SECONDS,
            theme=theme,
        )
        super().__init__(auth, settings, **options)

    def on_ready(self) -> None:
        """Begin to play by itself where that was asked for."""
        super().on_ready()
        if self.plays:
            player = Player(self, self.plays, self.pace)
            self.run_worker(player.play(), group="play", exit_on_error=False, description="play")

    def get_default_screen(self) -> Screen[Any]:
        """The list of sample users is where the demo starts and comes back to."""
        return UserListScreen(self.screen_context(""), self.pool.users)

    def screen_context(self, username: str) -> ScreenContext:
        """With the list before sign-in, and phone and inbox beside it."""
        return replace(
            super().screen_context(username),
            has_list=True,
            beside=self._drawer,
            newest_code=self.newest_code,
        )

    def _drawer(self) -> Iterable[Widget]:
        yield Drawer(self.server, self.phone, self.auth.wire)

    @on(UserChosen)
    def _fill_in(self, event: UserChosen) -> None:
        """Open the sign-in screen with the user's name and password typed, for the pool the user is in."""
        user: DemoUser | None = event.user
        if user and user.username in self._met:
            make_new_again(self.server, user)
        self._met |= {user.username} if user else set()
        pool_id = user.user_pool_id if user else self.pool.user_pool_id
        client_id = user.client_id if user else self.pool.client_id
        auth_flow = AuthFlow(user.auth_flow) if user else AuthFlow.USER_SRP_AUTH
        self.sign_in_to(
            Auth(pool_id, client_id, gateway=self.auth.gateway, wire=self.auth.wire),
            replace(self.settings, auth_flow=auth_flow),
        )
        screen = self.sign_in_screen()
        screen.prefill(user.username if user else "", user.password if user else "")
        self.push_screen(screen)

    @on(FormScreen.BackRequested)
    def _back_to_list(self, event: FormScreen.BackRequested) -> None:
        if isinstance(self.screen, SignInScreen):
            event.prevent_default()
            self.flow.drop()
            self.pop_screen()

    @on(SignInSeen)
    def _again(self, event: SignInSeen) -> None:
        event.prevent_default()
        self.flow.drop()
        self.next_step = None
        while len(self.screen_stack) > 1:
            self.pop_screen()

    async def action_quit(self) -> None:
        """Leaving the demo is no failure."""
        self.exit(None)

    def newest_code(self) -> str | None:
        """What the phone shows, or the newest message holds, for the user who is signing in."""
        screen = self.asking_screen
        if not isinstance(screen, StepScreen) or not self.flow.username:
            return None
        username = self.flow.username
        step: NextStep = screen.step
        if isinstance(step, ContinueSignInWithTOTPSetup):
            key = step.setup_details.shared_secret
            if not self.phone.has(username, key):
                self.phone.scan(step.setup_details.get_setup_uri(APP_NAME))
                screen.notice = "The phone has scanned the picture. ^o types its code."
                return ""
            return self.phone.code(username)
        if isinstance(step, ConfirmSignInWithTOTPCode):
            return self.phone.code(username)
        mine = [message for message in self.server.messages if message["username"] == username]
        return str(mine[-1]["code"]) if mine else None
