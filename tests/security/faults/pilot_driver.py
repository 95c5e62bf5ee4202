"""Drive the real screens under Textual's pilot: fill in each step and press Enter."""

from __future__ import annotations

from typing import Any

from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from tests.screens.conftest import PilotedApp, until
from tests.security.faults.proxy import FaultProxy
from tests.security.faults.scripted_user import NEW_PASSWORD, ScriptedUser
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    ContinueSignInWithEmailMFASetup,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.flow.interface import SignInSettings
from tui_auth.screens.choices import ChoiceScreen
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.sign_in import SignInScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.secret import Secret
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field
from tui_auth.widgets.text_input import focusable_inputs

SIZE = (80, 23)


class Terminal(HeadlessDriver):
    """A driver that records everything the app writes, as a real terminal receives it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.received: list[str] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.received.append(data)


class WatchedApp(PilotedApp):
    """An app with a real gateway and recorded output."""

    @property
    def terminal(self) -> Terminal:
        """Return the terminal that the app draws on."""
        assert isinstance(self._driver, Terminal)
        return self._driver

    def _build_driver(self, headless: bool, inline: bool, mouse: bool, size: Any) -> Terminal:
        self._driver = Terminal(self, mouse=mouse, size=size)
        return self._driver


def app_for(scripted_user: ScriptedUser, endpoint_url: str) -> WatchedApp:
    """Return the app for a user's pool at this endpoint."""
    user = scripted_user.user
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=endpoint_url)
    return WatchedApp(auth, SignInSettings(pool="acme-staff", auth_flow=AuthFlow(user.auth_flow)))


class PilotDriver:
    """Fill in the current screen and press Enter."""

    def __init__(
        self, app: WatchedApp, pilot: Pilot[Any], scripted_user: ScriptedUser, proxy: FaultProxy
    ) -> None:
        self.app, self.pilot, self.scripted_user, self.proxy = app, pilot, scripted_user, proxy

    @property
    def screen(self) -> FormScreen:
        """Return the current form screen."""
        screen = self.app.form_screen
        assert screen is not None
        return screen

    async def answer(self) -> None:
        """Answer the current screen and wait for the outcome."""
        self._fill(self.screen)
        await self.enter()

    async def enter(self) -> None:
        """Press Enter in the last field, which submits the form, and wait for the outcome."""
        screen, operations_before = self.screen, len(self.proxy.operations)
        inputs = focusable_inputs(screen)
        if inputs:
            screen.set_focus(inputs[-1])
        await self.pilot.press("enter")
        await until(
            self.pilot,
            lambda: (
                self.screen is not screen
                or (len(self.proxy.operations) > operations_before and not screen.busy)
            ),
        )
        await self.pilot.pause()

    async def go_to(self, step: type[NextStep] | None) -> None:
        """Answer until the step is shown or an answer doesn't lead on; None means the first screen."""
        for _ in range(4):
            screen = self.screen
            if isinstance(screen, SignInScreen) if step is None else self.is_at(step):
                return
            await self.answer()
            if self.screen is screen:
                return

    def is_at(self, step: type[NextStep]) -> bool:
        """Return whether the current screen is this step's."""
        return isinstance(self.screen, StepScreen) and isinstance(self.screen.step, step)

    async def back_to_sign_in(self) -> None:
        """Go back to the first screen."""
        self.app.presenter.carry_out(self.app.flow.leave())
        await until(self.pilot, lambda: isinstance(self.screen, SignInScreen))

    def _fill(self, screen: FormScreen) -> None:
        scripted_user = self.scripted_user
        if isinstance(screen, SignInScreen):
            self._type("#username", scripted_user.username)
            if password := scripted_user.password:
                self._type("#password", password.reveal())
            return
        assert isinstance(screen, StepScreen)
        step = screen.step
        if isinstance(screen, ChoiceScreen):
            choice = scripted_user.answer_to(step)
            screen.query_one("#choice").highlighted = list(screen.methods).index(choice)  # type: ignore[attr-defined]
            return
        if isinstance(step, ResetPassword):
            screen.has_code = True  # type: ignore[attr-defined]
            screen.query_one(CodeInput).value = scripted_user.sent_code()
        if isinstance(step, ResetPassword | ConfirmSignInWithNewPassword):
            for field in ("#new-password", "#repeat-password"):
                self._type(field, NEW_PASSWORD)
            for position in range(len(getattr(step, "missing_attributes", ()))):
                self._type(f"#attribute-{position}", "Nora")
            return
        answer = scripted_user.answer_to(step)
        text = answer.reveal() if isinstance(answer, Secret) else str(answer)
        if isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep):
            self._type("#answer", text)
        elif isinstance(step, ConfirmSignInWithPassword | ContinueSignInWithEmailMFASetup):
            screen.query(Field).first().value = text
        else:
            screen.query_one(CodeInput).value = text

    def _type(self, selector: str, text: str) -> None:
        self.screen.query_one(selector, Field).value = text
