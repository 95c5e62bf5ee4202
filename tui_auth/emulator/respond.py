"""RespondToAuthChallenge and AdminRespondToAuthChallenge: whose answer it is, and who judges it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui_auth.emulator import custom_auth, device_srp, first_factor, mfa, new_password
from tui_auth.emulator.after_password import adopt_device
from tui_auth.emulator.app_clients import check_secret_hash
from tui_auth.emulator.challenges import Answer, Reply, required
from tui_auth.emulator.errors import invalid_parameter, not_authorized
from tui_auth.emulator.member_shapes import CHALLENGES
from tui_auth.emulator.model import AppClient
from tui_auth.emulator.names import gone, means
from tui_auth.emulator.password_verifier import PASSWORD_VERIFIER, answer_without_session
from tui_auth.emulator.shapes import enum_fault
from tui_auth.emulator.standing import check_standing
from tui_auth.emulator.state import State

Judge = Callable[[State, Answer], Reply]

JUDGES: dict[str, Judge] = {
    "SMS_MFA": mfa.answer_code,
    "EMAIL_OTP": mfa.answer_code,
    "SMS_OTP": mfa.answer_code,
    "SOFTWARE_TOKEN_MFA": mfa.answer_software_token,
    "SELECT_MFA_TYPE": mfa.answer_selection,
    "MFA_SETUP": mfa.answer_setup,
    "NEW_PASSWORD_REQUIRED": new_password.answer,
    "PASSWORD_VERIFIER": first_factor.answer_verifier,
    "PASSWORD": first_factor.answer_password,
    "PASSWORD_SRP": first_factor.answer_password_srp,
    "SELECT_CHALLENGE": first_factor.answer_selection,
    "CUSTOM_CHALLENGE": custom_auth.answer,
    "DEVICE_SRP_AUTH": device_srp.answer_srp,
    "DEVICE_PASSWORD_VERIFIER": device_srp.answer_verifier,
}


def respond_to_auth_challenge(state: State, request: dict[str, Any]) -> Reply:
    """RespondToAuthChallenge."""
    if request["ChallengeName"] == "ADMIN_NO_SRP_AUTH":
        raise invalid_parameter("Challenge method not supported.")
    return _respond(state, state.client(request["ClientId"]), request)


def admin_respond_to_auth_challenge(state: State, request: dict[str, Any]) -> Reply:
    """AdminRespondToAuthChallenge."""
    return _respond(state, state.client(request["ClientId"], request["UserPoolId"]), request)


def _respond(state: State, client: AppClient, request: dict[str, Any]) -> Reply:
    challenge: str = request["ChallengeName"]
    responses: dict[str, str] = request.get("ChallengeResponses", {})
    token = request.get("Session")
    is_sign_up = challenge in (first_factor.SIGNED_UP, first_factor.SIGN_UP_CONFIRMED)
    waits = token is not None and not is_sign_up and state.sessions.awaits(token, challenge)
    if challenge not in CHALLENGES and not waits:
        raise enum_fault(challenge, "challengeName", CHALLENGES)
    username = required(responses, "USERNAME")
    check_secret_hash(client, username, responses.get("SECRET_HASH"))
    if challenge == PASSWORD_VERIFIER and token is None:
        return answer_without_session(state, client, responses)
    session = state.sessions.find(token, client)
    sign_in = session.sign_in
    if session.challenge != challenge or not means(client.pool, sign_in.user, sign_in.typed, username):
        raise not_authorized("Invalid session for the user.")
    if sign_in.user.exists:
        if not client.pool.holds(sign_in.user):
            raise gone(client)
        check_standing(sign_in.user)
    adopt_device(sign_in, responses)
    judge = JUDGES.get(challenge, custom_auth.answer)
    # Used while it is judged: a trigger may run, and lets others in.
    with state.sessions.spending(session):
        return judge(state, Answer(session, responses, request.get("ClientMetadata", {})))
