"""TuiAuthApp under Textual's pilot at 80×23, over a scripted gateway."""

from __future__ import annotations

from typing import Any

from tests.pilot import inexpensive_apps as inexpensive_apps
from tests.pilot import screen_text
from tests.pilot import until as until  # for the tests of other folders
from tests.scripted_gateway import Reply, ScriptedGateway
from tui_auth.app import TuiAuthApp
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.flow.interface import SignInSettings

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"


class PilotedApp(TuiAuthApp):
    """TuiAuthApp with access to its scripted gateway."""

    gateway: ScriptedGateway

    def text(self) -> str:
        """Return the text on the screen without line wraps."""
        return screen_text(self)

    @property
    def is_asking(self) -> bool:
        """Return whether the topmost screen accepts input and no request is in flight."""
        return self.form_screen is self.screen and not self.form_screen.busy


def app_with(*replies: Reply, flow: AuthFlow = AuthFlow.USER_PASSWORD_AUTH, **settings: Any) -> PilotedApp:
    """Return an app over a gateway with these replies."""
    gateway = ScriptedGateway(*replies)
    auth = Auth(POOL, CLIENT, gateway=gateway)
    app = PilotedApp(
        auth, SignInSettings(pool="acme-staff", username="ann", auth_flow=flow, app_name="Acme", **settings)
    )
    app.gateway = gateway
    return app
