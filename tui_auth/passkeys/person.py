"""Person: whoever uses a security key, as the two halves of a ceremony see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tui_auth.secret import Secret


class KeyChooser(Protocol):
    """Whoever plugs in a key and chooses one. Called on the thread that waits for the key."""

    def plug_in(self) -> None:
        """Say that a security key must be plugged in. It is used as soon as it is."""

    def choose_key(self) -> None:
        """Say that there are several, and that the one to use must be touched."""


class KeyHolder(Protocol):
    """Whoever enters the PIN of a key and touches it. Called on the thread that waits for the key."""

    def pin(self, tries_left: int | None, *, was_wrong: bool) -> Secret | None:
        """Return the PIN of the key, or None to give up.

        Args:
            tries_left: How many tries the key allows before it blocks itself; None if it doesn't say.
            was_wrong: Whether the last PIN was wrong.
        """

    def touch(self) -> None:
        """Say that the key waits to be touched. It has no need to wait."""


class Person(KeyChooser, KeyHolder, Protocol):
    """Whoever uses the security key. Called on the thread that waits for the key."""
