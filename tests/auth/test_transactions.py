"""Operations run on a copy of the engine and never modify the committed state."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest

from tests.scripted_gateway import Reply, ScriptedGateway, challenge, tokens
from tui_auth.auth.app_client import AppClient, AuthFlow, PoolExistenceCheck
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import ConfirmSignInWithOTP, ConfirmSignInWithSMSMFACode
from tui_auth.errors import AuthError
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
PLAIN = (type(None), bool, int, float, str, bytes, Enum, Secret)
CODE, PASSWORD = Secret("123456"), Secret("A-horse-1!")
DEVICE = Device("eu-west-1_device", "group", Secret("x"))
METADATA = {"call": "sign-in"}

THROTTLED = error_from_response("TooManyRequestsException", "Rate exceeded")
WRONG_CODE = error_from_response("CodeMismatchException", "Invalid code")
WRONG = error_from_response("NotAuthorizedException", "Incorrect username or password.")
UNKNOWN_DEVICE = error_from_response("ResourceNotFoundException", "Device does not exist.")
SERVER_ERROR = error_from_response("InternalErrorException", "", status=500)

MFA_CHOICE = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "EMAIL_OTP"]')
FACTOR_CHOICE = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD", "EMAIL_OTP"]}
NEW_KEY = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
SIGNED_UP = {"UserConfirmed": False, "Session": "of the sign-up"}

Call = Callable[[Attempt], object]


@dataclass(frozen=True)
class Script:
    """Cognito's replies, and the calls on the attempt that lead to them."""

    replies: tuple[Reply, ...]
    calls: tuple[Call, ...]


def sign_in(**settings: Any) -> Call:
    arguments = {"auth_flow": AuthFlow.USER_PASSWORD_AUTH, "client_metadata": METADATA, **settings}
    return lambda attempt: attempt.sign_in("ann", PASSWORD, **arguments)


def choose_first_factor(attempt: Attempt) -> object:
    return attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH)


def confirm(answer: str | Secret, **more: Any) -> Call:
    return lambda attempt: attempt.confirm(answer, **more)


def sign_up(attempt: Attempt) -> object:
    flow = AuthFlow.USER_PASSWORD_AUTH
    return attempt.sign_up("ann", PASSWORD, user_attributes={"email": "a@example.org"}, auth_flow=flow)


def confirm_sign_up(attempt: Attempt) -> object:
    return attempt.confirm_sign_up(CODE)


def forgot_password(attempt: Attempt) -> object:
    return attempt.forgot_password("ann", auth_flow=AuthFlow.USER_PASSWORD_AUTH, client_metadata=METADATA)


def confirm_reset(attempt: Attempt) -> object:
    return attempt.confirm_reset_password(PASSWORD, CODE)


SCRIPTS = {
    "choice, wrong code, tokens": Script(
        (MFA_CHOICE, challenge("SMS_MFA"), WRONG_CODE, tokens(POOL, CLIENT)),
        (sign_in(), confirm("SMS_MFA"), confirm(CODE), confirm(CODE, client_metadata=METADATA)),
    ),
    "a restart": Script(
        (MFA_CHOICE, challenge("SMS_MFA"), MFA_CHOICE, challenge("SMS_MFA"), THROTTLED),
        (sign_in(), confirm("SMS_MFA"), Attempt.restart, lambda attempt: attempt.restart(choice_count=0)),
    ),
    "a rejected password": Script(
        (FACTOR_CHOICE, WRONG, FACTOR_CHOICE, challenge("SMS_MFA")),
        (choose_first_factor, confirm("PASSWORD"), confirm(PASSWORD), confirm(Secret("B-horse-2!"))),
    ),
    "a forgotten device": Script(
        (challenge("SMS_MFA"), UNKNOWN_DEVICE, UNKNOWN_DEVICE, challenge("SMS_MFA")),
        (sign_in(device=DEVICE), confirm(CODE), Attempt.restart),
    ),
    "a device rejected at the start": Script((UNKNOWN_DEVICE, THROTTLED), (sign_in(device=DEVICE),)),
    "a new password": Script(
        (challenge("NEW_PASSWORD_REQUIRED"), SERVER_ERROR, THROTTLED, challenge("SMS_MFA")),
        (sign_in(), confirm(PASSWORD), Attempt.restart, Attempt.restart),
    ),
    "a new key, half committed": Script(
        (NEW_KEY, {"SecretCode": "A" * 32, "Session": "2"}, {"Status": "SUCCESS", "Session": "3"}, THROTTLED),
        (sign_in(), confirm(CODE)),
    ),
    "a sign-up, half committed": Script(
        (
            SIGNED_UP,
            {},
            {"Session": "of the code"},
            error_from_response("LimitExceededException", ""),
            tokens(POOL, CLIENT),
        ),
        (sign_up, Attempt.resend_sign_up_code, confirm_sign_up, confirm_sign_up),
    ),
    "a reset, half committed": Script(
        ({}, {}, THROTTLED, challenge("SMS_MFA")),
        (forgot_password, Attempt.reset_password, confirm_reset, confirm_reset),
    ),
    "a forgotten attempt": Script((challenge("SMS_MFA"),), (sign_in(device=DEVICE), Attempt.forget)),
}


def build_attempt(*replies: Reply) -> Attempt:
    pool_check = PoolExistenceCheck(POOL, "https://elsewhere.example")
    return Attempt(ScriptedGateway(*replies), AppClient(POOL, CLIENT), pool_check=pool_check)


def is_value(value: object) -> bool:
    """Return whether an object is immutable, with everything in it."""
    if isinstance(value, tuple):
        return all(map(is_value, value))
    if isinstance(value, MappingProxyType):
        return all(map(is_value, value.values()))
    parameters: Any = getattr(value, "__dataclass_params__", None)
    if is_dataclass(value) and parameters.frozen:
        return all(is_value(getattr(value, field.name)) for field in fields(value))
    return isinstance(value, PLAIN)


def shared_attributes(first: object, second: object) -> Iterator[str]:
    """Yield the names of attributes in which both have the same mutable object."""
    for name, value in vars(first).items():
        if value is vars(second)[name]:
            yield from () if is_value(value) else (name,)
        elif hasattr(value, "__dict__"):
            yield from shared_attributes(value, vars(second)[name])


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_copy_shares_only_gateway_and_uncertain_writes(script: Script) -> None:
    attempt = build_attempt(*script.replies)
    for call in (lambda attempt: None, *script.calls):
        with suppress(AuthError):
            call(attempt)
        assert set(shared_attributes(attempt._engine, copy.copy(attempt._engine))) == {"gateway", "writes"}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_operation_never_modifies_the_committed_state(script: Script) -> None:
    attempt = build_attempt(*script.replies)
    attributes = {name: value for name, value in vars(attempt).items() if name != "_engine"}
    for call in script.calls:
        engine = attempt._engine
        state_before = dict(vars(engine))
        with suppress(AuthError):
            call(attempt)
        assert vars(engine) == state_before
        assert attempt._engine is not engine, "each of these calls changes the state"
    assert vars(attempt) == attributes | {"_engine": attempt._engine}, "only the engine may change"


def test_each_script_uses_its_replies_and_commits_as_declared() -> None:
    committed: dict[str, bool] = {}
    for name, script in SCRIPTS.items():
        attempt = build_attempt(*script.replies)
        for call in script.calls:
            with suppress(AuthError):
                call(attempt)
            committed[name] = committed.get(name, False) or attempt._engine.first_call_committed
        gateway: Any = attempt._engine.gateway
        assert not gateway._gateway.replies, name
    assert all(committed[name] == ("half committed" in name) for name in SCRIPTS)


def test_fork_shares_only_what_an_auth_shares() -> None:
    attempt = build_attempt(challenge("SMS_MFA"))
    sign_in()(attempt)
    services = {"trace", "_pool_check", "_rejected_devices"}
    assert set(shared_attributes(attempt, attempt.fork())) == {*services, "_engine"}


class MeanwhileGateway(ScriptedGateway):
    """Runs a callback during each call."""

    def meanwhile(self) -> None:
        """Do nothing; tests replace this method."""

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.meanwhile()
        return super().call(operation, parameters)


def test_fork_during_a_call_continues_from_the_previous_step() -> None:
    first, second = challenge("SMS_MFA", session="1"), challenge("EMAIL_OTP", session="2")
    gateway = MeanwhileGateway(first, second, second)
    attempt = Attempt(gateway, AppClient(POOL, CLIENT))
    sign_in()(attempt)
    forks: list[Attempt] = []
    gateway.meanwhile = lambda: forks.append(attempt.fork())  # type: ignore[method-assign]
    attempt.confirm(CODE)
    assert isinstance(attempt.step, ConfirmSignInWithOTP)
    fork = forks[0]
    assert isinstance(fork.step, ConfirmSignInWithSMSMFACode)
    fork.confirm(CODE)
    assert gateway.calls[-1][1]["Session"] == Secret("1")
