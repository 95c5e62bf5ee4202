"""NEW_PASSWORD_REQUIRED: a password of the user's own, and the attributes that are missing."""

from __future__ import annotations

from tui_auth.emulator import attributes
from tui_auth.emulator.after_password import after_first_factor
from tui_auth.emulator.challenges import Answer, Reply
from tui_auth.emulator.errors import invalid_parameter, not_authorized
from tui_auth.emulator.names import claim_alias
from tui_auth.emulator.passwords import check_policy, set_password
from tui_auth.emulator.state import State

PREFIX = "userAttributes."


def answer(state: State, given: Answer) -> Reply:
    """Set the password and go on; a refused answer leaves user and session as they were."""
    sign_in = given.sign_in
    client, user, pool = sign_in.client, sign_in.user, sign_in.client.pool
    words = given.value("NEW_PASSWORD")
    added = {
        key.removeprefix(PREFIX): value for key, value in given.responses.items() if key.startswith(PREFIX)
    }
    for name in added:
        if user.attributes.get(name):
            raise not_authorized(f"Cannot modify an already provided {name}")
    attributes.check_schema(pool, added)
    attributes.check_writable(client, added)
    for name in attributes.required(pool):
        if not user.attributes.get(name) and not added.get(name):
            raise invalid_parameter(f"Invalid attributes given, {name} is missing")
    for name, value in added.items():
        claim_alias(pool, user, name, value)
    check_policy(pool, words)
    set_password(state, pool, user, words, permanent=True)
    user.attributes.update(added)
    return after_first_factor(state, sign_in)
