"""Player: types for a sample user at a human pace, for recordings."""

from __future__ import annotations

import unicodedata
from asyncio import sleep
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual import events

from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    ContinueSignInWithBrowser,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    Done,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.emulator.demo_users import MOON_ANSWER, PASSWORD, QUESTIONS, DemoUser
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.widgets.code_input import CodeInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message
    from textual.widget import Widget

ScreenT = TypeVar("ScreenT", bound=FormScreen)

KEY_SECONDS = 0.09
READING_SECONDS = 1.6
POLL_SECONDS = 0.05
NEW_PASSWORD = "Brave-Otter-7!"  # noqa: S105 - shown on the demo's screen


class Stage(Protocol):
    """The app that the player types into."""

    @property
    def form_screen(self) -> FormScreen | None:
        """The topmost form."""

    @property
    def focused(self) -> Widget | None:
        """The widget that receives the keys."""

    def newest_code(self) -> str | None:
        """Return the newest code; empty or None if there is none yet."""

    def post_message(self, message: Message) -> bool:
        """Deliver a key press."""


class PlaybackError(Exception):
    """The form shows an error, so the player can't go on."""


class Player:
    """Types for a sample user.

    Args:
        app: The app to type into.
        user: The user who signs in.
        pace: A factor for every wait; 0 types as fast as the app answers.
    """

    def __init__(self, app: Stage, user: DemoUser, pace: float) -> None:
        self._app = app
        self._user = user
        self.pace = pace
        self._typed_keys: list[events.Key] = []

    def has_typed(self, event: events.Event) -> bool:
        """Return whether this player, and not the keyboard, typed this key."""
        return any(event is key for key in self._typed_keys)

    async def play(self) -> None:
        """Sign in, from the list to Done.

        Raises:
            PlaybackError: A form shows an error.
        """
        await self._pause()
        await self._type(self._user.key)
        if self._user.auth_flow != AuthFlow.BROWSER:  # that one opens the browser's screen at once
            await self._wait_for_screen(SignInScreen, lambda screen: True)
            await self._pause()
            await self._type("", enter=True)
        step: NextStep | None = None
        while not isinstance(step, Done):
            screen: StepScreen[Any] = await self._wait_for_screen(StepScreen, _is_new_after(step))
            step = screen.step
            await self._pause()
            await self._answer(step)
        await self._pause()

    async def _answer(self, step: NextStep) -> None:
        match step:
            case Done():
                return
            case (
                ContinueSignInWithMFASelection()
                | ContinueSignInWithMFASetupSelection()
                | ContinueSignInWithFirstFactorSelection()
            ):
                await self._type("1")
                return
            case ContinueSignInWithBrowser():
                self._press(events.Key("ctrl+o", None))
                return
            case ResetPassword():
                await self._type("1")
                await self._wait_for_code_input()
        for text in await self._texts_for(step):
            await self._type(text, enter=True)

    async def _texts_for(self, step: NextStep) -> list[str]:
        """Return the texts to type at a step, each followed by Enter."""
        name, new = self._user.username, [NEW_PASSWORD, NEW_PASSWORD]
        match step:
            case ConfirmSignInWithPassword():
                texts = [PASSWORD]
            case ConfirmSignInWithNewPassword(missing_attributes=missing):
                texts = [*new, *(f"{name.title()} Example" for _ in missing)]
            case ContinueSignInWithEmailMFASetup():
                texts = [f"{name}@example.com"]
            case ConfirmSignInWithCustomChallenge(additional_info=info):
                texts = [answer for question, _, answer in QUESTIONS if question == info.get("question")]
            case UnknownStep():
                texts = [MOON_ANSWER]
            case ResetPassword():
                texts = [await self._code(), *new]
            case _:
                texts = [await self._code()]
        return texts

    async def _code(self) -> str:
        """Wait until the phone has scanned the QR code or the message has arrived, and return the code."""
        while not (code := self._app.newest_code()):
            await self._pause()
        return code

    async def _wait_for_screen(
        self, screen_type: type[ScreenT], is_new: Callable[[ScreenT], bool]
    ) -> ScreenT:
        """Wait for a screen of this type that accepts keys, and return it."""
        while True:
            screen = self._app.form_screen
            if screen is not None and screen.error is not None:
                raise PlaybackError
            is_ready = screen is not None and screen.is_mounted and screen.is_current and not screen.busy
            if isinstance(screen, screen_type) and is_ready and is_new(screen):
                return screen
            await sleep(POLL_SECONDS)

    async def _wait_for_code_input(self) -> None:
        while True:
            if isinstance(self._app.focused, CodeInput):
                return
            await sleep(POLL_SECONDS)

    async def _pause(self) -> None:
        await sleep(READING_SECONDS * self.pace)

    async def _type(self, text: str, *, enter: bool = False) -> None:
        for char in text:
            self._press(events.Key(_textual_key(char), char))
            await sleep(KEY_SECONDS * self.pace)
        if enter:
            self._press(events.Key("enter", None))

    def _press(self, key: events.Key) -> None:
        self._typed_keys.append(key)
        self._app.post_message(key)


def _textual_key(char: str) -> str:
    """Return Textual's name of the key that types a character."""
    return char if char.isalnum() else unicodedata.name(char).lower().replace(" ", "_").replace("-", "_")


def _is_new_after(step: NextStep | None) -> Callable[[StepScreen[Any]], bool]:
    """Return a predicate: whether a screen shows another step than this one."""
    return lambda screen: screen.step is not step
