"""Users of a user pool: how they are found, what state they are in, their attributes and passwords."""

from __future__ import annotations

import hmac
import re
import string
import uuid
from typing import TYPE_CHECKING, Any

from tui_auth.auth import srp
from tui_auth.emulator import errors, model
from tui_auth.emulator.model import AppClient, Attributes, Password, User, UserPool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tui_auth.emulator.state import State


def find_user(pool: UserPool, name: str) -> User | None:
    """Return the user with this user name, sign-in attribute or verified alias."""
    names = [(attribute, False) for attribute in pool.username_attributes]
    names += [(alias, alias != "preferred_username") for alias in pool.settings.get("AliasAttributes", ())]
    matches = (find_by_attribute(pool, attribute, name, verified=verified) for attribute, verified in names)
    return pool.users.get(pool.fold(name)) or next(filter(None, matches), None)


def find_by_attribute(pool: UserPool, attribute: str, value: str, *, verified: bool = False) -> User | None:
    """Return the user whose attribute has this value, and is verified if that is required.

    Users of an identity provider don't count: they sign in there, and not with an address.
    """
    folded = pool.fold(value)
    for user in pool.users.values():
        if user.status == model.EXTERNAL_PROVIDER:
            continue
        has_value = attribute in user.attributes and pool.fold(user.attributes[attribute]) == folded
        if has_value and (not verified or user.attributes.get(f"{attribute}_verified") == "true"):
            return user
    return None


def claim_alias(
    pool: UserPool, user: User | None, attribute: str, value: str, *, force: bool = False
) -> None:
    """Raise CognitoError if somebody else signs in with this address; ``force`` takes it away instead."""
    is_username = attribute in pool.username_attributes
    if not is_username and attribute not in pool.settings.get("AliasAttributes", ()):
        return
    verified = not is_username and attribute != "preferred_username"
    other = find_by_attribute(pool, attribute, value, verified=verified)
    if other is None or other is user:
        return
    if is_username:
        message = f"An account with the given {attribute} already exists."
        raise errors.CognitoError("UsernameExistsException", message)
    if not force:
        raise errors.CognitoError("AliasExistsException", f"An account with the {attribute} already exists.")
    other.attributes[f"{attribute}_verified"] = "false"


def claim_aliases(pool: UserPool, user: User | None, values: Attributes, *, force: bool = False) -> None:
    """Claim new attribute values by which users sign in. An address that is an alias counts once verified."""
    for name, value in values.items():
        is_verified = values.get(f"{name}_verified") == "true"
        if name not in model.MEDIUM_BY_ATTRIBUTE or name in pool.username_attributes or is_verified:
            claim_alias(pool, user, name, value, force=force)


def require_user(pool: UserPool, name: str) -> User:
    """Return the user with this name, or raise UserNotFoundException."""
    user = find_user(pool, name)
    if user is None:
        raise errors.user_not_found()
    return user


def user_for_sign_in(state: State, client: AppClient, name: str) -> User:
    """Return the user who signs in.

    If nobody has the name, raise UserNotFoundException, or with PreventUserExistenceErrors return a made-up
    user with an unknown password. The UUID and salt of this user are always the same for the name.
    """
    user = find_user(client.pool, name)
    if user is not None:
        return user
    if not client.hides_users:
        raise errors.user_not_found()
    digest = hmac.digest(state.masking_key, f"{client.pool.id}\n{client.pool.fold(name)}".encode(), "sha512")
    username = str(uuid.UUID(bytes=digest[:16], version=4))
    salt = int.from_bytes(digest[16:32], "big") >> 1 | 1 << 126
    password = Password(salt, digest[32:64])
    return User(username, username, 0.0, status=model.CONFIRMED, password=password, exists=False)


def user_deleted(client: AppClient) -> errors.CognitoError:
    """Build the error for a user who was deleted during a sign-in."""
    return errors.not_authorized() if client.hides_users else errors.user_not_found()


def is_same_user(pool: UserPool, user: User, sign_in_name: str, name: str) -> bool:
    """Return whether the USERNAME of an answer is that of the user for whom the sign-in began."""
    return name in (sign_in_name, user.username) or (user.exists and find_user(pool, name) is user)


def check_user_status(user: User) -> None:
    """Raise the error for a user who is disabled, unconfirmed or must reset the password."""
    if not user.enabled:
        raise errors.not_authorized("User is disabled.")
    if user.status == model.UNCONFIRMED:
        raise errors.CognitoError("UserNotConfirmedException", "User is not confirmed.")
    if user.status == model.RESET_REQUIRED:
        raise errors.CognitoError("PasswordResetRequiredException", "Password reset required for the user")


_STANDARD = (
    "sub name given_name family_name middle_name nickname preferred_username profile picture website email "
    "email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at "
    "identities"
)
_SET_BY_COGNITO = ("sub", "identities")
VERIFIED_FLAGS = ("email_verified", "phone_number_verified")
_BIRTHDATE_LENGTH = {"MinLength": "10", "MaxLength": "10"}
_DEFAULT_LENGTH = {"MinLength": "0", "MaxLength": "2048"}
_STANDARD_SCHEMA: dict[str, dict[str, Any]] = {
    **{
        name: {"AttributeDataType": "String", "StringAttributeConstraints": _DEFAULT_LENGTH}
        for name in _STANDARD.split()
    },
    **{name: {"AttributeDataType": "Boolean"} for name in VERIFIED_FLAGS},
    "birthdate": {"AttributeDataType": "String", "StringAttributeConstraints": _BIRTHDATE_LENGTH},
    "updated_at": {"AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "0"}},
}
"""The standard attributes as a new pool defines them (user pool attributes, "standard attributes")."""
ADDRESS_FORMATS = {
    "email": re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"),
    "phone_number": re.compile(r"\+[0-9]{5,15}"),
}


def parse_attributes(entries: Iterable[Mapping[str, str]]) -> Attributes:
    """Return ``[{Name, Value}]`` as a dict. Booleans are in lower case, whatever was sent."""
    values = {entry["Name"]: entry.get("Value", "") for entry in entries}
    return {name: value.lower() if name in VERIFIED_FLAGS else value for name, value in values.items()}


def format_attributes(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a dict as ``[{Name, Value}]``."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def all_attributes(user: User) -> Attributes:
    """Return a user's attributes, ``sub`` first."""
    return {"sub": user.sub, **user.attributes}


def describe_user(user: User) -> dict[str, Any]:
    """Return a user as administrators see it."""
    return {
        "Username": user.username,
        "Attributes": format_attributes(all_attributes(user)),
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def readable_attributes(client: AppClient, user: User) -> Attributes:
    allowed = client.settings.get("ReadAttributes")
    return {
        name: value
        for name, value in all_attributes(user).items()
        if not allowed or name in (*allowed, "sub", "identities")
    }


def check_schema_names(entries: Iterable[Mapping[str, Any]]) -> None:
    """Raise InvalidParameterException if an attribute has no name; the model doesn't require one."""
    if any(not entry.get("Name") for entry in entries):
        raise errors.invalid_parameter("Invalid schema: an attribute has no name.")


def _schema(pool: UserPool) -> dict[str, dict[str, Any]]:
    """Return the standard attributes and the pool's own ones, by their full names (``custom:team``)."""
    schema = dict(_STANDARD_SCHEMA)
    for entry in pool.settings.get("Schema", ()):
        name = entry["Name"]
        if name not in _STANDARD_SCHEMA and ":" not in name:
            name = ("dev:" if entry.get("DeveloperOnlyAttribute") else "") + f"custom:{name}"
        schema[name] = {**schema.get(name, {}), **entry}
    return schema


def describe_schema(pool: UserPool) -> list[dict[str, Any]]:
    """Return SchemaAttributes: every attribute that users of the pool can have."""
    defaults = {"DeveloperOnlyAttribute": False, "Mutable": True, "Required": False}
    return [{**defaults, **entry, "Name": name} for name, entry in _schema(pool).items()]


def required_attributes(pool: UserPool) -> list[str]:
    return [name for name, entry in _schema(pool).items() if entry.get("Required") and name != "sub"]


def check_schema(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException for an unknown attribute or a malformed value."""
    schema = _schema(pool)
    for name, value in attributes.items():
        if name in _SET_BY_COGNITO or name not in schema:
            raise schema_violation(name, "Attribute does not exist in the schema.")
        if value and name in ADDRESS_FORMATS:
            check_address(name, value)
        if name in VERIFIED_FLAGS and value not in ("true", "false"):
            raise schema_violation(name, "Attribute value must be true or false.")
        _check_constraints(name, value, schema[name])


def _check_constraints(name: str, value: str, entry: Mapping[str, Any]) -> None:
    if not value:
        return
    if entry.get("AttributeDataType") == "Number":
        _check_number(name, value, entry.get("NumberAttributeConstraints", {}))
    lengths = entry.get("StringAttributeConstraints", {})
    if len(value) < int(lengths.get("MinLength", 0)):
        raise schema_violation(name, f"String must be at least {lengths['MinLength']} characters long")
    if len(value) > int(lengths.get("MaxLength", 2048)):
        raise schema_violation(name, f"String must be no longer than {lengths['MaxLength']} characters")


def _check_number(name: str, value: str, limits: Mapping[str, str]) -> None:
    if not re.fullmatch(r"-?[0-9]+", value, re.ASCII):
        raise schema_violation(name, "Invalid attribute value, it is not a number.")
    if int(value) < int(limits.get("MinValue", value)) or int(value) > int(limits.get("MaxValue", value)):
        raise schema_violation(name, "Number is out of range.")


def check_required(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException if a required attribute is missing."""
    for name in required_attributes(pool):
        if not attributes.get(name):
            raise schema_violation(name, "The attribute is required")


def check_writable(client: AppClient, attributes: Iterable[str]) -> None:
    """Raise NotAuthorizedException if the app client may not write one of these attributes."""
    allowed = client.settings.get("WriteAttributes")
    for name in attributes:
        if name in VERIFIED_FLAGS or name.startswith("dev:") or (allowed and name not in allowed):
            raise errors.not_authorized("A client attempted to write unauthorized attribute")


def check_mutable(pool: UserPool, attributes: Iterable[str]) -> None:
    """Raise InvalidParameterException if an attribute can't change after the user was created."""
    schema = _schema(pool)
    for name in attributes:
        if name in _SET_BY_COGNITO or not schema.get(name, {}).get("Mutable", True):
            raise errors.invalid_parameter(f"user.{name}: Attribute cannot be updated.")


def schema_violation(name: str, reason: str) -> errors.CognitoError:
    """Build InvalidParameterException for an attribute that violates the schema."""
    return errors.invalid_parameter(f"Attributes did not conform to the schema: {name}: {reason}")


def check_address(attribute: str, text: str) -> None:
    """Raise InvalidParameterException unless a text has the form of an email or phone number (E.164)."""
    if not ADDRESS_FORMATS[attribute].fullmatch(text):
        kind = {"email": "email address", "phone_number": "phone number"}[attribute]
        raise errors.invalid_parameter(f"Invalid {kind} format.")


SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "
DAY = 86400.0
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
        raise errors.CognitoError(
            "InvalidPasswordException", f"Password did not conform with policy: {reason}"
        )


def _policy_violation(policy: dict[str, Any], password: str) -> str | None:
    if len(password) < policy["MinimumLength"]:
        return "Password not long enough"
    for requirement, (characters, kind) in _REQUIRED_CHARACTERS.items():
        if policy.get(requirement) and not any(character in characters for character in password):
            return f"Password must have {kind} characters"
    if len(password) > 256:
        return "Password too long"
    return None


def set_password(state: State, pool: UserPool, user: User, password: str, *, permanent: bool) -> None:
    """Set a password that satisfies the policy, and the status; a former one may be an error."""
    policy = pool.settings["Policies"]["PasswordPolicy"]
    history_size = int(policy.get("PasswordHistorySize", 0))
    hashed = Password.from_text(pool.short_name, user.username, password)
    if history_size and permanent and hashed.inner in user.former_passwords[-history_size:]:
        raise errors.CognitoError(
            "PasswordHistoryPolicyViolationException", "Password has previously been used"
        )
    user.password = hashed
    if permanent:
        user.former_passwords.append(hashed.inner)
        user.status = model.CONFIRMED
        user.temporary_until = None
    else:
        user.status = model.FORCE_CHANGE_PASSWORD
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
        raise errors.not_authorized()
    state.lockout.clear(pool.id, user.username)
    if user.temporary_until is not None and state.clock.now() >= user.temporary_until:
        raise errors.not_authorized("Temporary password has expired and must be reset by an administrator.")


def temporary_password() -> str:
    """Return a random password that satisfies any policy with up to twenty characters."""
    return model.random_text(string.ascii_letters + string.digits, 16) + "Aa1!"
