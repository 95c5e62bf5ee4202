"""Passkeys on a security key: find the key, ask for its PIN and a touch, and build what Cognito takes.

The only package that imports fido2, and only when a passkey is used. It shows nothing: whoever signs in is
asked through ``Person``.

``relying_party`` decides for which site a passkey may be used, ``keys`` finds keys and says why there is
none, ``ceremony`` makes assertions and credentials, ``problems`` says what went wrong and what helps.
``sign`` and ``register`` are all of it in one call, for programs without a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tui_auth.errors import drops_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from tui_auth.auth.next_step import ContinueSignInWithPasskey
    from tui_auth.passkeys.keys import Keys
    from tui_auth.secret import Secret


class Person(Protocol):
    """Whoever uses the security key. Called on the thread that waits for the key."""

    def plug_in(self) -> None:
        """Say that a security key must be plugged in. It is used as soon as it is."""

    def choose_key(self) -> None:
        """Say that there are several, and that the one to use must be touched."""

    def pin(self, tries_left: int | None, *, was_wrong: bool) -> Secret | None:
        """Return the PIN of the key, or None to give up.

        Args:
            tries_left: How many tries the key allows before it blocks itself; None if it doesn't say.
            was_wrong: Whether the last PIN was wrong.
        """

    def touch(self) -> None:
        """Say that the key waits to be touched. It has no need to wait."""


@drops_secrets
def sign(
    step: ContinueSignInWithPasskey,
    person: Person,
    *,
    relying_party: str,
    endpoint_url: str | None = None,
    keys: Keys | None = None,
    cancel: Event | None = None,
) -> Secret:
    """Use a security key for a step, and return the answer for ``Auth.confirm_sign_in``.

    Args:
        step: The step.
        person: Whoever uses the key.
        relying_party: The site that your users' passkeys are for, such as "auth.example.com". Never take it
            from the step: a pool could ask for a passkey of any other site.
        endpoint_url: The endpoint in place of AWS's own. One on this computer may ask for localhost.
        keys: Where security keys come from; by default those that are plugged in.
        cancel: Set it to give up. It is only read.

    Raises:
        PasskeyError: The pool asks for another site, there is no key, the time that the pool allows is over
            (3 minutes if it doesn't say), or the key made no assertion.
    """
    from tui_auth.auth.passkey_request import timeout_seconds
    from tui_auth.passkeys.ceremony import make_assertion
    from tui_auth.passkeys.keys import Deadline, default_keys, with_key
    from tui_auth.passkeys.relying_party import trusted_relying_party

    trusted = trusted_relying_party(step.relying_party, pinned=relying_party, endpoint_url=endpoint_url)
    deadline = Deadline(timeout_seconds(step.options), cancel)
    return with_key(
        keys or default_keys(),
        person,
        deadline,
        lambda device: make_assertion(device, step.options, trusted, person, deadline),
    )


@drops_secrets
def register(
    options: Mapping[str, Any],
    person: Person,
    *,
    relying_party: str,
    endpoint_url: str | None = None,
    keys: Keys | None = None,
    cancel: Event | None = None,
) -> dict[str, Any]:
    """Make a passkey on a security key, and return the Credential for CompleteWebAuthnRegistration.

    Args:
        options: CredentialCreationOptions of StartWebAuthnRegistration.
        person: Whoever uses the key.
        relying_party: The site that your users' passkeys are for.
        endpoint_url: The endpoint in place of AWS's own. One on this computer may ask for localhost.
        keys: Where security keys come from; by default those that are plugged in.
        cancel: Set it to give up. It is only read.

    Raises:
        PasskeyError: The pool asks for another site, there is no key, the time that the pool allows is over
            (3 minutes if it doesn't say), or the key made no passkey.
    """
    from tui_auth.auth.passkey_request import timeout_seconds
    from tui_auth.passkeys.ceremony import make_credential
    from tui_auth.passkeys.keys import Deadline, default_keys, with_key
    from tui_auth.passkeys.relying_party import requested_relying_party, trusted_relying_party

    asked = requested_relying_party(options)
    trusted = trusted_relying_party(asked, pinned=relying_party, endpoint_url=endpoint_url)
    deadline = Deadline(timeout_seconds(options), cancel)
    return with_key(
        keys or default_keys(),
        person,
        deadline,
        lambda device: make_credential(device, options, trusted, person, deadline),
    )
