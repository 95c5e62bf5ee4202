"""Find the user that a name refers to, and check whether this user may sign in."""

from __future__ import annotations

import hmac
import uuid
from typing import TYPE_CHECKING

from tui_auth.emulator.errors import CognitoError, not_authorized, user_not_found
from tui_auth.emulator.model import (
    CONFIRMED,
    RESET_REQUIRED,
    UNCONFIRMED,
    AppClient,
    Password,
    User,
    UserPool,
)

if TYPE_CHECKING:
    from tui_auth.emulator.state import State


def find_user(pool: UserPool, name: str) -> User | None:
    """Return the user with this user name, sign-in attribute or verified alias."""
    user = pool.users.get(pool.fold(name))
    if user is not None:
        return user
    for attribute in pool.username_attributes:
        user = find_by_attribute(pool, attribute, name)
        if user is not None:
            return user
    for alias in pool.settings.get("AliasAttributes", ()):
        user = find_by_attribute(pool, alias, name, verified=alias != "preferred_username")
        if user is not None:
            return user
    return None


def find_by_attribute(pool: UserPool, attribute: str, value: str, *, verified: bool = False) -> User | None:
    """Return the user whose attribute has this value, and is verified if that is required."""
    folded = pool.fold(value)
    for user in pool.users.values():
        if attribute in user.attributes and pool.fold(user.attributes[attribute]) == folded:
            if verified and user.attributes.get(f"{attribute}_verified") != "true":
                continue
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
