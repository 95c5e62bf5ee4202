"""The hands of a person at the real screens: what is typed at each step, in the App under Textual's pilot."""

from __future__ import annotations

from typing import Any

from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from tests.faults.person import NEW_PASSWORD, Person
from tests.faults.proxy import FaultProxy
from tests.screens.conftest import PilotedApp, until
from tui_auth.auth.auth import Auth
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    ContinueSignInWithEmailMFASetup,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.flow.settings import SignInSettings
from tui_auth.screens.choice_step import ChoiceScreen
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.screens.typed_keys import inputs_of
from tui_auth.secret import Secret
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field

SIZE = (80, 23)


class Terminal(HeadlessDriver):
    """Keeps all that the App writes to it, as a real terminal would receive it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.received: list[str] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.received.append(data)


class WatchedApp(PilotedApp):
    """The App over a real gateway, its output kept."""

    @property
    def terminal(self) -> Terminal:
        """What it draws on."""
        assert isinstance(self._driver, Terminal)
        return self._driver

    def _build_driver(self, headless: bool, inline: bool, mouse: bool, size: Any) -> Terminal:
        self._driver = Terminal(self, mouse=mouse, size=size)
        return self._driver


def app_for(person: Person, endpoint_url: str) -> WatchedApp:
    """The App for the pool of a person, asked through this address."""
    user = person.user
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=endpoint_url)
    return WatchedApp(auth, SignInSettings(pool="acme-staff", auth_flow=AuthFlow(user.auth_flow)))


class Hands:
    """Fills in whatever screen asks, and presses Enter."""

    def __init__(self, app: WatchedApp, pilot: Pilot[Any], person: Person, proxy: FaultProxy) -> None:
        self.app, self.pilot, self.person, self.proxy = app, pilot, person, proxy

    @property
    def screen(self) -> FormScreen:
        """The screen that asks."""
        screen = self.app.asking_screen
        assert screen is not None
        return screen

    async def answer(self) -> None:
        """Answer the screen that asks, and wait until that has led somewhere."""
        self._fill(self.screen)
        await self.enter()

    async def enter(self) -> None:
        """Enter in the last field, which sends all of them; wait until that has led somewhere."""
        screen, asked = self.screen, len(self.proxy.asked)
        inputs = inputs_of(screen)
        if inputs:
            screen.set_focus(inputs[-1])
        await self.pilot.press("enter")
        await until(
            self.pilot,
            lambda: self.screen is not screen or (len(self.proxy.asked) > asked and not screen.busy),
        )
        await self.pilot.pause()

    async def go_to(self, step: type[NextStep] | None) -> None:
        """Answer from where one is until the step is asked for, or something is in the way."""
        for _ in range(4):
            screen = self.screen
            if isinstance(screen, SignInScreen) if step is None else self.is_at(step):
                return
            await self.answer()
            if self.screen is screen:
                return

    def is_at(self, step: type[NextStep]) -> bool:
        """Whether the screen of this step asks."""
        return isinstance(self.screen, StepScreen) and isinstance(self.screen.step, step)

    async def back_to_sign_in(self) -> None:
        """Leave everything and stand at the first screen."""
        self.app.presenter.carry_out(self.app.flow.leave())
        await until(self.pilot, lambda: isinstance(self.screen, SignInScreen))

    def _fill(self, screen: FormScreen) -> None:
        person = self.person
        if isinstance(screen, SignInScreen):
            self._type("#username", person.username)
            if password := person.password:
                self._type("#password", password.reveal())
            return
        assert isinstance(screen, StepScreen)
        step = screen.step
        if isinstance(screen, ChoiceScreen):
            wanted = person.answer_to(step)
            screen.query_one("#choice").highlighted = list(screen.methods).index(wanted)  # type: ignore[attr-defined]
            return
        if isinstance(step, ResetPassword):
            screen.has_code = True  # type: ignore[attr-defined]
            screen.query_one(CodeInput).value = person.code_sent()
        if isinstance(step, ResetPassword | ConfirmSignInWithNewPassword):
            for field in ("#new-password", "#once-more"):
                self._type(field, NEW_PASSWORD)
            for position in range(len(getattr(step, "missing_attributes", ()))):
                self._type(f"#attribute-{position}", "Nora")
            return
        answer = person.answer_to(step)
        text = answer.reveal() if isinstance(answer, Secret) else str(answer)
        if isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep):
            self._type("#answer", text)
        elif isinstance(step, ConfirmSignInWithPassword | ContinueSignInWithEmailMFASetup):
            screen.query(Field).first().value = text
        else:
            screen.query_one(CodeInput).value = text

    def _type(self, selector: str, text: str) -> None:
        self.screen.query_one(selector, Field).value = text
