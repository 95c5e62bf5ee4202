"""The App under Textual's pilot at 80×23, over a scripted gateway."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.scripted_gateway import Reply, ScriptedGateway
from tui_auth.app import TuiAuthApp
from tui_auth.auth.auth import Auth
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.next_step import Done
from tui_auth.settings import SignInSettings

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"


class PilotedApp(TuiAuthApp):
    """The App with its gateway at hand."""

    gateway: ScriptedGateway

    def text(self) -> str:
        """The words on the screen, however they are wrapped."""
        rows = self.screen._compositor.render_strips()
        return " ".join(
            word for row in rows for word in "".join(segment.text for segment in row).replace("▄", "").split()
        )


async def until(pilot: Pilot[Any], condition: Callable[[], object], complaint: str = "") -> None:
    """Wait until the condition holds; AssertionError after a generous time."""
    import asyncio

    deadline = asyncio.get_running_loop().time() + 60
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, complaint or pilot.app.text()  # type: ignore[attr-defined]
        await pilot.pause(0.01)


def app_with(*replies: Reply, flow: AuthFlow = AuthFlow.USER_PASSWORD_AUTH, **settings: Any) -> PilotedApp:
    """An App whose Cognito answers with the replies."""
    gateway = ScriptedGateway(*replies)
    auth = Auth(POOL, CLIENT, gateway=gateway)
    app = PilotedApp(
        auth, SignInSettings(pool="acme-staff", username="ann", auth_flow=flow, app_name="Acme", **settings)
    )
    app.gateway = gateway
    return app


Running = Callable[..., AbstractAsyncContextManager[Pilot[Done]]]


@pytest.fixture
def password() -> str:
    """What is typed at the first screen."""
    return "hunter2"
