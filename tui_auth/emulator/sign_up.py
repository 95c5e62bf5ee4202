"""Sign-up, invitations and forgotten passwords: what happens before a user signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.emulator import errors, model, users
from tui_auth.emulator.first_factor import SIGN_UP_CONFIRMED, SIGNED_UP
from tui_auth.emulator.model import AppClient, SignIn, User, UserPool
from tui_auth.emulator.pools import client_and_username
from tui_auth.emulator.state import FORGOT_PASSWORD, SIGN_UP, delivery_details
from tui_auth.emulator.triggers import (
    event_attributes,
    is_configured,
    read_flag,
    read_strings,
    run_trigger,
    unrecognizable_output,
)

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

_CONTACTS = ("phone_number", "email")
_ARTICLES = {"email": "an email", "phone_number": "a phone number"}


def sign_up(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve SignUp: create an unconfirmed user and, if the pool verifies addresses, send a code."""
    client, name = client_and_username(state, request)
    pool = client.pool
    if pool.settings["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly"):
        raise errors.not_authorized("SignUp is not permitted for this user pool")
    values = users.parse_attributes(request.get("UserAttributes", ()))
    users.check_writable(client, values)
    values = _check_new_user(pool, name, values, "User already exists")
    users.check_required(pool, values)
    users.claim_aliases(pool, None, values)
    password = request.get("Password")
    if password is not None:
        users.check_policy(pool, password)
    elif not _allows_sign_in_without_password(pool):
        raise errors.missing_parameter("Password")
    user = _new_user(state, pool, name, values)
    response = _run_pre_sign_up(state, pool, user, values, request, client)
    is_confirmed, trusted = read_flag(response, "autoConfirmUser"), _trusted_addresses(user, response)
    _add_user(pool, name, user, "User already exists")
    if password is not None:
        users.set_password(state, pool, user, password, permanent=True)
        user.status = model.UNCONFIRMED
    for attribute in trusted:
        # An alias of another user moves here.
        users.claim_alias(pool, user, attribute, user.attributes[attribute], force=True)
        user.attributes[f"{attribute}_verified"] = "true"
    if is_confirmed:
        _confirm(state, pool, user, request, client)
        return {"UserConfirmed": True, "UserSub": user.sub}
    reply: dict[str, Any] = {"UserConfirmed": False, "UserSub": user.sub}
    contact = _contact(pool, user)
    if contact:
        reply["CodeDeliveryDetails"] = state.codes.send(pool, user, SIGN_UP, contact)
    return {**reply, **_open_session(state, client, user, name, SIGNED_UP)}


def _run_pre_sign_up(
    state: State,
    pool: UserPool,
    user: User,
    values: dict[str, str],
    request: dict[str, Any],
    client: AppClient | None = None,
) -> dict[str, Any]:
    event = {
        "userAttributes": values,
        "validationData": users.parse_attributes(request.get("ValidationData", ())),
    }
    source = f"PreSignUp_{'SignUp' if client else 'AdminCreateUser'}"
    metadata = request.get("ClientMetadata")
    return run_trigger(state, pool, source, user, event, client=client, metadata=metadata)


def _trusted_addresses(user: User, response: dict[str, Any]) -> list[str]:
    """Return the attributes that need no verification; the user must have them."""
    flags = {"autoVerifyEmail": "email", "autoVerifyPhone": "phone_number"}
    trusted = [attribute for flag, attribute in flags.items() if read_flag(response, flag)]
    if not all(user.attributes.get(attribute) for attribute in trusted):
        raise unrecognizable_output()
    return trusted


def _confirm(
    state: State, pool: UserPool, user: User, request: dict[str, Any], client: AppClient | None
) -> None:
    """Confirm a sign-up and run the trigger after it, whose error doesn't undo it."""
    user.status = model.CONFIRMED
    user.modified = state.clock.now()
    _run_post_confirmation(state, pool, user, "ConfirmSignUp", request, client)


def _run_post_confirmation(
    state: State,
    pool: UserPool,
    user: User,
    source: str,
    request: dict[str, Any],
    client: AppClient | None,
) -> None:
    event = {"userAttributes": event_attributes(user)}
    metadata = request.get("ClientMetadata")
    run_trigger(state, pool, f"PostConfirmation_{source}", user, event, client=client, metadata=metadata)


def _open_session(state: State, client: AppClient, user: User, name: str, purpose: str) -> dict[str, Any]:
    """Return a challenge session that lets USER_AUTH continue the sign-up, if the client allows it."""
    if not client.allows("ALLOW_USER_AUTH"):
        return {}
    sign_in = SignIn(client, user, "USER_AUTH", name)
    return {"Session": state.challenge_sessions.open(sign_in, purpose).token}


def confirm_sign_up(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ConfirmSignUp. SignUp's challenge session is optional, because amplify-js leaves it out."""
    client, name = client_and_username(state, request)
    pool = client.pool
    user = users.find_user(pool, name)
    if user is None:
        raise errors.expired_code() if client.hides_users else _no_such_user()
    state.limits.count("ConfirmSignUp", pool, user)
    _check_unconfirmed(user)
    code = state.codes.check(pool, user, SIGN_UP, request["ConfirmationCode"])
    force = bool(request.get("ForceAliasCreation"))
    users.claim_alias(pool, user, code.attribute, user.attributes.get(code.attribute, ""), force=force)
    session = state.challenge_sessions.find(request["Session"], client) if "Session" in request else None
    if session is not None and (session.challenge != SIGNED_UP or session.sign_in.user is not user):
        raise errors.invalid_challenge_session()
    state.codes.discard(pool, user, SIGN_UP)
    if user.attributes.get(code.attribute) == code.destination:
        user.attributes[f"{code.attribute}_verified"] = "true"
    if session is not None:
        session.used = True
    _confirm(state, pool, user, request, client)
    return _open_session(state, client, user, name, SIGN_UP_CONFIRMED)


def admin_confirm_sign_up(state: State, request: dict[str, Any]) -> None:
    pool = state.pool(request["UserPoolId"])
    user = users.require_user(pool, request["Username"])
    _check_unconfirmed(user)
    _confirm(state, pool, user, request, None)


def _check_unconfirmed(user: User) -> None:
    if user.status != model.UNCONFIRMED:
        raise errors.not_authorized(f"User cannot be confirmed. Current status is {user.status}")


def _no_such_user() -> errors.CognitoError:
    return errors.user_not_found("Username/client id combination not found.")


def resend_confirmation_code(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ResendConfirmationCode. A client that hides users replies to any name alike."""
    client, name = client_and_username(state, request)
    pool = client.pool
    user = users.find_user(pool, name)
    if user is None:
        if client.hides_users:
            return {"CodeDeliveryDetails": delivery_details("EMAIL", name)}
        raise _no_such_user()
    if user.status != model.UNCONFIRMED:
        raise errors.invalid_parameter("User is already confirmed.")
    contact = _contact(pool, user)
    if contact is None:
        raise errors.CognitoError("CodeDeliveryFailureException", "Unable to deliver code to user")
    state.limits.count("ResendConfirmationCode", pool, user)
    return {"CodeDeliveryDetails": state.codes.send(pool, user, SIGN_UP, contact)}


def admin_create_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve AdminCreateUser. If a code can be the first factor, the password is optional."""
    pool = state.pool(request["UserPoolId"])
    name, password = request["Username"], request.get("TemporaryPassword")
    if request.get("MessageAction") == "RESEND":
        user = users.require_user(pool, name)
        if user.status != model.FORCE_CHANGE_PASSWORD:
            raise errors.CognitoError(
                "UnsupportedUserStateException",
                "Resend not possible. The user is not in FORCE_CHANGE_PASSWORD state.",
            )
        _invite(state, pool, user, request)
        return {"User": users.describe_user(user)}
    values = users.parse_attributes(request.get("UserAttributes", ()))
    values = _check_new_user(pool, name, values, "User account already exists")
    users.claim_aliases(pool, None, values, force=bool(request.get("ForceAliasCreation")))
    if password is not None:
        users.check_policy(pool, password)
    user = _new_user(state, pool, name, values)
    _run_pre_sign_up(state, pool, user, values, request)
    _add_user(pool, name, user, "User account already exists")
    if password is None and _allows_sign_in_without_password(pool):
        user.status = model.CONFIRMED
    else:
        _invite(state, pool, user, request)
    return {"User": users.describe_user(user)}


def _invite(state: State, pool: UserPool, user: User, request: dict[str, Any]) -> None:
    """Give a user a temporary password and send it, unless that is suppressed."""
    password = request.get("TemporaryPassword")
    if password is None:
        password = users.temporary_password()
    users.check_policy(pool, password)
    users.set_password(state, pool, user, password, permanent=False)
    media = request.get("DesiredDeliveryMediums", ["SMS"])
    for medium in media if request.get("MessageAction") != "SUPPRESS" else ():
        destination = user.attributes.get(model.ATTRIBUTE_BY_MEDIUM[medium])
        if destination:
            state.outbox.send(user.username, medium, destination, "INVITATION", password)


def _allows_sign_in_without_password(pool: UserPool) -> bool:
    """Return whether a code by email or SMS can be the first factor."""
    return bool({"EMAIL_OTP", "SMS_OTP"} & set(pool.first_factors))


def _check_new_user(pool: UserPool, name: str, values: dict[str, str], taken: str) -> dict[str, str]:
    """Return a new user's attributes, with the name's own one, or raise CognitoError."""
    if pool.username_attributes:
        values = {**values, _username_attribute(pool.username_attributes, name): name}
    elif pool.fold(name) in pool.users:
        raise errors.CognitoError("UsernameExistsException", taken)
    for attribute in pool.settings.get("AliasAttributes", ()):
        address_format = users.ADDRESS_FORMATS.get(attribute)
        if address_format is not None and address_format.fullmatch(name):
            kind = attribute.replace("_", " ")
            raise errors.invalid_parameter(
                f"Username cannot be of {kind} format, since user pool is configured for {kind} alias."
            )
    users.check_schema(pool, values)
    return values


def _username_attribute(possible: list[str], name: str) -> str:
    for attribute, address_format in users.ADDRESS_FORMATS.items():
        if attribute in possible and address_format.fullmatch(name):
            return attribute
    kinds = " or ".join(kind for attribute, kind in _ARTICLES.items() if attribute in possible)
    raise errors.invalid_parameter(f"Username should be {'either ' if len(possible) > 1 else ''}{kinds}.")


def _new_user(state: State, pool: UserPool, name: str, values: dict[str, str]) -> User:
    """Return a user who isn't in the pool yet. If addresses are user names, the name is a UUID."""
    sub = model.random_uuid(state.random)
    now = state.clock.now()
    flags = {
        f"{contact}_verified": "false"
        for contact in _CONTACTS
        if contact in values and f"{contact}_verified" not in values
    }
    username = sub if pool.username_attributes else name
    return User(username, sub, now, {**values, **flags}, modified=now)


def _add_user(pool: UserPool, name: str, user: User, taken: str) -> None:
    """Add a user to the pool, unless another one took the name while a trigger ran."""
    _check_new_user(pool, name, user.attributes, taken)
    users.claim_aliases(pool, user, user.attributes)
    pool.users[pool.fold(user.username)] = user


def _contact(pool: UserPool, user: User) -> str | None:
    """Return the attribute for a sign-up code: a phone number or else an email."""
    verified = pool.settings.get("AutoVerifiedAttributes", ())
    return next((name for name in _CONTACTS if name in verified and user.attributes.get(name)), None)


def forgot_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ForgotPassword.

    A client that hides users replies to any name alike, also to that of a user without a verified address.
    """
    client, name = client_and_username(state, request)
    if users.find_user(client.pool, name) is None:
        migrate_user(state, client, name, "ForgotPassword", request.get("ClientMetadata", {}))
    user = _enabled_user(client, name)
    if user is not None and user.status in (model.FORCE_CHANGE_PASSWORD, model.EXTERNAL_PROVIDER):
        raise _not_resettable()
    attribute = _recovery_attribute(client.pool, user) if user is not None else None
    if user is None or attribute is None:
        if not client.hides_users:
            raise _no_recovery_address()
        return {"CodeDeliveryDetails": delivery_details("EMAIL", name)}
    state.limits.count("ForgotPassword", client.pool, user)
    return {"CodeDeliveryDetails": state.codes.send(client.pool, user, FORGOT_PASSWORD, attribute)}


def confirm_forgot_password(state: State, request: dict[str, Any]) -> None:
    """Serve ConfirmForgotPassword. A password that violates the policy doesn't use up the code."""
    client, name = client_and_username(state, request)
    pool, user = client.pool, _enabled_user(client, name)
    if user is None:
        raise errors.code_mismatch()
    if user.status == model.UNCONFIRMED:
        raise errors.CognitoError("UserNotConfirmedException", "User is not confirmed.")
    if user.status == model.FORCE_CHANGE_PASSWORD:
        raise errors.expired_code()
    state.limits.count("ForgotPassword", pool, user)
    state.codes.check(pool, user, FORGOT_PASSWORD, request["ConfirmationCode"])
    users.check_policy(pool, request["Password"])
    users.set_password(state, pool, user, request["Password"], permanent=True)
    state.codes.discard(pool, user, FORGOT_PASSWORD)
    state.lockout.clear(pool.id, user.username)
    _run_post_confirmation(state, pool, user, "ConfirmForgotPassword", request, client)


def _enabled_user(client: AppClient, name: str) -> User | None:
    """Return a user who isn't disabled, or None instead of an error if the client hides users."""
    user = users.find_user(client.pool, name)
    if user is not None and user.enabled:
        return user
    if client.hides_users:
        return None
    raise _no_such_user() if user is None else errors.not_authorized("User is disabled.")


def admin_reset_user_password(state: State, request: dict[str, Any]) -> None:
    """Serve AdminResetUserPassword: make the old password useless and send a code."""
    pool = state.pool(request["UserPoolId"])
    user = users.require_user(pool, request["Username"])
    if not user.enabled:
        raise errors.not_authorized("User is disabled.")
    if user.status in (model.UNCONFIRMED, model.FORCE_CHANGE_PASSWORD):
        raise _not_resettable()
    attribute = _recovery_attribute(pool, user)
    if attribute is None:
        raise _no_recovery_address()
    user.status = model.RESET_REQUIRED
    user.modified = state.clock.now()
    state.codes.send(pool, user, FORGOT_PASSWORD, attribute)


def _not_resettable() -> errors.CognitoError:
    return errors.not_authorized("User password cannot be reset in the current state.")


def _no_recovery_address() -> errors.CognitoError:
    return errors.invalid_parameter(
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )


def _recovery_attribute(pool: UserPool, user: User) -> str | None:
    """Return the attribute whose address gets the code for a forgotten password.

    It is the first verified one of those that the pool's setting allows, and with such a setting never the
    address of the user's preferred second factor.
    """
    mechanisms = pool.recovery_mechanisms
    preferred_medium = model.MEDIUM_BY_FACTOR.get(user.mfa_preferred or "", "")
    excluded = model.ATTRIBUTE_BY_MEDIUM.get(preferred_medium) if mechanisms else None
    for mechanism in mechanisms or ["verified_phone_number", "verified_email"]:
        attribute = mechanism.removeprefix("verified_")
        if attribute in model.MEDIUM_BY_ATTRIBUTE and attribute != excluded and user.has_verified(attribute):
            return attribute
    return None


def migrate_user(
    state: State,
    client: AppClient,
    name: str,
    source: str,
    metadata: dict[str, str],
    password: str | None = None,
) -> None:
    """Create the user that the UserMigration trigger knows, if the pool has one.

    ``source`` is Authentication, whose ClientMetadata is the event's ``validationData``, or ForgotPassword. A
    user whose status isn't to be CONFIRMED must reset the password.
    """
    pool = client.pool
    if not is_configured(pool, "UserMigration"):
        return
    made_up = User(name, "", 0.0, exists=False)
    event: dict[str, Any] = {} if password is None else {"password": password, "validationData": metadata}
    sent = metadata if password is None else None
    source = f"UserMigration_{source}"
    response = run_trigger(state, pool, source, made_up, event, client=client, metadata=sent)
    values = read_strings(response, "userAttributes")
    name = values.pop("username", name)
    status = response.get("finalUserStatus") or model.RESET_REQUIRED
    if not values or status not in (model.CONFIRMED, model.RESET_REQUIRED):
        raise unrecognizable_output()
    values = _check_new_user(pool, name, values, "User already exists")
    users.claim_aliases(pool, None, values, force=read_flag(response, "forceAliasCreation"))
    user = _new_user(state, pool, name, values)
    pool.users[pool.fold(user.username)] = user
    if password is not None:
        users.set_password(state, pool, user, password, permanent=True)
    user.status = status
    if read_flag(response, "enableSMSMFA") and user.attributes.get("phone_number"):
        user.mfa_enabled = [model.SMS_MFA]
