"""Users of a user pool: how they are found, what state they are in, and their attributes."""

from __future__ import annotations

import hmac
import re
import uuid
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import CognitoError, invalid_parameter, not_authorized, user_not_found
from tui_auth.emulator.model import (
    CONFIRMED,
    RESET_REQUIRED,
    UNCONFIRMED,
    AppClient,
    Attributes,
    Password,
    User,
    UserPool,
)

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
    """Return the user whose attribute has this value, and is verified if that is required."""
    folded = pool.fold(value)
    for user in pool.users.values():
        has_value = attribute in user.attributes and pool.fold(user.attributes[attribute]) == folded
        if has_value and (not verified or user.attributes.get(f"{attribute}_verified") == "true"):
            return user
    return None


def claim_alias(
    pool: UserPool, user: User | None, attribute: str, value: str, *, force: bool = False
) -> None:
    """Make sure that nobody else signs in with this address.

    ``force`` takes the address from the other user.

    Raises:
        CognitoError: AliasExistsException, or UsernameExistsException if addresses are user names.
    """
    if attribute in pool.username_attributes:
        other = find_by_attribute(pool, attribute, value)
        if other is not None and other is not user:
            raise CognitoError(
                "UsernameExistsException", f"An account with the given {attribute} already exists."
            )
    if attribute in pool.settings.get("AliasAttributes", ()):
        other = find_by_attribute(pool, attribute, value, verified=attribute != "preferred_username")
        if other is None or other is user:
            return
        if not force:
            raise CognitoError("AliasExistsException", f"An account with the {attribute} already exists.")
        other.attributes[f"{attribute}_verified"] = "false"


def require_user(pool: UserPool, name: str) -> User:
    """Return the user with this name, or raise UserNotFoundException."""
    user = find_user(pool, name)
    if user is None:
        raise user_not_found()
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
        raise user_not_found()
    digest = hmac.digest(state.masking_key, f"{client.pool.id}\n{client.pool.fold(name)}".encode(), "sha512")
    username = str(uuid.UUID(bytes=digest[:16], version=4))
    salt = int.from_bytes(digest[16:32], "big") >> 1 | 1 << 126
    password = Password(salt, digest[32:64])
    return User(username, username, 0.0, status=CONFIRMED, password=password, exists=False)


def user_deleted(client: AppClient) -> CognitoError:
    """Build the error for a user who was deleted during a sign-in."""
    return not_authorized() if client.hides_users else user_not_found()


def is_same_user(pool: UserPool, user: User, sign_in_name: str, name: str) -> bool:
    """Return whether the USERNAME of an answer is that of the user for whom the sign-in began."""
    return name in (sign_in_name, user.username) or (user.exists and find_user(pool, name) is user)


def check_user_status(user: User) -> None:
    """Raise the error for a user who is disabled, unconfirmed or must reset the password."""
    if not user.enabled:
        raise not_authorized("User is disabled.")
    if user.status == UNCONFIRMED:
        raise CognitoError("UserNotConfirmedException", "User is not confirmed.")
    if user.status == RESET_REQUIRED:
        raise CognitoError("PasswordResetRequiredException", "Password reset required for the user")


STANDARD = (
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
)
VERIFIED_FLAGS = ("email_verified", "phone_number_verified")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+[0-9]{5,15}", re.ASCII)


def parse_attributes(entries: Iterable[Mapping[str, str]]) -> Attributes:
    """Return ``[{Name, Value}]`` as a dict."""
    return {entry["Name"]: entry.get("Value", "") for entry in entries}


def format_attributes(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a dict as ``[{Name, Value}]``."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def all_attributes(user: User) -> Attributes:
    """Return a user's attributes, ``sub`` first."""
    return {"sub": user.sub, **user.attributes}


def readable_attributes(client: AppClient, user: User) -> Attributes:
    allowed = client.settings.get("ReadAttributes")
    return {
        name: value
        for name, value in all_attributes(user).items()
        if not allowed or name in (*allowed, "sub")
    }


def check_schema_names(entries: Iterable[Mapping[str, Any]]) -> None:
    """Raise InvalidParameterException if an attribute has no name; the model doesn't require one."""
    if any(not entry.get("Name") for entry in entries):
        raise invalid_parameter("Invalid schema: an attribute has no name.")


def _schema(pool: UserPool) -> dict[str, dict[str, Any]]:
    """Return the attributes that the pool itself defines, by their full names (``custom:team``)."""
    schema = {}
    for entry in pool.settings.get("Schema", ()):
        name = entry["Name"]
        if name not in STANDARD and ":" not in name:
            name = ("dev:" if entry.get("DeveloperOnlyAttribute") else "") + f"custom:{name}"
        schema[name] = entry
    return schema


def required_attributes(pool: UserPool) -> list[str]:
    return [name for name, entry in _schema(pool).items() if entry.get("Required") and name != "sub"]


def check_schema(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException for an unknown attribute or a malformed value."""
    schema = _schema(pool)
    for name, value in attributes.items():
        if name == "sub" or (name not in STANDARD and name not in schema):
            raise schema_violation(name, "Attribute does not exist in the schema.")
        if name == "email" and value and not is_email(value):
            raise invalid_parameter("Invalid email address format.")
        if name == "phone_number" and value and not is_phone_number(value):
            raise invalid_parameter("Invalid phone number format.")
        if name in VERIFIED_FLAGS and value.lower() not in ("true", "false"):
            raise schema_violation(name, "Attribute value must be true or false.")
        _check_constraints(name, value, schema.get(name, {}))


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
            raise not_authorized("A client attempted to write unauthorized attribute")


def check_mutable(pool: UserPool, attributes: Iterable[str]) -> None:
    """Raise InvalidParameterException if an attribute can't change after the user was created."""
    schema = _schema(pool)
    for name in attributes:
        if name == "sub" or not schema.get(name, {}).get("Mutable", True):
            raise invalid_parameter(f"user.{name}: Attribute cannot be updated.")


def schema_violation(name: str, reason: str) -> CognitoError:
    """Build InvalidParameterException for an attribute that violates the schema."""
    return invalid_parameter(f"Attributes did not conform to the schema: {name}: {reason}")


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """Return whether a text has the form of a phone number, ``+`` and digits (E.164)."""
    return _PHONE.fullmatch(text) is not None
