"""Sign-in: InitiateAuth, RespondToAuthChallenge, and both of them for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.emulator import custom_auth, first_factor, mfa
from tui_auth.emulator.attributes import check_user_status, is_same_user, user_deleted, user_for_sign_in
from tui_auth.emulator.challenges import Answer, Reply, adopt_device_key, continue_after_first_factor, require
from tui_auth.emulator.errors import invalid_challenge_session, invalid_parameter, not_authorized
from tui_auth.emulator.model import AppClient, SignIn
from tui_auth.emulator.service_model import challenge_names, unknown_challenge
from tui_auth.emulator.tokens import redeem_refresh_token, signed_tokens
from tui_auth.emulator.user_pools import check_secret_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.emulator.state import State

ADMIN_FLOWS = ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")
_EXPLICIT_FLOWS = {
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH",),
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
    "USER_AUTH": ("ALLOW_USER_AUTH",),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH",),
    "ADMIN_USER_PASSWORD_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"),
}
"""The ExplicitAuthFlows that allow each flow."""

_FLOW_SYNONYMS = {"REFRESH_TOKEN": "REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH"}


def initiate_auth(state: State, request: dict[str, Any]) -> Reply:
    if request["AuthFlow"] in ADMIN_FLOWS:
        raise invalid_parameter("Initiate Auth method not supported.")
    return _begin(state, state.client(request["ClientId"]), request)


def admin_initiate_auth(state: State, request: dict[str, Any]) -> Reply:
    return _begin(state, state.client(request["ClientId"], request["UserPoolId"]), request)


def _begin(state: State, client: AppClient, request: dict[str, Any]) -> Reply:
    flow = _FLOW_SYNONYMS.get(request["AuthFlow"], request["AuthFlow"])
    is_refresh = flow == "REFRESH_TOKEN_AUTH"
    if not client.allows(*_EXPLICIT_FLOWS[flow]) or (is_refresh and client.rotates_refresh_tokens):
        if flow in ADMIN_FLOWS:
            raise invalid_parameter("Auth flow not enabled for this client")
        raise invalid_parameter(f"{flow} flow not enabled for this client")
    parameters: dict[str, str] = request.get("AuthParameters", {})
    if is_refresh:
        return _refresh(state, client, parameters)
    username = require(parameters, "USERNAME")
    check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    if flow == "USER_SRP_AUTH" or (flow == "CUSTOM_AUTH" and parameters.get("CHALLENGE_NAME") == "SRP_A"):
        require(parameters, "SRP_A")
    elif flow in ("USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH"):
        require(parameters, "PASSWORD")
    user = user_for_sign_in(state, client, username)
    sign_in = SignIn(client, user, flow, username, device_key=parameters.get("DEVICE_KEY") or None)
    if flow == "USER_SRP_AUTH":
        if not user.enabled:
            raise not_authorized("User is disabled.")
        return first_factor.send_password_verifier(state, sign_in, parameters["SRP_A"])
    check_user_status(user)
    if flow == "USER_AUTH":
        return first_factor.begin_user_auth(state, sign_in, parameters, request.get("Session"))
    if flow == "CUSTOM_AUTH":
        return custom_auth.begin_custom_auth(state, sign_in, parameters)
    first_factor.check_password(state, client.pool, user, parameters["PASSWORD"])
    sign_in.has_password = True
    return continue_after_first_factor(state, sign_in)


def _refresh(state: State, client: AppClient, parameters: dict[str, str]) -> Reply:
    token = require(parameters, "REFRESH_TOKEN")
    grant = state.grants.get(token)
    # The hash is that of the real user name, never of an alias.
    if grant is not None or "SECRET_HASH" not in parameters:
        check_secret_hash(client, grant.user.username if grant else "", parameters.get("SECRET_HASH"))
    grant = redeem_refresh_token(state, client, token, parameters.get("DEVICE_KEY") or None)
    return {"ChallengeParameters": {}, "AuthenticationResult": signed_tokens(state, grant)}


def respond_to_auth_challenge(state: State, request: dict[str, Any]) -> Reply:
    if request["ChallengeName"] == "ADMIN_NO_SRP_AUTH":
        raise invalid_parameter("Challenge method not supported.")
    return _respond(state, state.client(request["ClientId"]), request)


def admin_respond_to_auth_challenge(state: State, request: dict[str, Any]) -> Reply:
    return _respond(state, state.client(request["ClientId"], request["UserPoolId"]), request)


def _answer_password_verifier(state: State, answer: Answer) -> Reply:
    """Answer PASSWORD_VERIFIER with a challenge session, in CUSTOM_AUTH or USER_AUTH."""
    first_factor.verify_password_claim(state, answer)
    if answer.sign_in.flow == "CUSTOM_AUTH":
        return custom_auth.continue_after_factor(state, answer)
    return continue_after_first_factor(state, answer.sign_in)


ANSWER_HANDLERS: dict[str, Callable[[State, Answer], Reply]] = {
    "SMS_MFA": mfa.answer_code,
    "EMAIL_OTP": mfa.answer_code,
    "SMS_OTP": mfa.answer_code,
    "SOFTWARE_TOKEN_MFA": mfa.answer_software_token,
    "SELECT_MFA_TYPE": mfa.answer_select_mfa_type,
    "MFA_SETUP": mfa.answer_mfa_setup,
    "NEW_PASSWORD_REQUIRED": first_factor.answer_new_password_required,
    "PASSWORD_VERIFIER": _answer_password_verifier,
    "PASSWORD": first_factor.answer_password,
    "PASSWORD_SRP": first_factor.answer_password_srp,
    "SELECT_CHALLENGE": first_factor.answer_select_challenge,
    "CUSTOM_CHALLENGE": custom_auth.answer_custom_challenge,
    "DEVICE_SRP_AUTH": mfa.answer_device_srp_auth,
    "DEVICE_PASSWORD_VERIFIER": mfa.answer_device_password_verifier,
}
"""The function that answers each challenge. custom_auth answers challenges that aren't in the model."""


def _respond(state: State, client: AppClient, request: dict[str, Any]) -> Reply:
    challenge: str = request["ChallengeName"]
    responses: dict[str, str] = request.get("ChallengeResponses", {})
    token = request.get("Session")
    is_sign_up = challenge in (first_factor.SIGNED_UP, first_factor.SIGN_UP_CONFIRMED)
    is_due = token is not None and not is_sign_up and state.challenge_sessions.is_for(token, challenge)
    if challenge not in challenge_names() and not is_due:
        raise unknown_challenge(challenge)
    username = require(responses, "USERNAME")
    check_secret_hash(client, username, responses.get("SECRET_HASH"))
    if challenge == first_factor.PASSWORD_VERIFIER and token is None:
        return first_factor.answer_without_challenge_session(state, client, responses)
    session = state.challenge_sessions.find(token, client)
    sign_in = session.sign_in
    if session.challenge != challenge or not is_same_user(
        client.pool, sign_in.user, sign_in.username, username
    ):
        raise invalid_challenge_session()
    if sign_in.user.exists:
        if not client.pool.contains(sign_in.user):
            raise user_deleted(client)
        check_user_status(sign_in.user)
    adopt_device_key(sign_in, responses)
    answer = Answer(session, responses, request.get("ClientMetadata", {}))
    handler = ANSWER_HANDLERS.get(challenge, custom_auth.answer_custom_challenge)
    # The session counts as used while the handler runs, because a trigger releases the lock.
    with state.challenge_sessions.spending(session):
        return handler(state, answer)
