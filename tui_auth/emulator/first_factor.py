"""First factors: the password and its proof by SRP, a new password, and the choice in USER_AUTH."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tui_auth.emulator import errors, model, users, webauthn
from tui_auth.emulator.challenge_sessions import parse_public_a
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

if TYPE_CHECKING:
    from tui_auth.emulator.challenge_sessions import Exchange
    from tui_auth.emulator.model import AppClient, SignIn, User, UserPool
    from tui_auth.emulator.state import State

PASSWORD_VERIFIER = "PASSWORD_VERIFIER"  # noqa: S105 - the name of a challenge
SIGNED_UP, SIGN_UP_CONFIRMED = "SIGNED_UP", "SIGN_UP_CONFIRMED"
"""The challenge sessions of SignUp and ConfirmSignUp are for these. They can't be answered like a challenge;
with the second one, USER_AUTH signs in without another factor."""

_CODE_FACTORS = ("EMAIL_OTP", "SMS_OTP")


def sign_in_with_password(state: State, sign_in: SignIn, password: str) -> Reply:
    users.check_password(state, sign_in.client.pool, sign_in.user, password)
    sign_in.has_password = True
    return continue_after_first_factor(state, sign_in)


def answer_password(state: State, answer: Answer) -> Reply:
    return sign_in_with_password(state, answer.sign_in, answer.require("PASSWORD"))


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
            raise errors.not_authorized(f"Cannot modify an already provided {name}")
    users.check_schema(pool, added)
    users.check_writable(client, added)
    for name in users.required_attributes(pool):
        if not user.attributes.get(name) and not added.get(name):
            raise errors.invalid_parameter(f"Invalid attributes given, {name} is missing")
    users.claim_aliases(pool, user, added)
    users.check_policy(pool, password)
    users.set_password(state, pool, user, password, permanent=True)
    user.attributes.update(added)
    answer.sign_in.issued_after = "NewPasswordChallenge"
    return continue_after_first_factor(state, answer.sign_in)


def send_password_verifier(state: State, sign_in: SignIn, srp_a: str) -> Reply:
    """Ask for proof of the password, in USER_SRP_AUTH without a challenge session."""
    user = sign_in.user
    public_a = parse_public_a(srp_a)
    if user.password is None:
        raise errors.not_authorized()
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


def take_exchange(state: State, client: AppClient, responses: dict[str, str]) -> tuple[Exchange, bool]:
    """Return the SRP exchange of an answer, and whether the answer proves the password."""
    block = require(responses, "PASSWORD_CLAIM_SECRET_BLOCK")
    signature = require(responses, "PASSWORD_CLAIM_SIGNATURE")
    timestamp = require(responses, "TIMESTAMP")
    exchange = state.exchanges.take(block, client)
    if exchange is None:
        raise errors.not_authorized()
    return exchange, state.exchanges.is_proof(exchange, signature, timestamp)


def answer_without_challenge_session(
    state: State, client: AppClient, responses: dict[str, str], metadata: dict[str, str]
) -> Reply:
    """Answer PASSWORD_VERIFIER in USER_SRP_AUTH."""
    exchange, is_proof = take_exchange(state, client, responses)
    sign_in = exchange.sign_in
    if sign_in.flow != "USER_SRP_AUTH" or not users.is_same_user(
        client.pool, sign_in.user, sign_in.username, responses["USERNAME"]
    ):
        raise errors.not_authorized()
    users.check_user_status(sign_in.user)
    sign_in.metadata = metadata
    _check_proof(state, exchange, is_proof=is_proof)
    try:
        adopt_device_key(sign_in, responses)
    except errors.CognitoError:
        # amplify-js sends the same proof again, without the device.
        state.exchanges.put_back(exchange)
        raise
    return continue_after_first_factor(state, sign_in)


def answer_password_verifier(state: State, answer: Answer) -> None:
    """Answer PASSWORD_VERIFIER with a challenge session, in CUSTOM_AUTH or USER_AUTH."""
    exchange, is_proof = take_exchange(state, answer.sign_in.client, answer.responses)
    if exchange.sign_in is not answer.sign_in:
        raise errors.not_authorized()
    _check_proof(state, exchange, is_proof=is_proof)


def _check_proof(state: State, exchange: Exchange, *, is_proof: bool) -> None:
    """Count the attempt, and raise NotAuthorizedException if it failed or the password has changed."""
    pool, user = exchange.sign_in.client.pool, exchange.sign_in.user
    state.lockout.check(pool.id, user.username)
    is_current = user.password is not None and user.password.verifier == exchange.verifier
    users.record_attempt(state, pool, user, is_correct=is_proof and is_current)
    exchange.sign_in.has_password = True


def begin_user_auth(state: State, sign_in: SignIn, parameters: dict[str, str], token: str | None) -> Reply:
    """Reply to USER_AUTH. After ConfirmSignUp, its challenge session is enough."""
    if token is not None:
        session = state.challenge_sessions.find(token, sign_in.client)
        if session.challenge != SIGN_UP_CONFIRMED or session.sign_in.user is not sign_in.user:
            raise errors.invalid_challenge_session()
        session.used = True
        return continue_after_first_factor(state, sign_in)
    sign_in.first_factors = available_first_factors(sign_in.client.pool, sign_in.user)
    preferred = parameters.get("PREFERRED_CHALLENGE")
    if preferred is None or preferred not in sign_in.first_factors:
        return send_challenge(state, sign_in, "SELECT_CHALLENGE", {})
    return _ask_for_first_factor(state, sign_in, preferred, parameters)


def available_first_factors(pool: UserPool, user: User) -> list[str]:
    """Return the first factors that a user can choose from.

    If the user needs a new password, only the password is possible; if the user needs a second factor, only
    that and a passkey that counts as one.
    """
    factors = ["PASSWORD_SRP", "PASSWORD"] if user.password is not None else []
    if user.status == model.FORCE_CHANGE_PASSWORD:
        return factors
    passkeys = [webauthn.WEB_AUTHN] if webauthn.can_sign_in(pool, user) else []
    if needs_second_factor(pool, user):
        return [*factors, *passkeys]
    for factor in _CODE_FACTORS:
        has_address = user.attributes.get(model.ATTRIBUTE_BY_FACTOR[factor]) or not user.exists
        if factor in pool.first_factors and has_address:
            factors.append(factor)
    return [*factors, *passkeys]


def _ask_for_first_factor(state: State, sign_in: SignIn, factor: str, parameters: dict[str, str]) -> Reply:
    if factor in _CODE_FACTORS:
        address = sign_in.user.attributes.get(model.ATTRIBUTE_BY_FACTOR[factor])
        return send_code_challenge(state, sign_in, factor, address or _made_up_address(sign_in, factor))
    if factor == webauthn.WEB_AUTHN:
        return webauthn.send_passkey_challenge(state, sign_in)
    if factor == "PASSWORD" and parameters.get("PASSWORD"):
        return sign_in_with_password(state, sign_in, parameters["PASSWORD"])
    if factor == "PASSWORD_SRP" and parameters.get("SRP_A"):
        return send_password_verifier(state, sign_in, parameters["SRP_A"])
    return send_challenge(state, sign_in, factor, {"USER_ID_FOR_SRP": sign_in.user.username})


def _made_up_address(sign_in: SignIn, factor: str) -> str:
    """Return the address to which a code for an unknown name seems to go, always the same."""
    if factor == "EMAIL_OTP":
        return sign_in.username
    return f"+{uuid.UUID(sign_in.user.username).int % 10**11:011d}"


def answer_select_challenge(state: State, answer: Answer) -> Reply:
    """Answer SELECT_CHALLENGE. PASSWORD or SRP_A may come with it, which saves a round trip."""
    factor = answer.require("ANSWER")
    if factor not in answer.sign_in.first_factors:
        raise errors.invalid_parameter(f"{factor} is not an available challenge for the user.")
    return _ask_for_first_factor(state, answer.sign_in, factor, answer.responses)


def answer_password_srp(state: State, answer: Answer) -> Reply:
    """Answer PASSWORD_SRP with the first half of SRP."""
    return send_password_verifier(state, answer.sign_in, answer.require("SRP_A"))
