"""Which user a name means, and who stands in for a name that nobody has."""

from __future__ import annotations

import hmac
import uuid

from tui_auth.emulator.errors import PoolError, not_authorized, user_not_found
from tui_auth.emulator.model import CONFIRMED, AppClient, Password, User, UserPool
from tui_auth.emulator.state import State


def find_user(pool: UserPool, name: str) -> User | None:
    """The user a sign-in name means: user name, sign-in attribute, or verified alias."""
    folded = pool.fold(name)
    user = pool.users.get(folded)
    if user is not None:
        return user
    for attribute in pool.name_attributes:
        user = holder(pool, attribute, name)
        if user is not None:
            return user
    for alias in pool.settings.get("AliasAttributes", ()):
        user = holder(pool, alias, name, verified=alias != "preferred_username")
        if user is not None:
            return user
    return None


def holder(pool: UserPool, attribute: str, value: str, *, verified: bool = False) -> User | None:
    """The user whose attribute has a value (and, where asked for, has been verified)."""
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
    """Make sure that no one else signs in with this address; with ``force`` it is taken from them.

    Raises AliasExistsException, or UsernameExistsException where addresses are user names.
    """
    if attribute in pool.name_attributes:
        other = holder(pool, attribute, value)
        if other is not None and other is not user:
            raise PoolError(
                "UsernameExistsException", f"An account with the given {attribute} already exists."
            )
    if attribute in pool.settings.get("AliasAttributes", ()):
        other = holder(pool, attribute, value, verified=attribute != "preferred_username")
        if other is None or other is user:
            return
        if not force:
            raise PoolError("AliasExistsException", f"An account with the {attribute} already exists.")
        other.attributes[f"{attribute}_verified"] = "false"


def known_user(pool: UserPool, name: str) -> User:
    """The user an admin operation means; UserNotFoundException if there is none."""
    user = find_user(pool, name)
    if user is None:
        raise user_not_found()
    return user


def sign_in_user(state: State, client: AppClient, name: str) -> User:
    """The user a sign-in means.

    Where nobody has the name: UserNotFoundException, or with PreventUserExistenceErrors a stand-in whose
    UUID and salt are the same each time, and whose password nobody knows.
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


def gone(client: AppClient) -> PoolError:
    """The refusal where a user was deleted in the middle of a sign-in."""
    return not_authorized() if client.hides_users else user_not_found()


def means(pool: UserPool, user: User, typed: str, name: str) -> bool:
    """Whether the USERNAME of an answer is the one a session was opened for."""
    return name in (typed, user.username) or (user.exists and find_user(pool, name) is user)
