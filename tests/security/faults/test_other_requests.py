"""Tests that faults in requests besides a step's answer are reported and can be retried."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.security.faults.catalog import FAULTS_WITHOUT_REPLY, MESSAGES, NO_BODY, fault_share
from tests.security.faults.conftest import RecordProperty, deadline_for
from tests.security.faults.proxy import Fault, FaultProxy
from tests.security.faults.scripted_user import NEW_PASSWORD, ScriptedUser, fresh_user_like
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import ConfirmSignUp, Done, ResetPassword
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool
from tui_auth.errors import AuthError
from tui_auth.secret import Secret

_NUMBERS = itertools.count(1)


@dataclass
class Case:
    """A user of the pool behind the proxy."""

    server: CognitoEmulator
    auth: Auth
    scripted_user: ScriptedUser

    def __post_init__(self) -> None:
        self.attempt: Attempt = self.auth.attempt()
        self.name = self.scripted_user.username


def _prepare_new_user(case: Case) -> None:
    case.name = f"zoe{next(_NUMBERS)}"


def _sign_up(case: Case) -> None:
    attributes = {"email": f"{case.name}@example.org", "name": "Zoe"}
    case.attempt.sign_up(case.name, Secret(NEW_PASSWORD), user_attributes=attributes)


def _confirm_sign_up(case: Case) -> None:
    assert isinstance(case.attempt.step, ConfirmSignUp)
    code = next(m["code"] for m in reversed(case.server.messages) if m["username"] == case.name)
    case.attempt.confirm_sign_up(Secret(str(code)))


def _forgot_password(case: Case) -> None:
    case.attempt.forgot_password(case.name)


def _request_reset_code(case: Case) -> None:
    case.attempt.reset_password()


def _confirm_reset(case: Case) -> None:
    assert isinstance(case.attempt.step, ResetPassword)
    case.attempt.confirm_reset_password(Secret(NEW_PASSWORD), Secret(case.scripted_user.sent_code()))


def _sign_in(case: Case) -> None:
    case.scripted_user.sign_in(case.attempt)


def _resend_sign_up_code(case: Case) -> None:
    case.attempt.resend_sign_up_code()


def _restart_step(case: Case) -> None:
    case.attempt.restart()


def _answer(case: Case) -> None:
    case.scripted_user.answer(case.attempt)


Action = Callable[[Case], None]
REQUESTS: dict[str, tuple[str, Action, Action, Action]] = {
    "an account is created": ("ann", _prepare_new_user, _sign_up, _confirm_sign_up),
    "a reset is requested": ("tess", _forgot_password, _request_reset_code, _confirm_reset),
    "a sign-up code is requested": ("carl", _sign_in, _resend_sign_up_code, _answer),
    "a step is restarted": ("sam", _sign_in, _restart_step, _answer),
}
"""User, preparation, the request that meets the fault, and the way from there to the tokens."""


@pytest.mark.parametrize("name", REQUESTS)
def test_fault_is_reported_and_the_next_try_signs_in(
    name: str, server: CognitoEmulator, demo: DemoPool, proxy: FaultProxy, record_property: RecordProperty
) -> None:
    username, before, request, after = REQUESTS[name]
    user = next(candidate for candidate in demo.users if candidate.username == username)
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=proxy.url)
    faults = fault_share(FAULTS_WITHOUT_REPLY, name, REQUESTS)
    failures: list[str] = []
    for fault in faults:
        case = Case(server, auth, ScriptedUser(server, fresh_user_like(server, user)))
        try:
            before(case)
            message = _error_message(case, request, fault, proxy)
            if MESSAGES.get(fault.name, "") not in message or (not message and fault.name != NO_BODY):
                failures.append(f"{fault.name}: {message!r}")
            request(case)
            after(case)
            if name == "a reset is requested" and not isinstance(case.attempt.step, Done):
                case.scripted_user.passwords.insert(0, NEW_PASSWORD)
            case.scripted_user.finish(case.attempt)
        except Exception as error:
            failures.append(f"{fault.name}: {error!r}")
    record_property("cases", ("fault matrix, other requests", "calls", len(faults), len(failures)))
    assert not failures, "\n".join(failures)


def _error_message(case: Case, request: Action, fault: Fault, proxy: FaultProxy) -> str:
    """Return the message of the error that a request ends with, or ""."""
    with proxy.armed(fault), deadline_for(fault):
        try:
            request(case)
        except AuthError as error:
            return error.message
    return ""
