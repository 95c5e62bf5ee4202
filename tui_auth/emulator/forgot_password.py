"""ForgotPassword and ConfirmForgotPassword."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator import codes
from tui_auth.emulator.app_clients import check_secret_hash
from tui_auth.emulator.errors import PoolError, code_mismatch, expired_code, not_authorized, user_not_found
from tui_auth.emulator.messages import delivery_details
from tui_auth.emulator.model import FORCE_CHANGE_PASSWORD, UNCONFIRMED, AppClient, User
from tui_auth.emulator.names import find_user
from tui_auth.emulator.passwords import check_policy, set_password
from tui_auth.emulator.state import State

NO_SUCH_USER = "Username/client id combination not found."


def forgot_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ForgotPassword: a code to a verified address. An unknown name may look like a known one."""
    client, name = _client_and_name(state, request)
    user = find_user(client.pool, name)
    if user is None:
        if client.hides_users:
            return {"CodeDeliveryDetails": delivery_details("EMAIL", name)}
        raise user_not_found(NO_SUCH_USER)
    if not user.enabled:
        if client.hides_users:
            return {"CodeDeliveryDetails": delivery_details("EMAIL", name)}
        raise not_authorized("User is disabled.")
    return {"CodeDeliveryDetails": send_reset_code(state, client, user)}


def send_reset_code(state: State, client: AppClient, user: User) -> dict[str, str]:
    """Send the code for a new password, counted against the hourly limit."""
    check_resettable(user)
    attribute = codes.recovery_attribute(client.pool, user)
    state.limits.count("ForgotPassword", client.pool.id, user.username)
    return codes.send(state, client.pool, user, codes.FORGOT_PASSWORD, attribute)


def check_resettable(user: User) -> None:
    """NotAuthorizedException for a user who still has a temporary password."""
    if user.status == FORCE_CHANGE_PASSWORD:
        raise not_authorized("User password cannot be reset in the current state.")


def confirm_forgot_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ConfirmForgotPassword: code and new password. A password that is refused does not use up the code."""
    client, name = _client_and_name(state, request)
    pool, user = client.pool, find_user(client.pool, name)
    if user is None or not user.enabled:
        if client.hides_users:
            raise code_mismatch()
        if user is None:
            raise user_not_found(NO_SUCH_USER)
        raise not_authorized("User is disabled.")
    if user.status == UNCONFIRMED:
        raise PoolError("UserNotConfirmedException", "User is not confirmed.")
    if user.status == FORCE_CHANGE_PASSWORD:
        raise expired_code()
    state.limits.count("ForgotPassword", pool.id, user.username)
    codes.check(state, pool, user, codes.FORGOT_PASSWORD, request["ConfirmationCode"])
    check_policy(pool, request["Password"])
    set_password(state, pool, user, request["Password"], permanent=True)
    codes.spend(state, pool, user, codes.FORGOT_PASSWORD)
    state.lockout.succeeded(pool.id, user.username)
    return {}


def _client_and_name(state: State, request: dict[str, Any]) -> tuple[AppClient, str]:
    client = state.client(request["ClientId"])
    check_secret_hash(client, request["Username"], request.get("SecretHash"))
    return client, request["Username"]
