"""A sample user who signs in by itself, typed at a person's pace: for a recording."""

from __future__ import annotations

import unicodedata
from asyncio import sleep
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events

from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    Done,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.emulator.demo_triggers import MOON_ANSWER, QUESTIONS
from tui_auth.emulator.demo_users import PASSWORD, DemoUser
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.widgets.code_input import CodeInput

if TYPE_CHECKING:
    from tui_auth.commands.demo.demo_app import DemoApp

ScreenT = TypeVar("ScreenT", bound=FormScreen)

KEY_SECONDS = 0.09
READING_SECONDS = 1.6
LOOK_SECONDS = 0.05
NEW_PASSWORD = "Brave-Otter-7!"  # noqa: S105 - shown on the demo's screen


class Player:
    """Types what its user would. ``pace`` stretches every wait; 0 types as fast as the program answers."""

    def __init__(self, app: DemoApp, user: DemoUser, pace: float) -> None:
        self._app = app
        self._user = user
        self._pace = pace

    async def play(self) -> None:
        """Walk from the list to Done, and leave; a refusal on the way leaves the rest to whoever watches."""
        await self._read()
        await self._type(self._user.key)
        await self._until_it_asks(SignInScreen, lambda screen: True)
        await self._read()
        await self._type("", enter=True)
        step: NextStep | None = None
        while not isinstance(step, Done):
            screen: StepScreen[Any] = await self._until_it_asks(StepScreen, _another_than(step))
            step = screen.step
            await self._read()
            if screen.error is not None:
                return
            await self._answer(step)
        await self._read()
        await self._app.action_quit()

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
            case ResetPassword():
                await self._type("1")
                await self._until_a_code_is_asked()
        for text in await self._texts(step):
            await self._type(text, enter=True)

    async def _texts(self, step: NextStep) -> list[str]:
        """What the user types at a step, each text ended by Enter."""
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
        """The newest code, once the phone has scanned the picture or the message has come."""
        while not (code := self._app.newest_code()):
            await self._read()
        return code

    async def _until_it_asks(self, kind: type[ScreenT], is_new: Callable[[ScreenT], bool]) -> ScreenT:
        """The screen that asks, once it is there and takes an answer."""
        while True:
            screen = self._app.asking_screen
            takes_keys = screen is not None and screen.is_mounted and screen.is_current and not screen.busy
            if isinstance(screen, kind) and takes_keys and is_new(screen):
                return screen
            await sleep(LOOK_SECONDS)

    async def _until_a_code_is_asked(self) -> None:
        while True:
            if isinstance(self._app.focused, CodeInput):
                return
            await sleep(LOOK_SECONDS)

    async def _read(self) -> None:
        await sleep(READING_SECONDS * self._pace)

    async def _type(self, text: str, *, enter: bool = False) -> None:
        for char in text:
            self._app.post_message(events.Key(_key_of(char), char))
            await sleep(KEY_SECONDS * self._pace)
        if enter:
            self._app.post_message(events.Key("enter", None))


def _key_of(char: str) -> str:
    """Textual's name of the key that types a character."""
    return char if char.isalnum() else unicodedata.name(char).lower().replace(" ", "_").replace("-", "_")


def _another_than(step: NextStep | None) -> Callable[[StepScreen[Any]], bool]:
    """Whether a screen asks something else than the step that was answered, or refuses that answer."""
    return lambda screen: screen.step is not step or screen.error is not None
