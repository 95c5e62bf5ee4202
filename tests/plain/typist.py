"""Line prompts without a terminal: what is typed comes from a list, and what is said goes into one."""

from __future__ import annotations

from typing import Any

from tests.scripted_gateway import Reply, ScriptedGateway
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import Device
from tui_auth.auth.next_step import Done
from tui_auth.flow.settings import SignInSettings
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"


class Typist:
    """Types the given lines in turn, at whichever prompt; EOFError (^D) after the last."""

    def __init__(self, *typed: str) -> None:
        self.typed = list(typed)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.waited: list[float] = []

    def say(self, text: str = "") -> None:
        self.said.append(text)

    def ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        if not self.typed:
            raise EOFError
        return self.typed.pop(0)

    def ask_secret(self, prompt: str) -> Secret:
        return Secret(self.ask(f"{prompt} (hidden)"))

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    @property
    def text(self) -> str:
        """All that was said, a line each."""
        return "\n".join(self.said)


class Conversation:
    """A sign-in in lines to a Cognito that answers with ``replies``."""

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
        """The end of the sign-in; None where the lines typed did not lead there."""
        try:
            return self.sign_in.run()
        except EOFError:
            return None

    def sent(self, call: int = -1) -> dict[str, Any]:
        """The parameters of a call."""
        return dict(self.gateway.calls[call][1])

    def responses(self, call: int = -1) -> dict[str, Any]:
        """What was sent in answer to a challenge, without what always is."""
        always = {"USERNAME", "SECRET_HASH", "DEVICE_KEY"}
        responses = self.sent(call)["ChallengeResponses"]
        return {name: value for name, value in responses.items() if name not in always}
