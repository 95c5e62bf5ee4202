"""People who use a security key, and passkeys of emulator users, for tests."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tui_auth.demo.software_key import Credential, SoftwareKey
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.webauthn import add_passkey
from tui_auth.passkeys.ceremony import make_credential
from tui_auth.passkeys.relying_party import RelyingParty
from tui_auth.secret import Secret

PIN = "1234"
SITE = "auth.example.com"
FACTORS = ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]
PASSKEYS = {"SignInPolicy": {"AllowedFirstAuthFactors": FACTORS}}
TRUSTED = RelyingParty(SITE)


_PROGRAM_WITH_KEY = """
import sys

from tui_auth.demo.software_key import Credential, SoftwareKey
from tui_auth.emulator.demo_users import passkey_of
from tui_auth.passkeys import keys

credential_id, private_key = passkey_of({username!r})
key = SoftwareKey({pin!r}, always_touched=True)
key.credentials.append(Credential(credential_id, "localhost", {{"id": b"user"}}, private_key))


class Keys:
    def problem(self):
        return None

    def open(self):
        return [key]


keys.default_keys = Keys

from tui_auth.cli.main import main

sys.exit(main())
"""


def program_with_key(username: str = "ann", pin: str = PIN) -> str:
    """Return the program with a security key plugged in, which has a sample user's passkey of localhost."""
    return _PROGRAM_WITH_KEY.format(username=username, pin=pin)


@dataclass
class Someone:
    """Types these PINs one after the other, then gives up; touches the key when it asks for that."""

    key: SoftwareKey | None = None
    pins: list[str] = field(default_factory=list)
    on_touch: Callable[[], object] | None = None
    asked: list[tuple[int | None, bool]] = field(default_factory=list)
    touches: int = 0

    def pin(self, tries_left: int | None, *, was_wrong: bool) -> Secret | None:
        self.asked.append((tries_left, was_wrong))
        return Secret(self.pins.pop(0)) if self.pins else None

    def touch(self) -> None:
        self.touches += 1
        if self.on_touch is not None:
            self.on_touch()
        elif self.key is not None:
            self.key.touch()


def touched_key(pin: str | None = None, **settings: Any) -> SoftwareKey:
    """Return a key that needs no touch."""
    return SoftwareKey(pin, always_touched=True, **settings)


def give_passkey(
    server: CognitoEmulator,
    user_pool_id: str,
    username: str,
    key: SoftwareKey,
    site: str = "localhost",
    seed: tuple[bytes, ec.EllipticCurvePrivateKey] | None = None,
) -> None:
    """Give a user, who may have no password, a passkey on this key; ``seed`` is its ID and private key."""
    user = server.state.pool(user_pool_id).users[username]
    credential_id, private_key = seed or (secrets.token_bytes(32), ec.generate_private_key(ec.SECP256R1()))
    credential = Credential(credential_id, site, {"id": user.sub.encode()}, private_key)
    key.credentials.append(credential)
    add_passkey(server.state, user, site, credential.attested, ["usb"])


def register(server: CognitoEmulator, token: str, key: SoftwareKey, *pins: str) -> dict[str, Any]:
    """Register a passkey of the caller of this access token, and return the credential."""
    options = server.call("StartWebAuthnRegistration", {"AccessToken": token})["CredentialCreationOptions"]
    someone = Someone(key, list(pins or [key.pin or ""]))
    credential = make_credential(key, options, RelyingParty(options["rp"]["id"]), someone)
    server.call("CompleteWebAuthnRegistration", {"AccessToken": token, "Credential": credential})
    return credential
