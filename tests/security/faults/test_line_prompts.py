"""Tests that faults at each step's line prompt are reported, with a share of them per step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.security.faults.catalog import FAULTS_IN_REPLY, FAULTS_WITHOUT_REPLY, MESSAGES
from tests.security.faults.conftest import RecordProperty, deadline_for
from tests.security.faults.proxy import FaultProxy
from tests.security.faults.scripted_user import NEW_PASSWORD, ScriptedUser
from tests.security.faults.step_cases import STEP_CASES, StepCase, share
from tests.security.faults.terminal_output import unexpected_output
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import Done
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool
from tui_auth.errors import AuthError
from tui_auth.flow.interface import INTERNAL_ERROR, SignInSettings
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.secret import Secret

BEHIND_A_CHOICE = ("ContinueSignInWithEmailMFASetup", "ConfirmSignInWithPassword")
PROMPT_CASES = [step_case for step_case in STEP_CASES if step_case.name not in BEHIND_A_CHOICE]


class LinesUntilFault:
    """Line prompts that end at the first question after a fault."""

    def __init__(self, proxy: FaultProxy, scripted_user: ScriptedUser) -> None:
        self.output: list[str] = []
        self._proxy, self._scripted_user, self._hits_before = proxy, scripted_user, proxy.hits

    def say(self, text: str = "") -> None:
        self.output.append(text)

    def ask(self, prompt: str) -> str:
        self._ask(prompt)
        return "1" if prompt == "Number" else "123456"

    def wait(self, seconds: float) -> None:
        pass

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret:
        return Secret(self.ask(prompt))

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret:
        return Secret("/back")

    def ask_secret(self, prompt: str) -> Secret:
        self._ask(prompt)
        return (self._scripted_user.password if prompt == "Password" else None) or Secret(NEW_PASSWORD)

    def _ask(self, prompt: str) -> None:
        self.output.append(prompt)
        if self._proxy.hits > self._hits_before:
            raise EOFError


@pytest.mark.parametrize("step_case", PROMPT_CASES, ids=lambda step_case: step_case.name)
def test_fault_at_any_prompt_is_reported_as_plain_text(
    step_case: StepCase,
    server: CognitoEmulator,
    demo: DemoPool,
    proxy: FaultProxy,
    record_property: RecordProperty,
) -> None:
    scripted_user = step_case.create_user(server, demo)
    user = scripted_user.user
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=proxy.url)
    attempt = auth.attempt()
    if step_case.step is not None:
        scripted_user.sign_in(attempt)
    calls = len(proxy.operations)
    faults = [
        (fault, calls) for fault in share(FAULTS_WITHOUT_REPLY, step_case) if step_case.step is not Done
    ]
    faults += [(fault, max(calls - 1, 0)) for fault in share(FAULTS_IN_REPLY, step_case)]
    failures: list[str] = []
    for fault, call in faults:
        lines = LinesUntilFault(proxy, scripted_user)
        flow = AuthFlow(user.auth_flow)
        settings = SignInSettings(pool="acme-staff", username=scripted_user.username, auth_flow=flow)
        with proxy.armed(fault, after=call), deadline_for(fault):
            hits_before = proxy.hits
            try:
                PlainSignIn(auth, settings, lines).run()
            except EOFError:
                pass
            except (AuthError, Exception) as error:
                failures.append(f"{fault.name}: {error!r}")
        text = "\n".join(lines.output)
        problems = unexpected_output(text) + [INTERNAL_ERROR] * (INTERNAL_ERROR in text)
        problems += [f"{MESSAGES.get(fault.name)} is missing"] * (MESSAGES.get(fault.name, "") not in text)
        problems += ["the fault did not occur"] * (proxy.hits != hits_before + 1) + ["too long"] * (
            len(text) > 20_000
        )
        if problems:
            failures.append(f"{fault.name}: {problems[:3]} {text[-400:]}")
    record_property(
        "cases", ("fault matrix (step × fault), line prompts", "steps", len(faults), len(failures))
    )
    assert not failures, "\n".join(failures)
