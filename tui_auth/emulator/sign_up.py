"""Sign-up: SignUp, ConfirmSignUp, ResendConfirmationCode, and the rules for new users."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tui_auth.emulator import attributes
from tui_auth.emulator.attributes import claim_alias, find_user
from tui_auth.emulator.errors import (
    CognitoError,
    expired_code,
    invalid_challenge_session,
    invalid_parameter,
    missing_parameter,
    not_authorized,
    user_not_found,
)
from tui_auth.emulator.first_factor import (
    NO_SUCH_USER,
    SIGN_UP_CONFIRMED,
    SIGNED_UP,
    check_policy,
    set_password,
)
from tui_auth.emulator.messages import SIGN_UP, delivery_details
from tui_auth.emulator.model import CONFIRMED, UNCONFIRMED, SignIn, User, UserPool
from tui_auth.emulator.user_pools import client_and_username

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

_CONTACTS = ("phone_number", "email")


def sign_up(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve SignUp: create an unconfirmed user and, if the pool verifies addresses, send a code."""
    client, name = client_and_username(state, request)
    pool = client.pool
    if pool.settings["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly"):
        raise not_authorized("SignUp is not permitted for this user pool")
    values = attributes.parse_attributes(request.get("UserAttributes", ()))
    attributes.check_writable(client, values)
    values = check_new_user(pool, name, values)
    attributes.check_required(pool, values)
    for attribute, value in values.items():
        claim_alias(pool, None, attribute, value)
    password = request.get("Password")
    if password is not None:
        check_policy(pool, password)
    elif not allows_sign_in_without_password(pool):
        raise missing_parameter("Password")
    user = add_user(state, pool, name, values)
    if password is not None:
        set_password(state, pool, user, password, permanent=True)
        user.status = UNCONFIRMED
    reply: dict[str, Any] = {"UserConfirmed": False, "UserSub": user.sub}
    contact = _contact(pool, user)
    if contact:
        reply["CodeDeliveryDetails"] = state.codes.send(pool, user, SIGN_UP, contact)
    if client.allows("ALLOW_USER_AUTH"):
        sign_in = SignIn(client, user, "USER_AUTH", name)
        reply["Session"] = state.challenge_sessions.open(sign_in, SIGNED_UP).token
    return reply


def confirm_sign_up(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ConfirmSignUp.

    If the client allows USER_AUTH, the reply has a challenge session that signs the user in.

    SignUp's challenge session is optional, because amplify-js leaves it out.
    """
    client, name = client_and_username(state, request)
    pool = client.pool
    user = find_user(pool, name)
    if user is None:
        raise expired_code() if client.hides_users else user_not_found(NO_SUCH_USER)
    state.limits.count("ConfirmSignUp", pool, user)
    check_unconfirmed(user)
    code = state.codes.check(pool, user, SIGN_UP, request["ConfirmationCode"])
    force = bool(request.get("ForceAliasCreation"))
    claim_alias(pool, user, code.attribute, user.attributes.get(code.attribute, ""), force=force)
    session = state.challenge_sessions.find(request["Session"], client) if "Session" in request else None
    if session is not None and (session.challenge != SIGNED_UP or session.sign_in.user is not user):
        raise invalid_challenge_session()
    state.codes.discard(pool, user, SIGN_UP)
    if user.attributes.get(code.attribute) == code.destination:
        user.attributes[f"{code.attribute}_verified"] = "true"
    user.status = CONFIRMED
    user.modified = state.clock.now()
    if session is not None:
        state.challenge_sessions.spend(session)
    if not client.allows("ALLOW_USER_AUTH"):
        return {}
    sign_in = SignIn(client, user, "USER_AUTH", name)
    return {"Session": state.challenge_sessions.open(sign_in, SIGN_UP_CONFIRMED).token}


def check_unconfirmed(user: User) -> None:
    """Raise NotAuthorizedException unless the user's sign-up waits for its confirmation."""
    if user.status != UNCONFIRMED:
        raise not_authorized(f"User cannot be confirmed. Current status is {user.status}")


def resend_confirmation_code(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ResendConfirmationCode.

    With PreventUserExistenceErrors an unknown name looks like a known one.
    """
    client, name = client_and_username(state, request)
    pool = client.pool
    user = find_user(pool, name)
    if user is None:
        if client.hides_users:
            return {"CodeDeliveryDetails": delivery_details("EMAIL", name)}
        raise user_not_found(NO_SUCH_USER)
    if user.status != UNCONFIRMED:
        raise invalid_parameter("User is already confirmed.")
    contact = _contact(pool, user)
    if contact is None:
        raise CognitoError("CodeDeliveryFailureException", "Unable to deliver code to user")
    state.limits.count("ResendConfirmationCode", pool, user)
    return {"CodeDeliveryDetails": state.codes.send(pool, user, SIGN_UP, contact)}


def allows_sign_in_without_password(pool: UserPool) -> bool:
    """Return whether a code by email or SMS can be the first factor."""
    return bool({"EMAIL_OTP", "SMS_OTP"} & set(pool.first_factors))


def check_new_user(pool: UserPool, name: str, values: dict[str, str]) -> dict[str, str]:
    """Return the attributes of a new user, with the sign-in attribute taken from the name.

    Raises:
        CognitoError: InvalidParameterException for a malformed name or attribute, UsernameExistsException
            for the name of another user.
    """
    if pool.username_attributes:
        values = {**values, _username_attribute(pool.username_attributes, name): name}
    elif pool.fold(name) in pool.users:
        raise CognitoError("UsernameExistsException", "User already exists")
    aliases = pool.settings.get("AliasAttributes", ())
    if "email" in aliases and attributes.is_email(name):
        raise invalid_parameter(
            "Username cannot be of email format, since user pool is configured for email alias."
        )
    if "phone_number" in aliases and attributes.is_phone_number(name):
        raise invalid_parameter(
            "Username cannot be of phone number format, since user pool is configured for phone number alias."
        )
    attributes.check_schema(pool, values)
    return values


def _username_attribute(possible: list[str], name: str) -> str:
    if "email" in possible and attributes.is_email(name):
        return "email"
    if "phone_number" in possible and attributes.is_phone_number(name):
        return "phone_number"
    if possible == ["email"]:
        raise invalid_parameter("Username should be an email.")
    if possible == ["phone_number"]:
        raise invalid_parameter("Username should be a phone number.")
    raise invalid_parameter("Username should be either an email or a phone number.")


def add_user(state: State, pool: UserPool, name: str, values: dict[str, str]) -> User:
    """Create a user. If users sign in with an address, the user name is the UUID."""
    sub = str(uuid.uuid4())
    now = state.clock.now()
    flags = {
        f"{contact}_verified": "false"
        for contact in _CONTACTS
        if contact in values and f"{contact}_verified" not in values
    }
    username = sub if pool.username_attributes else name
    user = User(username, sub, now, {**values, **flags}, modified=now)
    pool.users[pool.fold(username)] = user
    return user


def _contact(pool: UserPool, user: User) -> str | None:
    """Return the attribute for a sign-up code: a phone number or else an email."""
    verified = pool.settings.get("AutoVerifiedAttributes", ())
    return next((name for name in _CONTACTS if name in verified and user.attributes.get(name)), None)
