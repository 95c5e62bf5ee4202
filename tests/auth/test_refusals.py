"""What is asked of a refusal, and what is learned of it later."""

from __future__ import annotations

import pytest

from tests.scripted_gateway import ScriptedGateway, challenge
from tui_auth.auth.auth import Auth
from tui_auth.auth.device_srp import device_refused
from tui_auth.auth.errors import AuthError, Concern, ErrorKind
from tui_auth.auth.refusals import (
    is_confirmed_already,
    is_confirmed_before,
    is_refused_password,
    is_unknown_device,
    refusal,
)
from tui_auth.secret import Secret

WRONG = refusal("NotAuthorizedException", "Incorrect username or password.")
LOCKED = refusal("NotAuthorizedException", "Password attempts exceeded")
DONE = refusal("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
GONE = refusal("ResourceNotFoundException", "Device does not exist.")


def test_a_locked_user_is_no_refused_password() -> None:
    assert is_refused_password(WRONG)
    assert not is_refused_password(LOCKED)
    assert not is_refused_password(refusal("TooManyRequestsException", "Rate exceeded"))


def test_each_operation_says_in_its_own_way_that_a_sign_up_is_confirmed() -> None:
    assert is_confirmed_already(refusal("InvalidParameterException", "User is already confirmed."))
    assert is_confirmed_before(DONE)
    assert not is_confirmed_before(refusal("InvalidParameterException", "Current status is CONFIRMED"))
    assert not is_confirmed_before(WRONG)


def test_a_device_is_unknown_where_it_is_forgotten_or_not_taken() -> None:
    assert is_unknown_device(GONE)
    assert is_unknown_device(device_refused(WRONG))
    assert not is_unknown_device(refusal("ResourceNotFoundException", "User pool x does not exist."))


def test_a_refused_proof_is_the_same_refusal_but_for_that() -> None:
    full = AuthError(
        ErrorKind.VALIDATION,
        "What happened.",
        "What to do.",
        code="SomeException",
        service_message="said",
        concern=Concern.FORM,
        cause=ValueError(),
        retry_after=5.0,
        may_have_arrived=True,
        quote="quoted",
        is_refused_device=True,
    )
    assert vars(full.as_refused_proof()) == vars(full) | {"is_refused_proof": True}
    assert str(full.as_refused_proof()) == str(full)


def test_a_refusal_is_not_changed_by_what_is_learned_of_it() -> None:
    said = refusal("NotAuthorizedException", "Incorrect username or password.")
    proof = challenge("PASSWORD_VERIFIER", USER_ID_FOR_SRP="ann", SRP_B="2", SALT="1", SECRET_BLOCK="YQ==")
    auth = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=ScriptedGateway(proof, said))
    with pytest.raises(AuthError) as refused:
        auth.sign_in("ann", Secret("x"))
    assert refused.value.is_refused_proof
    assert not said.is_refused_proof
