"""The tree of errors: which class an error has, and that it survives pickling and copying."""

from __future__ import annotations

import copy
import pickle

import pytest

import tui_auth
from tests.scripted_gateway import ScriptedGateway
from tui_auth import (
    AuthError,
    ConfigurationError,
    ErrorKind,
    NotSignedInError,
    StorageError,
    TokenVerificationError,
    TuiAuthError,
    errors,
)
from tui_auth.auth.auth import Auth
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.config.files import NoPoolError
from tui_auth.session import NotSignedInError as EndedSessionError
from tui_auth.storage.lock import BusyError

OF_AUTH = (
    "NotAuthorizedError",
    "CodeMismatchError",
    "CodeExpiredError",
    "InvalidPasswordError",
    "InvalidParameterError",
    "UserNotFoundError",
    "UserNotConfirmedError",
    "UsernameExistsError",
    "ThrottledError",
    "ChallengeExpiredError",
    "NetworkError",
    "TokenVerificationError",
    "UnsupportedError",
    "InvalidStateError",
)
BASES = {
    **dict.fromkeys(("AuthError", "NotSignedInError", "StorageError", "ConfigurationError"), "TuiAuthError"),
    **dict.fromkeys(OF_AUTH, "AuthError"),
}


@pytest.mark.parametrize(("name", "base"), BASES.items())
def test_each_error_is_exported_below_its_base(name: str, base: str) -> None:
    assert name in tui_auth.__all__
    assert getattr(tui_auth, name).__bases__ == (getattr(tui_auth, base),)


@pytest.mark.parametrize(
    ("code", "message", "name"),
    [
        ("NotAuthorizedException", "Incorrect username or password.", "NotAuthorizedError"),
        ("NotAuthorizedException", "Password attempts exceeded", "ThrottledError"),
        ("NotAuthorizedException", "Invalid session for the user.", "ChallengeExpiredError"),
        ("NotAuthorizedException", "Unable to verify secret hash for client c", "NotAuthorizedError"),
        ("CodeMismatchException", "", "CodeMismatchError"),
        ("EnableSoftwareTokenMFAException", "", "CodeMismatchError"),
        ("ExpiredCodeException", "", "CodeExpiredError"),
        ("InvalidPasswordException", "", "InvalidPasswordError"),
        ("PasswordHistoryPolicyViolationException", "", "InvalidPasswordError"),
        ("InvalidParameterException", "", "InvalidParameterError"),
        ("InvalidParameterException", "USER_AUTH flow not enabled for this client", "UnsupportedError"),
        ("UserNotFoundException", "User does not exist.", "UserNotFoundError"),
        ("UserNotConfirmedException", "", "UserNotConfirmedError"),
        ("UsernameExistsException", "", "UsernameExistsError"),
        ("AliasExistsException", "", "UsernameExistsError"),
        ("LimitExceededException", "", "ThrottledError"),
        ("TooManyRequestsException", "", "ThrottledError"),
        ("FeatureUnavailableInTierException", "", "UnsupportedError"),
        ("SomethingNewException", "", "AuthError"),
    ],
)
def test_error_of_cognito_has_the_class_of_its_code(code: str, message: str, name: str) -> None:
    assert type(error_from_response(code, message)).__name__ == name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ErrorKind.NETWORK, "NetworkError"),
        (ErrorKind.INVALID_STATE, "InvalidStateError"),
        (ErrorKind.VALIDATION, "InvalidParameterError"),
        (ErrorKind.NOT_AUTHORIZED, "NotAuthorizedError"),
        (ErrorKind.SERVICE, "AuthError"),
    ],
)
def test_error_of_ours_has_the_class_of_its_kind(kind: ErrorKind, name: str) -> None:
    assert type(AuthError(kind, "It failed.")).__name__ == name


def test_id_that_cannot_be_one_is_an_auth_error_and_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Auth("nonsense", "client1", gateway=ScriptedGateway())
    assert isinstance(raised.value, AuthError)
    assert raised.value.kind is ErrorKind.CONFIGURATION


FULL = AuthError(
    ErrorKind.THROTTLED,
    "What happened.",
    "What to do.",
    code="SomeException",
    service_message="said",
    field=errors.ErrorField.FORM,
    cause=ValueError(),
    retry_after=5.0,
    may_have_arrived=True,
    quote="quoted",
    is_rejected_proof=True,
    is_rejected_device=True,
)
EXAMPLES = (
    FULL,
    error_from_response("CodeMismatchException", "wrong"),
    TokenVerificationError(ErrorKind.SERVICE, "Not ours."),
    AuthError(ErrorKind.CONFIGURATION, "Not an ID."),
    NotSignedInError("No session.", "Sign in.", username="ann", user_pool_id="eu-west-1_Ab12"),
    EndedSessionError("It ended.", {"username": "ann", "user_pool_id": "eu-west-1_Ab12"}),
    StorageError("The disk is full."),
    BusyError("Another process has the lock."),
    ConfigurationError("No such profile.", "Create it."),
    NoPoolError("No pool.", has_profiles=True, notes=("skipped",)),
)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_error_can_be_pickled_and_copied(error: TuiAuthError, duplicate: object) -> None:
    assert callable(duplicate)
    twin = duplicate(error)
    assert type(twin) is type(error)
    assert (str(twin), twin.args) == (str(error), error.args)
    assert vars(twin) == {**vars(error), **({"cause": None} if isinstance(error, AuthError) else {})}


def test_ended_session_has_its_user_and_pool() -> None:
    ended = EXAMPLES[5]
    assert isinstance(ended, NotSignedInError)
    assert (ended.username, ended.user_pool_id) == ("ann", "eu-west-1_Ab12")


def test_text_of_an_error_is_its_message_and_what_to_do() -> None:
    assert str(FULL) == "What happened. What to do."
    assert (FULL.message, FULL.recovery_suggestion) == ("What happened.", "What to do.")
