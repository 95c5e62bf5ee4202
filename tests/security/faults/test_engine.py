"""Tests that the engine reports each fault at each step, and the next try gets the tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.security.faults.catalog import (
    FAULTS_IN_REPLY,
    FAULTS_WITHOUT_REPLY,
    MESSAGES,
    NO_BODY,
)
from tests.security.faults.conftest import RecordProperty, deadline_for
from tests.security.faults.proxy import Fault, FaultProxy
from tests.security.faults.scripted_user import ScriptedUser
from tests.security.faults.step_cases import STEP_CASES, StepCase
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import NEXT_STEPS, ContinueSignInWithBrowser, ContinueSignInWithPasskey, Done
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool
from tui_auth.errors import AuthError


def test_every_next_step_is_reached() -> None:
    # No reply leads to a browser; test_browser.py has the faults of its token endpoint.
    # tests/passkeys has those of a security key, which no scripted user can touch.
    steps = set(NEXT_STEPS) - {ContinueSignInWithBrowser, ContinueSignInWithPasskey}
    assert {step_case.step for step_case in STEP_CASES} == {None, *steps}


class UnexpectedStepError(Exception):
    """A spoiled reply led to another step."""


class StepMatrix:
    """The ways to one step and beyond it, through the proxy."""

    def __init__(
        self, step_case: StepCase, server: CognitoEmulator, demo: DemoPool, proxy: FaultProxy
    ) -> None:
        self._step_case, self._server, self._demo, self.proxy = step_case, server, demo, proxy
        user = self.create_user().user
        self._auth = Auth(user.user_pool_id, user.client_id, endpoint_url=proxy.url)
        self.case_count = 0
        self.failures: list[str] = []

    def create_user(self) -> ScriptedUser:
        """Return a new user who is going to meet the step."""
        return self._step_case.create_user(self._server, self._demo)

    def new_attempt(self) -> Attempt:
        """Return an attempt before its first call."""
        return self._auth.attempt()

    def go_to_step(self, scripted_user: ScriptedUser, attempt: Attempt) -> None:
        """Answer until the step is pending."""
        for _ in range(4):
            if self._step_case.step is None or isinstance(attempt.step, self._step_case.step):
                return
            scripted_user.answer(attempt)
        raise UnexpectedStepError(attempt.step)

    def count_calls(self, action: Callable[[], object]) -> int:
        """Return the number of calls that an action makes."""
        before = len(self.proxy.operations)
        action()
        return len(self.proxy.operations) - before

    @contextmanager
    def case(self, fault: Fault, call: int) -> Iterator[None]:
        """Run one case of the matrix, and record its failure."""
        self.case_count += 1
        try:
            yield
        except Exception as error:
            self.failures.append(f"{fault.name}, call {call}: {error!r}")

    def check_fault(self, fault: Fault, call: int) -> None:
        """Check that a call reports its fault, and that the user then gets the tokens."""
        hits_before = self.proxy.hits
        scripted_user, attempt = self.create_user(), self.new_attempt()
        leads_to_step = fault.is_forwarded and self._step_case.step is not None
        if not fault.is_forwarded:
            self.go_to_step(scripted_user, attempt)
        with self.proxy.armed(fault, after=call), deadline_for(fault):
            if leads_to_step:
                message = error_message_of(lambda: self.go_to_step(scripted_user, attempt))
            else:
                message = error_message_of(lambda: scripted_user.answer(attempt))
        assert self.proxy.hits == hits_before + 1, f"the fault did not occur: {message}"
        assert message is None or MESSAGES.get(fault.name, "") in message, message
        assert message or fault.is_forwarded or fault.name == NO_BODY, "no message was shown"
        assert isinstance(scripted_user.finish(attempt), Done)


def error_message_of(action: Callable[[], object]) -> str | None:
    """Return an error's message; None without one or after an unexpected step."""
    try:
        action()
    except AuthError as error:
        return error.message
    except UnexpectedStepError:
        return None
    return None


@pytest.mark.timeout(300)
@pytest.mark.parametrize("step_case", STEP_CASES, ids=lambda step_case: step_case.name)
def test_fault_at_any_step_gives_a_message_and_can_be_retried(
    step_case: StepCase,
    server: CognitoEmulator,
    demo: DemoPool,
    proxy: FaultProxy,
    record_property: RecordProperty,
) -> None:
    matrix = StepMatrix(step_case, server, demo, proxy)
    scripted_user, attempt = matrix.create_user(), matrix.new_attempt()
    calls_to_reach = matrix.count_calls(lambda: matrix.go_to_step(scripted_user, attempt))
    calls_to_answer = (
        0 if step_case.step is Done else matrix.count_calls(lambda: scripted_user.answer(attempt))
    )

    calls = [(fault, call) for fault in FAULTS_WITHOUT_REPLY for call in range(calls_to_answer)]
    calls += [(fault, max(calls_to_reach - 1, 0)) for fault in FAULTS_IN_REPLY]
    for fault, call in calls:
        with matrix.case(fault, call):
            matrix.check_fault(fault, call)
    record_property(
        "cases", ("fault matrix (step × fault), engine", "steps", matrix.case_count, len(matrix.failures))
    )
    assert not matrix.failures, "\n".join(matrix.failures)
    assert proxy.redirected_connections == 0, "a redirect was followed"
    assert not server.internal_errors
