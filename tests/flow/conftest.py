"""A sign-in flow over a scripted gateway, driven without a terminal."""

from __future__ import annotations

from typing import Any

from tests.scripted_gateway import Reply, ScriptedGateway
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.flow.interface import SignInSettings
from tui_auth.flow.outputs import Output, RunJob, RunRequest
from tui_auth.flow.sign_in_flow import SignInFlow
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"


class DrivenFlow(SignInFlow):
    """A flow that sends its requests synchronously."""

    gateway: ScriptedGateway

    def run(self, output: Output) -> Output:
        """Run requests and jobs, and return the first other output."""
        while isinstance(output, RunRequest | RunJob):
            if isinstance(output, RunJob):
                output = output.job()
            else:
                output = self.receive(output.request, output.request.send())
        return output

    def sign_in_as_ann(self) -> Output:
        """Sign in with a password and return the output."""
        return self.run(self.sign_in("ann", Secret("hunter2")))

    @property
    def operations(self) -> list[str]:
        """The Cognito operations that were called, in order."""
        return self.gateway.operations


def flow_with(*replies: Reply, saver: Any = None, enter_key: str = "Enter", **settings: Any) -> DrivenFlow:
    """Return a flow over a gateway with these replies."""
    gateway = ScriptedGateway(*replies)
    values = {"pool": "acme-staff", "auth_flow": AuthFlow.USER_PASSWORD_AUTH, **settings}
    auth = Auth(POOL, CLIENT, gateway=gateway)
    flow = DrivenFlow(auth, SignInSettings(**values), saver, enter_key=enter_key)
    flow.gateway = gateway
    return flow
