"""First factors: the password, its policy and its proof by SRP, and the choice in USER_AUTH."""

from __future__ import annotations

import hmac
import secrets
import string
import uuid
from typing import TYPE_CHECKING, Any

from tui_auth.auth import srp
from tui_auth.emulator.attributes import (
    check_schema,
    check_user_status,
    check_writable,
    claim_alias,
    find_user,
    is_same_user,
    required_attributes,
)
from tui_auth.emulator.challenges import (
    Answer,
    Reply,
    adopt_device_key,
    continue_after_first_factor,
    needs_second_factor,
    require,
    send_challenge,
    send_code_challenge,
)
from tui_auth.emulator.errors import (
    CognitoError,
    code_mismatch,
    expired_code,
    invalid_challenge_session,
    invalid_parameter,
    not_authorized,
    user_not_found,
)
from tui_auth.emulator.messages import FORGOT_PASSWORD, delivery_details, recovery_attribute
from tui_auth.emulator.model import (
    ATTRIBUTE_BY_MEDIUM,
    CONFIRMED,
    FORCE_CHANGE_PASSWORD,
    UNCONFIRMED,
    AppClient,
    Password,
    SignIn,
    User,
    UserPool,
)
from tui_auth.emulator.srp import Exchange, parse_public_a
from tui_auth.emulator.user_pools import client_and_username

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
    """Answer NEW_PASSWORD_REQUIRED. An error leaves the user and the challenge session unchanged."""
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


def confirm_forgot_password(state: State, request: dict[str, Any]) -> None:
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


PASSWORD_VERIFIER = "PASSWORD_VERIFIER"  # noqa: S105 - the name of a challenge
SIGNED_UP, SIGN_UP_CONFIRMED = "SIGNED_UP", "SIGN_UP_CONFIRMED"
"""The challenge sessions of SignUp and ConfirmSignUp are for these. They can't be answered like a challenge;
with the second one, USER_AUTH signs in without another factor."""

_MEDIUM_BY_FACTOR = {"EMAIL_OTP": "EMAIL", "SMS_OTP": "SMS"}


def send_password_verifier(state: State, sign_in: SignIn, srp_a: str) -> Reply:
    """Ask for proof of the password.

    In USER_SRP_AUTH there is no challenge session: SECRET_BLOCK takes its place.
    """
    user = sign_in.user
    public_a = parse_public_a(srp_a)
    if user.password is None:
        raise not_authorized()
    exchange = state.exchanges.begin(
        sign_in,
        name=sign_in.client.pool.short_name,
        user=user.username,
        salt=user.password.salt,
        verifier=user.password.verifier,
        public_a=public_a,
    )
    parameters = {**exchange.parameters(), "USERNAME": user.username, "USER_ID_FOR_SRP": user.username}
    reply: Reply = {"ChallengeName": PASSWORD_VERIFIER, "ChallengeParameters": parameters}
    if sign_in.flow != "USER_SRP_AUTH":
        reply["Session"] = state.challenge_sessions.open(sign_in, PASSWORD_VERIFIER).token
    if sign_in.first_factors:
        reply["AvailableChallenges"] = sign_in.first_factors
    return reply


def claim_of(responses: dict[str, str]) -> tuple[str, str, str]:
    """Return the secret block, signature and timestamp of an answer; each is required."""
    return (
        require(responses, "PASSWORD_CLAIM_SECRET_BLOCK"),
        require(responses, "PASSWORD_CLAIM_SIGNATURE"),
        require(responses, "TIMESTAMP"),
    )


def answer_without_challenge_session(state: State, client: AppClient, responses: dict[str, str]) -> Reply:
    """Answer PASSWORD_VERIFIER in USER_SRP_AUTH."""
    block, signature, timestamp = claim_of(responses)
    exchange = state.exchanges.take(block, client)
    if exchange is None or exchange.sign_in.flow != "USER_SRP_AUTH":
        raise not_authorized()
    sign_in = exchange.sign_in
    if not is_same_user(client.pool, sign_in.user, sign_in.username, responses["USERNAME"]):
        raise not_authorized()
    check_user_status(sign_in.user)
    _check_claim(state, exchange, signature, timestamp)
    try:
        adopt_device_key(sign_in, responses)
    except CognitoError:
        # amplify-js sends the same proof again, without the device.
        state.exchanges.put_back(exchange)
        raise
    sign_in.has_password = True
    return continue_after_first_factor(state, sign_in)


def verify_password_claim(state: State, answer: Answer) -> None:
    """Check an answer to PASSWORD_VERIFIER that has a challenge session."""
    block, signature, timestamp = claim_of(answer.responses)
    exchange = state.exchanges.take(block, answer.sign_in.client)
    if exchange is None or exchange.sign_in is not answer.sign_in:
        raise not_authorized()
    _check_claim(state, exchange, signature, timestamp)
    answer.sign_in.has_password = True


def _check_claim(state: State, exchange: Exchange, signature: str, timestamp: str) -> None:
    pool, user = exchange.sign_in.client.pool, exchange.sign_in.user
    state.lockout.check(pool.id, user.username)
    has_changed = user.password is None or user.password.verifier != exchange.verifier
    is_proof = state.exchanges.is_proof(exchange, signature, timestamp)
    record_attempt(state, pool, user, is_correct=is_proof and not has_changed)


def begin_user_auth(state: State, sign_in: SignIn, parameters: dict[str, str], token: str | None) -> Reply:
    """Reply to USER_AUTH: ask for the preferred factor, or offer the choice.

    With the challenge session of ConfirmSignUp no factor is needed.
    """
    if token is not None:
        session = state.challenge_sessions.find(token, sign_in.client)
        if session.challenge != SIGN_UP_CONFIRMED or session.sign_in.user is not sign_in.user:
            raise invalid_challenge_session()
        state.challenge_sessions.spend(session)
        return continue_after_first_factor(state, sign_in)
    sign_in.first_factors = available_first_factors(sign_in.client.pool, sign_in.user)
    preferred = parameters.get("PREFERRED_CHALLENGE")
    if preferred is None or preferred == "WEB_AUTHN" or preferred not in sign_in.first_factors:
        return send_challenge(state, sign_in, "SELECT_CHALLENGE", {})
    return _ask_for_first_factor(state, sign_in, preferred, parameters)


def available_first_factors(pool: UserPool, user: User) -> list[str]:
    """Return the first factors that a user can choose from.

    If the user needs a second factor or a new password, only the password is possible. WEB_AUTHN is listed
    if the pool has passkeys configured, so that clients can see it; choosing it is an error, because no user
    has a passkey here.
    """
    factors = ["PASSWORD_SRP", "PASSWORD"] if user.password is not None else []
    if user.status == FORCE_CHANGE_PASSWORD or needs_second_factor(pool, user):
        return factors
    for factor, medium in _MEDIUM_BY_FACTOR.items():
        has_address = user.attributes.get(ATTRIBUTE_BY_MEDIUM[medium]) or not user.exists
        if factor in pool.first_factors and has_address:
            factors.append(factor)
    if "WEB_AUTHN" in pool.first_factors and "WebAuthnConfiguration" in pool.settings:
        factors.append("WEB_AUTHN")
    return factors


def _ask_for_first_factor(state: State, sign_in: SignIn, factor: str, parameters: dict[str, str]) -> Reply:
    if factor in _MEDIUM_BY_FACTOR:
        medium = _MEDIUM_BY_FACTOR[factor]
        address = sign_in.user.attributes.get(ATTRIBUTE_BY_MEDIUM[medium])
        address = address or _made_up_address(sign_in, medium)
        return send_code_challenge(state, sign_in, factor, medium, address, first_factor=True)
    if factor == "PASSWORD" and parameters.get("PASSWORD"):
        return _sign_in_with_password(state, sign_in, parameters["PASSWORD"])
    if factor == "PASSWORD_SRP" and parameters.get("SRP_A"):
        return send_password_verifier(state, sign_in, parameters["SRP_A"])
    return send_challenge(state, sign_in, factor, {"USER_ID_FOR_SRP": sign_in.user.username})


def _made_up_address(sign_in: SignIn, medium: str) -> str:
    """Return the address to which a code seems to go if there is no such user.

    It is always the same for a name.
    """
    if medium == "EMAIL":
        return sign_in.username
    return f"+{uuid.UUID(sign_in.user.username).int % 10**11:011d}"


def answer_select_challenge(state: State, answer: Answer) -> Reply:
    """Answer SELECT_CHALLENGE. PASSWORD or SRP_A may come with it, which saves a round trip."""
    factor = answer.require("ANSWER")
    if factor == "WEB_AUTHN":
        raise invalid_parameter("WEB_AUTHN is not available: the user has no passkey.")
    if factor not in answer.sign_in.first_factors:
        raise invalid_parameter(f"{factor} is not an available challenge for the user.")
    return _ask_for_first_factor(state, answer.sign_in, factor, answer.responses)


def answer_password(state: State, answer: Answer) -> Reply:
    return _sign_in_with_password(state, answer.sign_in, answer.require("PASSWORD"))


def answer_password_srp(state: State, answer: Answer) -> Reply:
    """Answer PASSWORD_SRP with the first half of SRP."""
    return send_password_verifier(state, answer.sign_in, answer.require("SRP_A"))


def _sign_in_with_password(state: State, sign_in: SignIn, password: str) -> Reply:
    check_password(state, sign_in.client.pool, sign_in.user, password)
    sign_in.has_password = True
    return continue_after_first_factor(state, sign_in)
