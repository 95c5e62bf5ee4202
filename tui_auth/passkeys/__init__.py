"""Passkeys on a security key: find the key, ask for its PIN and a touch, and build what Cognito takes.

The only package that imports fido2, and only when a passkey is used. It shows nothing: whoever signs in is
asked through ``Person``.

``relying_party`` decides for which site a passkey may be used, ``keys`` finds keys and says why there is
none, ``ceremony`` makes assertions and credentials, ``problems`` says what went wrong and what helps.
``person`` says what is asked of the user. ``sign`` and ``register`` are all of it in one call, for programs
without a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tui_auth.errors import drops_secrets
from tui_auth.passkeys.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from tui_auth.auth.next_step import ContinueSignInWithPasskey
    from tui_auth.passkeys.keys import Keys
    from tui_auth.passkeys.relying_party import RelyingParty
    from tui_auth.secret import Secret


__all__ = ["Person", "register", "sign"]

T = TypeVar("T")


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
    from tui_auth.passkeys.ceremony import make_assertion
    from tui_auth.passkeys.relying_party import trusted_relying_party

    trusted = trusted_relying_party(step.relying_party, pinned=relying_party, endpoint_url=endpoint_url)
    return _use_key(make_assertion, step.options, trusted, person, keys, cancel)


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
    from tui_auth.passkeys.ceremony import make_credential
    from tui_auth.passkeys.relying_party import requested_relying_party, trusted_relying_party

    requested = requested_relying_party(options)
    trusted = trusted_relying_party(requested, pinned=relying_party, endpoint_url=endpoint_url)
    return _use_key(make_credential, options, trusted, person, keys, cancel)


def _use_key(
    make: Callable[..., T],
    options: str | Mapping[str, Any],
    trusted: RelyingParty,
    person: Person,
    keys: Keys | None,
    cancel: Event | None,
) -> T:
    """Wait for a key and make an assertion or a credential with it, within the time of the options."""
    from tui_auth.auth.passkey_request import timeout_seconds
    from tui_auth.passkeys.keys import Deadline, default_keys, with_key

    deadline = Deadline(timeout_seconds(options), cancel)
    return with_key(
        keys or default_keys(),
        person,
        deadline,
        lambda device: make(device, options, trusted, person, deadline),
    )
