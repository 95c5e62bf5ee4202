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
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import ConfirmSignInWithOTP, ConfirmSignInWithSMSMFACode
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
PLAIN = (type(None), bool, int, float, str, bytes, Enum, Secret)
CODE, PASSWORD = Secret("123456"), Secret("A-horse-1!")
DEVICE = Device("eu-west-1_device", "group", Secret("x"))
METADATA = {"who": "asks"}

THROTTLED = error_from_response("TooManyRequestsException", "Rate exceeded")
WRONG_CODE = error_from_response("CodeMismatchException", "Invalid code")
WRONG = error_from_response("NotAuthorizedException", "Incorrect username or password.")
GONE = error_from_response("ResourceNotFoundException", "Device does not exist.")
NO_ANSWER = error_from_response("InternalErrorException", "", status=500)

MFA_CHOICE = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "EMAIL_OTP"]')
FACTOR_CHOICE = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD", "EMAIL_OTP"]}
NEW_KEY = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
SIGNED_UP = {"UserConfirmed": False, "Session": "of the sign-up"}

Call = Callable[[Attempt], object]


@dataclass(frozen=True)
class Walk:
    """A script: Cognito's replies, and the calls on the attempt."""

    replies: tuple[Reply, ...]
    calls: tuple[Call, ...]


def sign_in(**settings: Any) -> Call:
    with_password = {"auth_flow": AuthFlow.USER_PASSWORD_AUTH, "client_metadata": METADATA, **settings}
    return lambda attempt: attempt.sign_in("ann", PASSWORD, **with_password)


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


WALKS = {
    "a choice, a wrong code and tokens": Walk(
        (MFA_CHOICE, challenge("SMS_MFA"), WRONG_CODE, tokens(POOL, CLIENT)),
        (sign_in(), confirm("SMS_MFA"), confirm(CODE), confirm(CODE, client_metadata=METADATA)),
    ),
    "a restart": Walk(
        (MFA_CHOICE, challenge("SMS_MFA"), MFA_CHOICE, challenge("SMS_MFA"), THROTTLED),
        (sign_in(), confirm("SMS_MFA"), Attempt.restart, lambda attempt: attempt.restart(choice_count=0)),
    ),
    "a rejected password": Walk(
        (FACTOR_CHOICE, WRONG, FACTOR_CHOICE, challenge("SMS_MFA")),
        (choose_first_factor, confirm("PASSWORD"), confirm(PASSWORD), confirm(Secret("B-horse-2!"))),
    ),
    "a forgotten device": Walk(
        (challenge("SMS_MFA"), GONE, GONE, challenge("SMS_MFA")),
        (sign_in(device=DEVICE), confirm(CODE), Attempt.restart),
    ),
    "a device rejected at the start": Walk((GONE, THROTTLED), (sign_in(device=DEVICE),)),
    "a new password": Walk(
        (challenge("NEW_PASSWORD_REQUIRED"), NO_ANSWER, THROTTLED, challenge("SMS_MFA")),
        (sign_in(), confirm(PASSWORD), Attempt.restart, Attempt.restart),
    ),
    "a new key, half committed": Walk(
        (NEW_KEY, {"SecretCode": "A" * 32, "Session": "2"}, {"Status": "SUCCESS", "Session": "3"}, THROTTLED),
        (sign_in(), confirm(CODE)),
    ),
    "a sign-up, half committed": Walk(
        (
            SIGNED_UP,
            {},
            {"Session": "of the code"},
            error_from_response("LimitExceededException", ""),
            tokens(POOL, CLIENT),
        ),
        (sign_up, Attempt.resend_sign_up_code, confirm_sign_up, confirm_sign_up),
    ),
    "a reset, half committed": Walk(
        ({}, {}, THROTTLED, challenge("SMS_MFA")),
        (forgot_password, Attempt.reset_password, confirm_reset, confirm_reset),
    ),
    "what is forgotten": Walk((challenge("SMS_MFA"),), (sign_in(device=DEVICE), Attempt.forget)),
}


def attempt_with(*replies: Reply) -> Attempt:
    pool_check = PoolExistenceCheck(POOL, "https://elsewhere.example")
    return Attempt(ScriptedGateway(*replies), AppClient(POOL, CLIENT), pool_check=pool_check)


def is_value(thing: object) -> bool:
    """Return True if nothing in it can change."""
    if isinstance(thing, tuple):
        return all(map(is_value, thing))
    if isinstance(thing, MappingProxyType):
        return all(map(is_value, thing.values()))
    parameters: Any = getattr(thing, "__dataclass_params__", None)
    if is_dataclass(thing) and parameters.frozen:
        return all(is_value(getattr(thing, field.name)) for field in fields(thing))
    return isinstance(thing, PLAIN)


def shared(one: object, other: object) -> Iterator[str]:
    """Yield the names under which both hold the same mutable object."""
    for name, thing in vars(one).items():
        if thing is vars(other)[name]:
            yield from () if is_value(thing) else (name,)
        elif hasattr(thing, "__dict__"):
            yield from shared(thing, vars(other)[name])


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_copy_shares_only_gateway_and_uncertain_writes(walk: Walk) -> None:
    attempt = attempt_with(*walk.replies)
    for call in (lambda attempt: None, *walk.calls):
        with suppress(AuthError):
            call(attempt)
        assert set(shared(attempt._engine, copy.copy(attempt._engine))) == {"gateway", "writes"}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_operation_never_modifies_the_committed_state(walk: Walk) -> None:
    attempt = attempt_with(*walk.replies)
    beside = {name: thing for name, thing in vars(attempt).items() if name != "_engine"}
    for call in walk.calls:
        held = attempt._engine
        before = dict(vars(held))
        with suppress(AuthError):
            call(attempt)
        assert vars(held) == before
        assert attempt._engine is not held, "each of these calls leads somewhere, or is remembered"
    assert vars(attempt) == beside | {"_engine": attempt._engine}, "all that changes is in there"


def test_each_script_uses_its_replies_and_commits_as_declared() -> None:
    committed: dict[str, bool] = {}
    for name, walk in WALKS.items():
        attempt = attempt_with(*walk.replies)
        for call in walk.calls:
            with suppress(AuthError):
                call(attempt)
            committed[name] = committed.get(name, False) or attempt._engine.first_call_committed
        gateway: Any = attempt._engine.gateway
        assert not gateway._gateway.replies, name
    assert all(committed[name] == ("half committed" in name) for name in WALKS)


def test_fork_shares_only_what_an_auth_shares() -> None:
    attempt = attempt_with(challenge("SMS_MFA"))
    sign_in()(attempt)
    services = {"trace", "_pool_check", "_rejected_devices"}
    assert set(shared(attempt, attempt.fork())) == {*services, "_engine"}


class MeanwhileGateway(ScriptedGateway):
    """Runs a callback during each call."""

    def meanwhile(self) -> None:
        """The callback."""

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
