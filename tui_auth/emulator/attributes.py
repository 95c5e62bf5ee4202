"""User attributes: the pool's schema, the rights of app clients, and Cognito's format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import CognitoError, invalid_parameter, not_authorized

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tui_auth.emulator.model import AppClient, Attributes, User, UserPool

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
    """Return the attributes of a user that the app client may read."""
    allowed = client.settings.get("ReadAttributes")
    return {
        name: value
        for name, value in all_attributes(user).items()
        if not allowed or name in (*allowed, "sub")
    }


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
    """Return the attributes that each user must have."""
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
    """Return whether a text has the form of an email address."""
    return _EMAIL.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """Return whether a text has the form of a phone number, ``+`` and digits (E.164)."""
    return _PHONE.fullmatch(text) is not None
