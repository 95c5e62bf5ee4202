"""User attributes: the pool's schema, who may write what, and the form they travel in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tui_auth.emulator.errors import invalid_parameter, not_authorized
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


def from_list(listed: Iterable[Mapping[str, str]]) -> Attributes:
    """``[{Name, Value}]`` as a dict."""
    return {entry["Name"]: entry.get("Value", "") for entry in listed}


def to_list(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """A dict as ``[{Name, Value}]``."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def of_user(user: User) -> Attributes:
    """A user's attributes with ``sub`` first."""
    return {"sub": user.sub, **user.attributes}


def readable(client: AppClient, user: User) -> Attributes:
    """Those of a user's attributes that the app client may read."""
    allowed = client.settings.get("ReadAttributes")
    return {name: value for name, value in of_user(user).items() if not allowed or name in (*allowed, "sub")}


def schema(pool: UserPool) -> dict[str, dict[str, Any]]:
    """The attributes the pool defines itself, by their full names (``custom:team``)."""
    defined = {}
    for entry in pool.settings.get("Schema", ()):
        name = entry["Name"]
        if name not in STANDARD and ":" not in name:
            name = ("dev:" if entry.get("DeveloperOnlyAttribute") else "") + f"custom:{name}"
        defined[name] = entry
    return defined


def required(pool: UserPool) -> list[str]:
    """The attributes each user must have."""
    return [name for name, entry in schema(pool).items() if entry.get("Required") and name != "sub"]


def check_schema(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException for an attribute the pool has not, or a value in a wrong form."""
    defined = schema(pool)
    for name, value in attributes.items():
        if name == "sub" or (name not in STANDARD and name not in defined):
            raise does_not_conform(name, "Attribute does not exist in the schema.")
        if name == "email" and value and not _EMAIL.fullmatch(value):
            raise invalid_parameter("Invalid email address format.")
        if name == "phone_number" and value and not _PHONE.fullmatch(value):
            raise invalid_parameter("Invalid phone number format.")
        if name in VERIFIED_FLAGS and value.lower() not in ("true", "false"):
            raise does_not_conform(name, "Attribute value must be true or false.")
        _check_constraints(name, value, defined.get(name, {}))


def _check_constraints(name: str, value: str, entry: Mapping[str, Any]) -> None:
    if not value:
        return
    if entry.get("AttributeDataType") == "Number":
        _check_number(name, value, entry.get("NumberAttributeConstraints", {}))
    lengths = entry.get("StringAttributeConstraints", {})
    if len(value) < int(lengths.get("MinLength", 0)):
        raise does_not_conform(name, f"String must be at least {lengths['MinLength']} characters long")
    if len(value) > int(lengths.get("MaxLength", 2048)):
        raise does_not_conform(name, f"String must be no longer than {lengths['MaxLength']} characters")


def _check_number(name: str, value: str, limits: Mapping[str, str]) -> None:
    if not re.fullmatch(r"-?[0-9]+", value, re.ASCII):
        raise does_not_conform(name, "Invalid attribute value, it is not a number.")
    if int(value) < int(limits.get("MinValue", value)) or int(value) > int(limits.get("MaxValue", value)):
        raise does_not_conform(name, "Number is out of range.")


def check_required(pool: UserPool, attributes: Mapping[str, str]) -> None:
    """Raise InvalidParameterException where a required attribute is missing."""
    for name in required(pool):
        if not attributes.get(name):
            raise does_not_conform(name, "The attribute is required")


def check_writable(client: AppClient, attributes: Iterable[str]) -> None:
    """Raise NotAuthorizedException where the app client may not write one of these."""
    allowed = client.settings.get("WriteAttributes")
    for name in attributes:
        if name in VERIFIED_FLAGS or name.startswith("dev:") or (allowed and name not in allowed):
            raise not_authorized("A client attempted to write unauthorized attribute")


def check_mutable(pool: UserPool, attributes: Iterable[str]) -> None:
    """Raise InvalidParameterException where an attribute is fixed once a user is created."""
    defined = schema(pool)
    for name in attributes:
        if name == "sub" or not defined.get(name, {}).get("Mutable", True):
            raise invalid_parameter(f"user.{name}: Attribute cannot be updated.")


def does_not_conform(name: str, complaint: str) -> Exception:
    """InvalidParameterException in the words for attributes."""
    return invalid_parameter(f"Attributes did not conform to the schema: {name}: {complaint}")


def looks_like_email(name: str) -> bool:
    """Whether a name has the form of an e-mail address."""
    return _EMAIL.fullmatch(name) is not None


def looks_like_phone(name: str) -> bool:
    """Whether a name has the form of a phone number, ``+`` and digits (E.164)."""
    return _PHONE.fullmatch(name) is not None
