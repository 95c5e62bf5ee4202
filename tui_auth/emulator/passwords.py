"""Passwords: the policy, checking and setting them, new and forgotten passwords."""

from __future__ import annotations

import hmac
import secrets
import string
from typing import TYPE_CHECKING, Any

from tui_auth.auth import srp
from tui_auth.emulator.app_clients import client_and_username
from tui_auth.emulator.attributes import (
    check_schema,
    check_writable,
    claim_alias,
    find_user,
    required_attributes,
)
from tui_auth.emulator.challenges import Answer, Reply, continue_after_first_factor
from tui_auth.emulator.errors import (
    CognitoError,
    code_mismatch,
    expired_code,
    invalid_parameter,
    not_authorized,
    user_not_found,
)
from tui_auth.emulator.messages import FORGOT_PASSWORD, delivery_details, recovery_attribute
from tui_auth.emulator.model import CONFIRMED, FORCE_CHANGE_PASSWORD, UNCONFIRMED, Password, User, UserPool

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "
DAY = 86400.0
NO_SUCH_USER = "Username/client id combination not found."
_REQUIRED_CHARACTERS = {
    "RequireUppercase": (string.ascii_uppercase, "uppercase"),
    "RequireLowercase": (string.ascii_lowercase, "lowercase"),
    "RequireNumbers": (string.digits, "numeric"),
    "RequireSymbols": (SYMBOLS, "symbol"),
}


def check_policy(pool: UserPool, password: str) -> None:
    """Raise InvalidPasswordException if a password violates the pool's policy."""
    reason = _policy_violation(pool.settings["Policies"]["PasswordPolicy"], password)
    if reason:
        raise CognitoError("InvalidPasswordException", f"Password did not conform with policy: {reason}")


def _policy_violation(policy: dict[str, Any], password: str) -> str | None:
    if len(password) < policy["MinimumLength"]:
        return "Password not long enough"
    for requirement, (characters, kind) in _REQUIRED_CHARACTERS.items():
        if policy.get(requirement) and not any(character in characters for character in password):
            return f"Password must have {kind} characters"
    if len(password) > 256:
        return "Password too long"
    if any(character.isspace() for character in password):
        return "Password must not contain whitespace characters"
    return None


def set_password(state: State, pool: UserPool, user: User, password: str, *, permanent: bool) -> None:
    """Give a user a password that satisfies the policy, and the status that goes with it.

    Raises:
        CognitoError: PasswordHistoryPolicyViolationException if the pool remembers it.
    """
    policy = pool.settings["Policies"]["PasswordPolicy"]
    history_size = int(policy.get("PasswordHistorySize", 0))
    hashed = Password.from_text(pool.short_name, user.username, password)
    if history_size and permanent and hashed.inner in user.former_passwords[-history_size:]:
        raise CognitoError("PasswordHistoryPolicyViolationException", "Password has previously been used")
    user.password = hashed
    if permanent:
        user.former_passwords.append(hashed.inner)
        user.status = CONFIRMED
        user.temporary_until = None
    else:
        user.status = FORCE_CHANGE_PASSWORD
        user.temporary_until = state.clock.now() + policy["TemporaryPasswordValidityDays"] * DAY
    user.modified = state.clock.now()


def check_password(state: State, pool: UserPool, user: User, password: str) -> None:
    """Raise NotAuthorizedException if the password is wrong or the user is locked out."""
    state.lockout.check(pool.id, user.username)
    inner = srp.inner_hash(pool.short_name, user.username, password)
    is_correct = user.password is not None and hmac.compare_digest(user.password.inner, inner)
    record_attempt(state, pool, user, is_correct=is_correct)


def record_attempt(state: State, pool: UserPool, user: User, *, is_correct: bool) -> None:
    """Count an attempt with a password, and raise NotAuthorizedException if it failed."""
    if not is_correct:
        state.lockout.record_failure(pool.id, user.username)
        raise not_authorized()
    state.lockout.clear(pool.id, user.username)
    if user.temporary_until is not None and state.clock.now() >= user.temporary_until:
        raise not_authorized("Temporary password has expired and must be reset by an administrator.")


def temporary_password() -> str:
    """Return a random password that satisfies any policy with up to twenty characters."""
    letters = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
    return f"{letters}Aa1!"


def answer_new_password_required(state: State, answer: Answer) -> Reply:
    """Answer NEW_PASSWORD_REQUIRED.

    An error leaves the user and the challenge session unchanged.
    """
    client, user, pool = answer.sign_in.client, answer.sign_in.user, answer.sign_in.client.pool
    password = answer.require("NEW_PASSWORD")
    prefix = "userAttributes."
    added = {
        key.removeprefix(prefix): value for key, value in answer.responses.items() if key.startswith(prefix)
    }
    for name in added:
        if user.attributes.get(name):
            raise not_authorized(f"Cannot modify an already provided {name}")
    check_schema(pool, added)
    check_writable(client, added)
    for name in required_attributes(pool):
        if not user.attributes.get(name) and not added.get(name):
            raise invalid_parameter(f"Invalid attributes given, {name} is missing")
    for name, value in added.items():
        claim_alias(pool, user, name, value)
    check_policy(pool, password)
    set_password(state, pool, user, password, permanent=True)
    user.attributes.update(added)
    return continue_after_first_factor(state, answer.sign_in)


def forgot_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ForgotPassword: send a code to a verified address.

    With PreventUserExistenceErrors an unknown name looks like a known one.
    """
    client, name = client_and_username(state, request)
    pool, user = client.pool, find_user(client.pool, name)
    if user is None or not user.enabled:
        if client.hides_users:
            return {"CodeDeliveryDetails": delivery_details("EMAIL", name)}
        raise user_not_found(NO_SUCH_USER) if user is None else not_authorized("User is disabled.")
    check_resettable(user)
    attribute = recovery_attribute(pool, user)
    state.limits.count("ForgotPassword", pool, user)
    return {"CodeDeliveryDetails": state.codes.send(pool, user, FORGOT_PASSWORD, attribute)}


def check_resettable(user: User) -> None:
    """Raise NotAuthorizedException if the user still has a temporary password."""
    if user.status == FORCE_CHANGE_PASSWORD:
        raise not_authorized("User password cannot be reset in the current state.")


def confirm_forgot_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ConfirmForgotPassword. A password that violates the policy doesn't use up the code."""
    client, name = client_and_username(state, request)
    pool, user = client.pool, find_user(client.pool, name)
    if user is None or not user.enabled:
        if client.hides_users:
            raise code_mismatch()
        raise user_not_found(NO_SUCH_USER) if user is None else not_authorized("User is disabled.")
    if user.status == UNCONFIRMED:
        raise CognitoError("UserNotConfirmedException", "User is not confirmed.")
    if user.status == FORCE_CHANGE_PASSWORD:
        raise expired_code()
    state.limits.count("ForgotPassword", pool, user)
    state.codes.check(pool, user, FORGOT_PASSWORD, request["ConfirmationCode"])
    check_policy(pool, request["Password"])
    set_password(state, pool, user, request["Password"], permanent=True)
    state.codes.discard(pool, user, FORGOT_PASSWORD)
    state.lockout.clear(pool.id, user.username)
    return {}
