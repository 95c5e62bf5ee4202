"""Predicates over errors, and errors derived from others."""

from __future__ import annotations

import pytest

from tests import error_texts
from tests.scripted_gateway import ScriptedGateway, challenge
from tui_auth.auth.auth import Auth
from tui_auth.auth.devices import rejected_device_error
from tui_auth.auth.error_catalog import (
    error_from_response,
    is_already_confirmed,
    is_confirmed_before,
    is_rejected_password,
    is_unknown_device,
)
from tui_auth.errors import AuthError, ErrorField, ErrorKind
from tui_auth.secret import Secret

WRONG = error_from_response("NotAuthorizedException", "Incorrect username or password.")
LOCKED = error_from_response("NotAuthorizedException", "Password attempts exceeded")
CONFIRMED = error_from_response(
    "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"
)
UNKNOWN_DEVICE = error_from_response("ResourceNotFoundException", "Device does not exist.")


def test_locked_user_is_not_a_rejected_password() -> None:
    assert is_rejected_password(WRONG)
    assert not is_rejected_password(LOCKED)
    assert not is_rejected_password(error_from_response("TooManyRequestsException", "Rate exceeded"))


def test_each_operation_reports_a_confirmed_sign_up_differently() -> None:
    assert is_already_confirmed(
        error_from_response("InvalidParameterException", "User is already confirmed.")
    )
    assert is_confirmed_before(CONFIRMED)
    assert not is_confirmed_before(
        error_from_response("InvalidParameterException", "Current status is CONFIRMED")
    )
    assert not is_confirmed_before(WRONG)


def test_device_is_unknown_if_forgotten_or_rejected() -> None:
    assert is_unknown_device(UNKNOWN_DEVICE)
    assert is_unknown_device(rejected_device_error(WRONG))
    assert not is_unknown_device(
        error_from_response("ResourceNotFoundException", "User pool x does not exist.")
    )


def test_rejected_proof_is_otherwise_the_same_error() -> None:
    full = AuthError(
        ErrorKind.VALIDATION,
        "What happened.",
        "What to do.",
        code="SomeException",
        service_message="said",
        field=ErrorField.FORM,
        cause=ValueError(),
        retry_after=5.0,
        may_have_arrived=True,
        quote="quoted",
        is_rejected_device=True,
    )
    assert vars(full.as_rejected_proof()) == vars(full) | {"is_rejected_proof": True}
    assert str(full.as_rejected_proof()) == str(full)


def test_marking_a_rejected_proof_leaves_the_error_unchanged() -> None:
    error = error_from_response("NotAuthorizedException", "Incorrect username or password.")
    proof = challenge("PASSWORD_VERIFIER", USER_ID_FOR_SRP="ann", SRP_B="2", SALT="1", SECRET_BLOCK="YQ==")
    auth = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=ScriptedGateway(proof, error))
    with pytest.raises(AuthError) as raised:
        auth.sign_in("ann", Secret("x"))
    assert raised.value.is_rejected_proof
    assert not error.is_rejected_proof


def test_errors_that_tests_recognize_read_differently() -> None:
    texts = [value for name, value in vars(error_texts).items() if name.isupper()]
    unknown = error_from_response("BrandNewException", "").message
    assert len({*texts, unknown}) == len(texts) + 1
