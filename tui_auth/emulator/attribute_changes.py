"""UpdateUserAttributes, DeleteUserAttributes, GetUserAttributeVerificationCode, VerifyUserAttribute."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator import attributes, codes
from tui_auth.emulator.errors import expired_code, invalid_parameter
from tui_auth.emulator.messages import MEDIUM_OF
from tui_auth.emulator.model import User, UserPool
from tui_auth.emulator.names import claim_alias
from tui_auth.emulator.state import State
from tui_auth.emulator.tokens import bearer


def update_user_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateUserAttributes: a new address is unverified, and gets a code if the pool verifies it."""
    who = bearer(state, request["AccessToken"])
    given = attributes.from_list(request["UserAttributes"])
    attributes.check_writable(who.client, given)
    check_change(who.pool, who.user, given)
    return {"CodeDeliveryDetailsList": change(state, who.pool, who.user, given)}


def check_change(pool: UserPool, user: User, given: dict[str, str]) -> None:
    """Raise what forbids these new values."""
    attributes.check_mutable(pool, given)
    attributes.check_schema(pool, given)
    for name in attributes.required(pool):
        if name in given and not given[name]:
            raise attributes.does_not_conform(name, "The attribute is required")
    for name, value in given.items():
        # An alias address counts only once it is verified; it is claimed then.
        if name not in MEDIUM_OF or name in pool.name_attributes:
            claim_alias(pool, user, name, value)


def change(state: State, pool: UserPool, user: User, given: dict[str, str]) -> list[dict[str, str]]:
    """Give a user new values; CodeDeliveryDetails for each address that must be verified now."""
    verifies = pool.settings.get("AutoVerifiedAttributes", ())
    keeps = pool.settings.get("UserAttributeUpdateSettings", {}).get(
        "AttributesRequireVerificationBeforeUpdate", ()
    )
    sent = []
    user.modified = state.clock.now()
    for name, value in given.items():
        changed = user.attributes.get(name) != value
        if name not in MEDIUM_OF or not changed or f"{name}_verified" in given:
            user.attributes[name] = value
            continue
        if name in keeps and user.attributes.get(name):
            user.pending_attributes[name] = value
        else:
            user.attributes[name] = value
            user.attributes[f"{name}_verified"] = "false"
        if name in verifies and value:
            sent.append(codes.send(state, pool, user, codes.VERIFY_ATTRIBUTE, name, value))
    return sent


def delete_user_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteUserAttributes."""
    who = bearer(state, request["AccessToken"])
    names = request["UserAttributeNames"]
    attributes.check_writable(who.client, names)
    delete(state, who.pool, who.user, names)
    return {}


def delete(state: State, pool: UserPool, user: User, names: list[str]) -> None:
    """Take attributes from a user; a required or fixed one stays, with InvalidParameterException."""
    attributes.check_mutable(pool, names)
    for name in names:
        if name in attributes.required(pool) or name in pool.name_attributes:
            raise invalid_parameter(f"user.{name}: Attribute cannot be deleted.")
    for name in names:
        user.attributes.pop(name, None)
        user.attributes.pop(f"{name}_verified", None)
    user.modified = state.clock.now()


def get_user_attribute_verification_code(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetUserAttributeVerificationCode."""
    who = bearer(state, request["AccessToken"])
    name = _address(request["AttributeName"])
    value = who.user.pending_attributes.get(name) or who.user.attributes.get(name)
    if not value:
        raise invalid_parameter(f"User does not have the attribute {name}.")
    state.limits.count("GetUserAttributeVerificationCode", who.pool.id, who.user.username)
    return {"CodeDeliveryDetails": codes.send(state, who.pool, who.user, codes.VERIFY_ATTRIBUTE, name, value)}


def verify_user_attribute(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """VerifyUserAttribute: the code shows that the address is the user's."""
    who = bearer(state, request["AccessToken"])
    name = _address(request["AttributeName"])
    state.limits.count("VerifyUserAttribute", who.pool.id, who.user.username)
    code = codes.check(state, who.pool, who.user, codes.VERIFY_ATTRIBUTE, request["Code"], name)
    value = who.user.pending_attributes.get(name) or who.user.attributes.get(name, "")
    if value != code.destination:
        raise expired_code()
    claim_alias(who.pool, who.user, name, value)
    codes.spend(state, who.pool, who.user, codes.VERIFY_ATTRIBUTE, name)
    who.user.pending_attributes.pop(name, None)
    who.user.attributes[name] = value
    who.user.attributes[f"{name}_verified"] = "true"
    return {}


def _address(name: str) -> str:
    if name not in MEDIUM_OF:
        raise invalid_parameter(
            f"Invalid attribute name {name}; only email and phone_number can be verified."
        )
    return name
