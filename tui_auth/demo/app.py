"""DemoApp: a list of sample users that opens a sign-in, with a phone and an inbox beside it."""

from __future__ import annotations

from asyncio import sleep
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events, on

from tui_auth.app import SignInProgram
from tui_auth.auth.next_step import ContinueSignInWithPasskey, ContinueSignInWithTOTPSetup, NextStep
from tui_auth.demo.player import Player
from tui_auth.demo.service import APP_NAME, KEY_PIN, DemoService
from tui_auth.demo.side_panel import COLUMN_CELLS, WIDE_CELLS, BrowserView, Drawer, PhoneLine
from tui_auth.demo.user_list import UserListScreen, UserSelected
from tui_auth.screens.browser import BrowserScreen
from tui_auth.screens.screen_context import ScreenOptions
from tui_auth.screens.sign_in_root import SignInRoot, build_context
from tui_auth.screens.step_screen import StepScreen
from tui_auth.themes import style_sheets
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen
    from textual.widget import Widget

    from tui_auth.auth.auth import Auth
    from tui_auth.emulator import CognitoEmulator
    from tui_auth.emulator.demo_users import DemoPool, DemoUser
    from tui_auth.flow.interface import SignInSettings
    from tui_auth.flow.sign_in_flow import SignInFlow

PLAYBACK_STOPPED = "The playback has stopped. Continue by hand, or leave with ^q."
FORM_SECONDS = 1.0
"""How long the browser shows the form after it is filled in, so that the user sees it."""

LEAVING_KEYS = frozenset({"ctrl+c", "ctrl+q", "ctrl+z"})


class DemoApp(SignInProgram):
    """The demo: select a sample user, then go through that user's steps.

    Args:
        server: The emulator with the demo's pools and users.
        pool: The result of ``provision``.
        theme: The name of the theme.
        autoplay_user: The user to sign in automatically; None to wait for keys.
        pace: How slowly that user types; see ``Player``.
        options: Passed on to FullScreenApp.
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
        self.service = DemoService(server, pool, theme)
        self._is_phone_open: bool | None = None
        self.player = Player(self, autoplay_user, pace) if autoplay_user else None
        self._flow: SignInFlow | None = None
        self._user: DemoUser | None = None
        super().__init__(self.service.auth, theme, **options)

    def on_ready(self) -> None:
        """Start the player if there is a user to sign in automatically."""
        super().on_ready()
        if self.player:
            self.run_worker(self._play(self.player), group="play", exit_on_error=False, description="play")

    async def _play(self, player: Player) -> None:
        """Play until the user is signed in, then exit. If that fails, the user can go on by hand."""
        try:
            await player.play()
        except Exception:
            self.player = None
            if screen := self.form_screen:
                screen.notice = PLAYBACK_STOPPED
        else:
            self.exit(None)

    async def on_event(self, event: events.Event) -> None:
        """Ignore the keyboard and the mouse while the player types, except for the keys that leave."""
        is_input = isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded
        is_leaving = isinstance(event, events.Key) and event.key in LEAVING_KEYS
        if self.player is None or not is_input or is_leaving or self.player.has_typed(event):
            await super().on_event(event)

    def get_default_screen(self) -> Screen[Any]:
        """Return the list of sample users."""
        context = build_context(self.auth, self.service.settings(), companion=self)
        return UserListScreen(context, self.service.users)

    # -- companion of the screens -------------------------------------------------------------------

    def side_widgets(self) -> Iterable[Widget]:
        """Yield the phone, the inbox and the call trace."""
        yield Drawer(self.service.phone, self.service.browser, self.auth.trace, self.is_phone_open)
        yield PhoneLine(self.service.phone, self.is_phone_open)

    def is_phone_open(self) -> bool:
        """Return what the user chose; by default, the phone is open where there is much room for it.

        The browser is open wherever it doesn't cover the card.
        """
        needed = COLUMN_CELLS if isinstance(self.form_screen, BrowserScreen) else WIDE_CELLS
        return self.size.width >= needed if self._is_phone_open is None else self._is_phone_open

    def toggle_phone(self) -> None:
        """Open or close the phone on this screen and the next ones."""
        self._is_phone_open = not self.is_phone_open()
        self._adapt_side_widgets()

    def on_resize(self) -> None:
        """Move the phone to where there is room for it, once the app knows its new size."""
        self.call_later(self._adapt_side_widgets)

    def _adapt_side_widgets(self) -> None:
        for screen in self.screen_stack:
            for widget in (*screen.query(Drawer), *screen.query(PhoneLine)):
                widget.adapt()

    def newest_code(self) -> str | None:
        """Return the code that the current step asks for, from the phone or the inbox.

        Returns:
            The code; empty after the phone has scanned the QR code of a new key; None if there is no code.
        """
        screen = self.form_screen
        username = self._flow.username if self._flow else ""
        if not isinstance(screen, StepScreen) or not (username or isinstance(screen, BrowserScreen)):
            return None
        step: NextStep = screen.step
        if isinstance(step, ContinueSignInWithTOTPSetup):
            uri = step.setup_details.get_setup_uri(APP_NAME)
            if self.service.phone.scan(uri):
                screen.notice = "The phone has scanned the QR code. ^o enters its code."
                return ""
        if isinstance(screen, BrowserScreen):
            self.run_worker(self._use_browser(screen), group="browser", exit_on_error=False)
            return ""
        if isinstance(step, ContinueSignInWithPasskey):
            return "" if self.service.keys.key.touch() else KEY_PIN
        current = self.service.phone.current_code(username, step)
        return current.code if current else None

    async def _use_browser(self, screen: BrowserScreen) -> None:
        """Sign the sample user in on the browser's page. What it can't bring back goes into the field."""
        browser, user = self.service.browser, self._user
        if user is None:
            return
        for view in screen.query(BrowserView):
            view.show_page(user.username, user.password)
        await sleep(FORM_SECONDS * (self.player.pace if self.player else 1.0))
        page = await in_daemon_thread(partial(browser.sign_in, screen.step, user.username, user.password))
        for view in screen.query(BrowserView):
            view.show_page()
        if page.is_dead and screen.is_current:
            screen.paste_address(page.address)
            if self.player:
                screen.submit()

    # -- from the list to a sign-in, and back -------------------------------------------------------

    @on(UserSelected)
    def _open_sign_in(self, event: UserSelected) -> None:
        """Open the sign-in screen for the user's pool, with user name and password filled in."""
        self._user = user = event.user
        self.auth, settings = self.service.prepare_sign_in(user)
        make_flow = partial(self._make_flow, self.auth, settings)
        self.sign_in = SignInRoot(
            self.auth, settings, make_flow, companion=self, options=ScreenOptions(can_leave=True)
        )
        self.sign_in.prefill(user.username if user else "", user.password if user else "")
        self.push_screen(self.sign_in)

    def _make_flow(self, auth: Auth, settings: SignInSettings) -> SignInFlow:
        """Return the one flow of the demo, which remembers what it has shown and offered to which user."""
        from tui_auth.flow.sign_in_flow import SignInFlow

        if self._flow is None:
            self._flow = SignInFlow(auth, settings)
        self._flow.auth, self._flow.settings = auth, settings
        return self._flow

    async def action_quit(self) -> None:
        """Exit with status 0, even before the sign-in is done."""
        self.exit(None)

    async def action_leave(self) -> None:
        """Quit at once during playback; otherwise cancel the request in flight first."""
        await (self.action_quit() if self.player else super().action_leave())
