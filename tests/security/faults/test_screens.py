"""Tests that faults on each step's screen are reported and can be retried."""

from __future__ import annotations

import pytest

from tests.error_texts import EXPIRED_CODE
from tests.security.faults.catalog import (
    FAULTS_IN_REPLY,
    FAULTS_WITHOUT_REPLY,
    MESSAGES,
    NO_BODY,
)
from tests.security.faults.conftest import RecordProperty, deadline_for
from tests.security.faults.hostile_text import HOSTILE_COLOR
from tests.security.faults.pilot_driver import SIZE, PilotDriver, app_for
from tests.security.faults.proxy import Fault, FaultProxy, Reply
from tests.security.faults.step_cases import STEP_CASES, StepCase, share
from tests.security.faults.terminal_output import unexpected_output
from tui_auth.auth.next_step import Done
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool
from tui_auth.flow.interface import INTERNAL_ERROR

COGNITO_ERROR = Fault(
    "Cognito's own error",
    lambda exchange: exchange.send(
        Reply.from_json({"__type": "ExpiredCodeException", "message": "no"}, 400).http_bytes
    ),
    is_forwarded=False,
)
COGNITO_MESSAGE = EXPIRED_CODE


class ScreenChecks:
    """The cases at one step and their failures."""

    def __init__(self, pilot_driver: PilotDriver) -> None:
        self.pilot_driver = pilot_driver
        self.case_count = 0
        self.failures: list[str] = []

    def check(self, fault: Fault, *, expected_text: str = "") -> None:
        """Record the problems on the screen and in the terminal's output."""
        app = self.pilot_driver.app
        text, terminal = app.text(), app.terminal
        received = "".join(terminal.received)
        terminal.received.clear()
        problems = [f"{expected_text!r} is missing"] if expected_text not in text else []
        problems += unexpected_output(received) + [HOSTILE_COLOR] * (HOSTILE_COLOR in received)
        problems += [INTERNAL_ERROR] * (INTERNAL_ERROR in text) + ["Traceback"] * ("Traceback" in text)
        problems += [repr(app._exception)] if app._exception else []
        if problems:
            self.failures.append(f"{fault.name}: {problems[:3]} {text}")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("step_case", STEP_CASES, ids=lambda step_case: step_case.name)
async def test_fault_at_any_screen_is_reported_and_can_be_retried(
    step_case: StepCase,
    server: CognitoEmulator,
    demo: DemoPool,
    proxy: FaultProxy,
    record_property: RecordProperty,
) -> None:
    app = app_for(step_case.create_user(server, demo), proxy.url)
    async with app.run_test(size=SIZE) as pilot:
        pilot_driver = PilotDriver(app, pilot, step_case.create_user(server, demo), proxy)
        checks = ScreenChecks(pilot_driver)
        await pilot_driver.go_to(step_case.step)
        calls_to_the_step = len(proxy.operations)
        for fault in share(FAULTS_WITHOUT_REPLY, step_case) if step_case.step is not Done else ():
            await check_lost_reply(fault, checks)
        for fault in share(FAULTS_IN_REPLY, step_case):
            pilot_driver.scripted_user = step_case.create_user(server, demo)
            await check_spoiled_reply(fault, step_case, max(calls_to_the_step - 1, 0), checks)
        pilot_driver.scripted_user = step_case.create_user(server, demo)
        await pilot_driver.back_to_sign_in()
        await pilot_driver.go_to(Done)
        assert "Signed in as" in app.text()
    record_property(
        "cases",
        ("fault matrix (step × fault), full screen", "steps", checks.case_count, len(checks.failures)),
    )
    assert not checks.failures, "\n".join(checks.failures)
    assert proxy.redirected_connections == 0, "a redirect was followed"
    assert not server.internal_errors


async def check_lost_reply(fault: Fault, checks: ScreenChecks) -> None:
    """Check that a lost reply is reported on the same screen, and that the next try works."""
    pilot_driver, screen = checks.pilot_driver, checks.pilot_driver.screen
    checks.case_count += 1
    with pilot_driver.proxy.armed(fault), deadline_for(fault):
        await pilot_driver.answer()
    # A confirmation's reply may be empty; the next sign-in shows that it didn't succeed.
    is_same = pilot_driver.screen is screen or (
        fault.name == NO_BODY and type(pilot_driver.screen) is type(screen)
    )
    expected_text = MESSAGES[fault.name] if is_same else "the same screen"
    checks.check(fault, expected_text=expected_text)
    with pilot_driver.proxy.armed(COGNITO_ERROR):
        await pilot_driver.answer()
    checks.check(fault, expected_text=COGNITO_MESSAGE)


async def check_spoiled_reply(fault: Fault, step_case: StepCase, call: int, checks: ScreenChecks) -> None:
    """Check that a spoiled reply shows nothing harmful and that the user can go back."""
    pilot_driver = checks.pilot_driver
    checks.case_count += 1
    await pilot_driver.back_to_sign_in()
    hits_before = pilot_driver.proxy.hits
    with pilot_driver.proxy.armed(fault, after=call):
        await pilot_driver.go_to(step_case.step or Done)
    checks.check(fault)
    if pilot_driver.proxy.hits != hits_before + 1:
        checks.failures.append(f"{fault.name}: the fault did not occur")
