"""DemoApp: the sign-in app with a list of sample users before it, and a phone and an inbox beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import on

from tui_auth.app import TuiAuthApp
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import ConfirmSignInWithTOTPCode, ContinueSignInWithTOTPSetup, NextStep
from tui_auth.demo.phone import Drawer, Phone
from tui_auth.demo.player import Player
from tui_auth.demo.user_list import UserChosen, UserListScreen
from tui_auth.emulator.demo_users import DemoPool, DemoUser, reset_user
from tui_auth.flow.settings import SignInSettings
from tui_auth.screens.done import SignInSeen
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.themes import style_sheets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen
    from textual.widget import Widget

    from tui_auth.emulator import CognitoEmulator
    from tui_auth.screens.screen_context import ScreenContext

SESSION_SECONDS = 15 * 60.0
APP_NAME = "tui-auth demo"


class DemoApp(TuiAuthApp):
    """The demo: press a key to choose a user, then go through that user's steps.

    Args:
        server: The emulator with the demo's pools and users.
        pool: The result of ``provision``.
        theme: The name of the theme.
        autoplay_user: The user to sign in automatically; None to wait for keys.
        pace: How slowly that user types; see ``Player``.
        options: Passed on to TuiAuthApp.
    """

    CSS_PATH = style_sheets("demo.tcss")

    def __init__(
        self,
        server: CognitoEmulator,
        pool: DemoPool,
        *,
        theme: str,
        autoplay_user: DemoUser | None = None,
        pace: float = 1.0,
        **options: Any,
    ) -> None:
        self.autoplay_user, self.pace = autoplay_user, pace
        self.server = server
        self.pool = pool
        self.phone = Phone(server.clock.now)
        self._visited_usernames: set[str] = set()
        for user in pool.users:
            if user.totp_secret:
                self.phone.enroll(user.username, user.totp_secret)
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
        """Start the player if there is a user to sign in automatically."""
        super().on_ready()
        if self.autoplay_user:
            player = Player(self, self.autoplay_user, self.pace)
            self.run_worker(player.play(), group="play", exit_on_error=False, description="play")

    def get_default_screen(self) -> Screen[Any]:
        """Return the list of sample users."""
        return UserListScreen(self.screen_context(""), self.pool.users)

    def screen_context(self, username: str) -> ScreenContext:
        """Return the context of TuiAuthApp with the user list, the phone and the inbox."""
        return replace(
            super().screen_context(username),
            has_list=True,
            side_widgets=self._drawer,
            newest_code=self.newest_code,
        )

    def _drawer(self) -> Iterable[Widget]:
        yield Drawer(self.server, self.phone, self.auth.trace)

    @on(UserChosen)
    def _fill_in(self, event: UserChosen) -> None:
        """Open the sign-in screen for the user's pool, with user name and password filled in."""
        user: DemoUser | None = event.user
        if user and user.username in self._visited_usernames:
            reset_user(self.server, user)
        self._visited_usernames |= {user.username} if user else set()
        pool_id = user.user_pool_id if user else self.pool.user_pool_id
        client_id = user.client_id if user else self.pool.client_id
        auth_flow = AuthFlow(user.auth_flow) if user else AuthFlow.USER_SRP_AUTH
        self.sign_in_to(
            Auth(pool_id, client_id, gateway=self.auth.gateway, trace=self.auth.trace),
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
    def _return_to_list(self, event: SignInSeen) -> None:
        event.prevent_default()
        self.flow.drop()
        self.next_step = None
        while len(self.screen_stack) > 1:
            self.pop_screen()

    async def action_quit(self) -> None:
        """Exit with status 0, even before the sign-in is done."""
        self.exit(None)

    def newest_code(self) -> str | None:
        """Return the newest code for the current user, from the phone or the inbox.

        Returns:
            The code; empty after the phone has scanned the QR code of a new key; None if there is no code.
        """
        screen = self.form_screen
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
        codes = [message["code"] for message in self.server.messages if message["username"] == username]
        return str(codes[-1]) if codes else None
