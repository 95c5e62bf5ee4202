"""SignUp, ConfirmSignUp, ResendConfirmationCode."""

from __future__ import annotations

import uuid
from typing import Any

from tui_auth.emulator import attributes, codes
from tui_auth.emulator.app_clients import check_secret_hash
from tui_auth.emulator.errors import (
    PoolError,
    expired_code,
    invalid_parameter,
    not_authorized,
    user_not_found,
)
from tui_auth.emulator.first_factor import SIGN_UP_CONFIRMED, SIGNED_UP
from tui_auth.emulator.messages import delivery_details
from tui_auth.emulator.model import CONFIRMED, UNCONFIRMED, AppClient, User, UserPool
from tui_auth.emulator.names import claim_alias, find_user
from tui_auth.emulator.passwords import check_policy, set_password
from tui_auth.emulator.sessions import SignIn
from tui_auth.emulator.state import State

"""What the session of SignUp waits for: ConfirmSignUp."""

_CONTACTS = ("phone_number", "email")


def sign_up(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """SignUp: a new user, not confirmed, and a code on its way where the pool verifies addresses."""
    client, name, pool = _client_and_name(state, request)
    if pool.settings["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly"):
        raise not_authorized("SignUp is not permitted for this user pool")
    given = attributes.from_list(request.get("UserAttributes", ()))
    attributes.check_writable(client, given)
    given = check_new_user(pool, name, given)
    attributes.check_required(pool, given)
    for attribute, value in given.items():
        claim_alias(pool, None, attribute, value)
    words = request.get("Password")
    if words is not None:
        check_policy(pool, words)
    elif not signs_in_without_password(pool):
        raise invalid_parameter("Missing required parameter Password")
    user = add_user(state, pool, name, given)
    if words is not None:
        set_password(state, pool, user, words, permanent=True)
        user.status = UNCONFIRMED
    reply: dict[str, Any] = {"UserConfirmed": False, "UserSub": user.sub}
    attribute_name = _contact(pool, user)
    if attribute_name:
        reply["CodeDeliveryDetails"] = codes.send(state, pool, user, codes.SIGN_UP, attribute_name)
    if client.allows("ALLOW_USER_AUTH"):
        reply["Session"] = state.sessions.open(SignIn(client, user, "USER_AUTH", name), SIGNED_UP).token
    return reply


def confirm_sign_up(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ConfirmSignUp; where the client allows USER_AUTH, with a session that signs in without a prompt.

    SignUp's session may come along, but need not: amplify-js leaves it out.
    """
    client, name, pool = _client_and_name(state, request)
    user = find_user(pool, name)
    if user is None:
        if client.hides_users:
            raise expired_code()
        raise user_not_found("Username/client id combination not found.")
    state.limits.count("ConfirmSignUp", pool.id, user.username)
    if user.status != UNCONFIRMED:
        raise not_authorized(f"User cannot be confirmed. Current status is {user.status}")
    code = codes.check(state, pool, user, codes.SIGN_UP, request["ConfirmationCode"])
    force = bool(request.get("ForceAliasCreation"))
    claim_alias(pool, user, code.attribute, user.attributes.get(code.attribute, ""), force=force)
    session = state.sessions.find(request["Session"], client) if "Session" in request else None
    if session is not None and (session.challenge != SIGNED_UP or session.sign_in.user is not user):
        raise not_authorized("Invalid session for the user.")
    codes.spend(state, pool, user, codes.SIGN_UP)
    if user.attributes.get(code.attribute) == code.destination:
        user.attributes[f"{code.attribute}_verified"] = "true"
    user.status = CONFIRMED
    user.modified = state.clock.now()
    if session is not None:
        state.sessions.spend(session)
    if not client.allows("ALLOW_USER_AUTH"):
        return {}
    sign_in = SignIn(client, user, "USER_AUTH", name)
    return {"Session": state.sessions.open(sign_in, SIGN_UP_CONFIRMED).token}


def resend_confirmation_code(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ResendConfirmationCode. With PreventUserExistenceErrors an unknown name looks like a known one."""
    client, name, pool = _client_and_name(state, request)
    user = find_user(pool, name)
    if user is None:
        if client.hides_users:
            return {"CodeDeliveryDetails": delivery_details("EMAIL", name)}
        raise user_not_found("Username/client id combination not found.")
    if user.status != UNCONFIRMED:
        raise invalid_parameter("User is already confirmed.")
    attribute = _contact(pool, user)
    if attribute is None:
        raise PoolError("CodeDeliveryFailureException", "Unable to deliver code to user")
    state.limits.count("ResendConfirmationCode", pool.id, user.username)
    return {"CodeDeliveryDetails": codes.send(state, pool, user, codes.SIGN_UP, attribute)}


def signs_in_without_password(pool: UserPool) -> bool:
    """Whether a code by e-mail or SMS can be the first factor."""
    return bool(
        {"EMAIL_OTP", "SMS_OTP"} & set(pool.settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"])
    )


def check_new_user(pool: UserPool, name: str, given: dict[str, str]) -> dict[str, str]:
    """The attributes of a user about to be created; a sign-in attribute is taken from the name.

    Raises InvalidParameterException for a name or an attribute in a wrong form, UsernameExistsException
    for a name that is taken.
    """
    kinds = pool.name_attributes
    if kinds:
        attribute = _kind_of_name(kinds, name)
        given = {**given, attribute: name}
    elif pool.fold(name) in pool.users:
        raise PoolError("UsernameExistsException", "User already exists")
    aliases = pool.settings.get("AliasAttributes", ())
    if "email" in aliases and attributes.looks_like_email(name):
        raise invalid_parameter(
            "Username cannot be of email format, since user pool is configured for email alias."
        )
    if "phone_number" in aliases and attributes.looks_like_phone(name):
        raise invalid_parameter(
            "Username cannot be of phone number format, since user pool is configured for phone number alias."
        )
    attributes.check_schema(pool, given)
    return given


def _kind_of_name(kinds: list[str], name: str) -> str:
    if "email" in kinds and attributes.looks_like_email(name):
        return "email"
    if "phone_number" in kinds and attributes.looks_like_phone(name):
        return "phone_number"
    if kinds == ["email"]:
        raise invalid_parameter("Username should be an email.")
    if kinds == ["phone_number"]:
        raise invalid_parameter("Username should be a phone number.")
    raise invalid_parameter("Username should be either an email or a phone number.")


def add_user(state: State, pool: UserPool, name: str, given: dict[str, str]) -> User:
    """Create a user; where people sign in with an address, the user name is the UUID."""
    sub = str(uuid.uuid4())
    now = state.clock.now()
    flags = {
        f"{name}_verified": "false" for name in _CONTACTS if name in given and f"{name}_verified" not in given
    }
    username = sub if pool.name_attributes else name
    user = User(username, sub, now, {**given, **flags}, modified=now)
    pool.users[pool.fold(username)] = user
    return user


def _contact(pool: UserPool, user: User) -> str | None:
    """Where the code of a sign-up goes: a phone number before an e-mail address, if the pool verifies it."""
    verifies = pool.settings.get("AutoVerifiedAttributes", ())
    return next((name for name in _CONTACTS if name in verifies and user.attributes.get(name)), None)


def _client_and_name(state: State, request: dict[str, Any]) -> tuple[AppClient, str, UserPool]:
    client = state.client(request["ClientId"])
    check_secret_hash(client, request["Username"], request.get("SecretHash"))
    return client, request["Username"], client.pool
