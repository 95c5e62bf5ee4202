"""Line prompts without a terminal: the typed lines come from a list, and the output goes into one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.scripted_gateway import Reply, ScriptedGateway
from tests.waiting import wait_until
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.next_step import Done
from tui_auth.flow.interface import SignInSettings
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"


class Typist:
    """Types these lines, one per prompt, then ^D (EOFError)."""

    def __init__(self, *typed: str) -> None:
        self.typed = list(typed)
        self.printed: list[str] = []
        self.prompts: list[str] = []
        self.waited: list[float] = []

    def say(self, text: str = "") -> None:
        self.printed.append(text)

    def ask(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self.typed:
            raise EOFError
        return self.typed.pop(0)

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Type the next line; without one, wait for the other way."""
        if self.typed:
            return Secret(self.ask(prompt))
        self.prompts.append(prompt)
        wait_until(has_arrived)
        return None

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Type the next line if it is a command; otherwise wait."""
        if self.typed and self.typed[0].startswith("/"):
            return Secret(self.ask(prompt))
        self.prompts.append(prompt)
        wait_until(has_arrived)
        return None

    def ask_secret(self, prompt: str) -> Secret:
        return Secret(self.ask(f"{prompt} (hidden)"))

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    @property
    def text(self) -> str:
        """The output as one string."""
        return "\n".join(self.printed)


class ScriptedDialog:
    """A sign-in in line prompts to a scripted Cognito."""

    def __init__(self, *replies: Reply, typed: tuple[str, ...], **settings: Any) -> None:
        self.lines = Typist(*typed)
        self.gateway = ScriptedGateway(*replies)
        self.device: Device | None = None
        values = {
            "pool": "acme-staff",
            "username": "ann",
            "auth_flow": AuthFlow.USER_PASSWORD_AUTH,
            **settings,
        }
        self.sign_in = PlainSignIn(
            Auth(POOL, CLIENT, gateway=self.gateway),
            SignInSettings(**values),
            self.lines,
            find_device=lambda username: self.device,
        )

    def run(self) -> Done | None:
        """Return the result of the sign-in, or None if the typed lines ended before."""
        try:
            return self.sign_in.run()
        except EOFError:
            return None

    def sent(self, call: int = -1) -> dict[str, Any]:
        """Return the parameters of a call."""
        return dict(self.gateway.calls[call][1])

    def responses(self, call: int = -1) -> dict[str, Any]:
        """Return the challenge responses of a call, without those that every call has."""
        common = {"USERNAME", "SECRET_HASH", "DEVICE_KEY"}
        responses = self.sent(call)["ChallengeResponses"]
        return {name: value for name, value in responses.items() if name not in common}
