"""InitiateAuth and AdminInitiateAuth: how a sign-in begins, flow by flow."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator import custom_auth, first_factor, refresh_tokens, tokens
from tui_auth.emulator.after_password import after_first_factor
from tui_auth.emulator.app_clients import check_secret_hash
from tui_auth.emulator.challenges import Reply, required
from tui_auth.emulator.errors import invalid_parameter, not_authorized
from tui_auth.emulator.model import AppClient
from tui_auth.emulator.names import sign_in_user
from tui_auth.emulator.password_verifier import ask_password_verifier
from tui_auth.emulator.passwords import check_password
from tui_auth.emulator.sessions import SignIn
from tui_auth.emulator.standing import check_standing
from tui_auth.emulator.state import State

ADMIN_FLOWS = ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")
_ALLOWED_BY = {
    "USER_SRP_AUTH": ("ALLOW_USER_SRP_AUTH",),
    "USER_PASSWORD_AUTH": ("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
    "USER_AUTH": ("ALLOW_USER_AUTH",),
    "CUSTOM_AUTH": ("ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"),
    "REFRESH_TOKEN_AUTH": ("ALLOW_REFRESH_TOKEN_AUTH",),
    "ADMIN_USER_PASSWORD_AUTH": ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"),
}
_SAME_AS = {"REFRESH_TOKEN": "REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH"}


def initiate_auth(state: State, request: dict[str, Any]) -> Reply:
    """InitiateAuth."""
    if request["AuthFlow"] in ADMIN_FLOWS:
        raise invalid_parameter("Initiate Auth method not supported.")
    return _begin(state, state.client(request["ClientId"]), request)


def admin_initiate_auth(state: State, request: dict[str, Any]) -> Reply:
    """AdminInitiateAuth."""
    return _begin(state, state.client(request["ClientId"], request["UserPoolId"]), request)


def _begin(state: State, client: AppClient, request: dict[str, Any]) -> Reply:
    flow = _SAME_AS.get(request["AuthFlow"], request["AuthFlow"])
    if not client.allows(*_ALLOWED_BY[flow]) or (flow == "REFRESH_TOKEN_AUTH" and client.rotates):
        if flow in ADMIN_FLOWS:
            raise invalid_parameter("Auth flow not enabled for this client")
        raise invalid_parameter(f"{flow} flow not enabled for this client")
    parameters: dict[str, str] = request.get("AuthParameters", {})
    if flow == "REFRESH_TOKEN_AUTH":
        return _refresh(state, client, parameters)
    typed = required(parameters, "USERNAME")
    check_secret_hash(client, typed, parameters.get("SECRET_HASH"))
    for key in _needed(flow, parameters):
        required(parameters, key)
    user = sign_in_user(state, client, typed)
    sign_in = SignIn(client, user, flow, typed, device_key=parameters.get("DEVICE_KEY") or None)
    if flow == "USER_SRP_AUTH":
        if not user.enabled:
            raise not_authorized("User is disabled.")
        return ask_password_verifier(state, sign_in, parameters["SRP_A"])
    check_standing(user)
    if flow == "USER_AUTH":
        return first_factor.begin(state, sign_in, parameters, request.get("Session"))
    if flow == "CUSTOM_AUTH":
        return custom_auth.begin(state, sign_in, parameters)
    check_password(state, client.pool, user, parameters["PASSWORD"])
    sign_in.has_password = True
    return after_first_factor(state, sign_in)


def _needed(flow: str, parameters: dict[str, str]) -> tuple[str, ...]:
    if flow == "USER_SRP_AUTH" or (flow == "CUSTOM_AUTH" and parameters.get("CHALLENGE_NAME") == "SRP_A"):
        return ("SRP_A",)
    return ("PASSWORD",) if flow in ("USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH") else ()


def _refresh(state: State, client: AppClient, parameters: dict[str, str]) -> Reply:
    token = required(parameters, "REFRESH_TOKEN")
    held = state.grants.get(token)
    # The hash is over the real user name, never an alias.
    if held is not None or "SECRET_HASH" not in parameters:
        check_secret_hash(client, held.user.username if held else "", parameters.get("SECRET_HASH"))
    used = refresh_tokens.use(state, client, token, parameters.get("DEVICE_KEY") or None)
    return {"ChallengeParameters": {}, "AuthenticationResult": tokens.signed_tokens(state, used)}
