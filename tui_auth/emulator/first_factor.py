"""First factors: the password by SRP (PASSWORD_VERIFIER), and the choice in USER_AUTH."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tui_auth.emulator.attributes import check_user_status, is_same_user
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
    invalid_challenge_session,
    invalid_parameter,
    not_authorized,
)
from tui_auth.emulator.model import (
    ATTRIBUTE_BY_MEDIUM,
    FORCE_CHANGE_PASSWORD,
    AppClient,
    User,
    UserPool,
)
from tui_auth.emulator.passwords import check_password, record_attempt
from tui_auth.emulator.srp import Exchange, parse_public_a

if TYPE_CHECKING:
    from tui_auth.emulator.challenge_sessions import SignIn
    from tui_auth.emulator.state import State

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
    """Answer PASSWORD."""
    return _sign_in_with_password(state, answer.sign_in, answer.require("PASSWORD"))


def answer_password_srp(state: State, answer: Answer) -> Reply:
    """Answer PASSWORD_SRP with the first half of SRP."""
    return send_password_verifier(state, answer.sign_in, answer.require("SRP_A"))


def _sign_in_with_password(state: State, sign_in: SignIn, password: str) -> Reply:
    check_password(state, sign_in.client.pool, sign_in.user, password)
    sign_in.has_password = True
    return continue_after_first_factor(state, sign_in)
