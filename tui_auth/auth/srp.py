"""SRP-6a as Cognito does it: the arithmetic as pure functions, and the proof of one password.

Constants: RFC 3526 group 15 with g = 2, SHA-256 throughout, HKDF (RFC 5869) with Cognito's own info
string. The same arithmetic proves a user's password (``name`` is the part of the user pool ID after the
underscore, ``user`` is ``USER_ID_FOR_SRP``) and a remembered device (device group key and device key).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from string import ascii_letters, digits, hexdigits
from typing import TYPE_CHECKING, Any

from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret, is_unicode

if TYPE_CHECKING:
    from collections.abc import Mapping

N_HEX = (
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"
)
N = int(N_HEX, 16)
G = 2
HKDF_INFO = b"Caldera Derived Key"
HKDF_LENGTH = 16

_HEX_DIGITS = frozenset(hexdigits)
_BASE64_DIGITS = frozenset(ascii_letters + digits + "+/=-_")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SRPError(ValueError):
    """A value of the server is forbidden by the protocol, or a text can't be encoded."""


def pad(number: int) -> bytes:
    """Return the shortest big-endian two's-complement bytes of a non-negative integer.

    Starts with a zero byte if the top bit is set. Does not pad to the length of N.
    """
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


K = int.from_bytes(hashlib.sha256(pad(N) + pad(G)).digest(), "big")


def private_value() -> int:
    """Generate a random ``a`` of 256 bits: twice the security level of the group, and fast."""
    return secrets.randbits(256) | 1


def public_value(a: int) -> int:
    """Compute ``A = g^a mod N``."""
    return pow(G, a, N)


def inner_hash(name: str, user: str, password: str) -> bytes:
    """Compute ``H(name | user | ":" | password)``, which replaces the password in memory.

    Returns:
        32 bytes.

    Raises:
        SRPError: The text can't be encoded as UTF-8.
    """
    try:
        return hashlib.sha256(f"{name}{user}:{password}".encode()).digest()
    except UnicodeEncodeError:
        # UnicodeEncodeError holds the password.
        raise SRPError("the user name or the password can't be encoded as UTF-8") from None


def private_key(salt: int, inner: bytes) -> int:
    """Compute ``x = H(pad(salt) | inner)``."""
    return int.from_bytes(hashlib.sha256(pad(salt) + inner).digest(), "big")


def verifier(salt: int, inner: bytes) -> int:
    """Compute ``v = g^x mod N``, which a server stores and ConfirmDevice sends."""
    return pow(G, private_key(salt, inner), N)


def scramble(public_a: int, public_b: int) -> int:
    """Compute ``u = H(pad(A) | pad(B))``."""
    return int.from_bytes(hashlib.sha256(pad(public_a) + pad(public_b)).digest(), "big")


def shared_value(a: int, u: int, public_b: int, salt: int, inner: bytes) -> int:
    """Compute ``S = (B - k·g^x)^(a + u·x) mod N``.

    Raises:
        SRPError: ``B mod N`` or ``u`` is zero.
    """
    if public_b % N == 0:
        raise SRPError("the server's SRP_B is zero")
    if u == 0:
        raise SRPError("the SRP scrambling value is zero")
    x = private_key(salt, inner)
    return pow(public_b - K * pow(G, x, N), a + u * x, N)


def derive_key(shared: int, u: int) -> bytes:
    """Derive the 16-byte HKDF-SHA256 key (RFC 5869) from ``S``, with ``pad(u)`` as salt."""
    pseudo_random_key = hmac.digest(pad(u), pad(shared), "sha256")
    return hmac.digest(pseudo_random_key, HKDF_INFO + b"\x01", "sha256")[:HKDF_LENGTH]


def sign(key: bytes, name: str, user: str, secret_block: str, timestamp: str) -> str:
    """Compute PASSWORD_CLAIM_SIGNATURE.

    Returns:
        Base64 of HMAC-SHA256 over name, user, the decoded secret block and timestamp.
    """
    message = f"{name}{user}".encode() + base64.b64decode(secret_block) + timestamp.encode()
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def claim_signature(
    *,
    a: int,
    public_a: int,
    srp_b: str,
    salt: str,
    secret_block: str,
    name: str,
    user: str,
    inner: bytes,
    timestamp: str,
) -> str:
    """Compute the signature that answers PASSWORD_VERIFIER or DEVICE_PASSWORD_VERIFIER.

    Args:
        a: The private value.
        public_a: ``public_value(a)``, as sent to the server.
        srp_b: SRP_B of the challenge, hexadecimal.
        salt: SALT of the challenge, hexadecimal.
        secret_block: SECRET_BLOCK of the challenge, base64.
        name: The pool name or the device group key.
        user: USER_ID_FOR_SRP or the device key.
        inner: The result of ``inner_hash()``.
        timestamp: The result of ``format_timestamp()``.

    Raises:
        SRPError: The server's values are malformed or forbidden.
    """
    try:
        public_b, salt_number = _number(srp_b), _number(salt)
        _check_block(secret_block)
    except ValueError:
        raise SRPError("the server's SRP values aren't hexadecimal and base64") from None
    u = scramble(public_a, public_b)
    key = derive_key(shared_value(a, u, public_b, salt_number, inner), u)
    return sign(key, name, user, secret_block, timestamp)


def _number(digits: str) -> int:
    if not set(digits) <= _HEX_DIGITS:  # int() accepts signs, spaces and underscores too
        raise ValueError
    return int(digits, 16)


def _check_block(block: str) -> None:
    # Other clients skip characters that aren't base64. moto's block is a UUID, with hyphens.
    if not set(block) <= _BASE64_DIGITS:
        raise ValueError
    base64.b64decode(block)


def format_timestamp(seconds: float) -> str:
    """Format seconds since the epoch as TIMESTAMP: ``Mon Jan 5 07:03:09 UTC 2026``.

    English names in any locale, and a day without a leading zero: Cognito rejects any other form.
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {month} {moment.day} {moment:%H:%M:%S} UTC {moment.year}"


@dataclass(frozen=True, repr=False)
class PasswordProof:
    """Proves one password, as often as an attempt starts again.

    Holds the password until its user ID is known, then only the inner hash. Immutable: methods return a new
    proof, so that a forked attempt shares nothing with its origin.

    Attributes:
        pool_name: The part of the user pool ID after the underscore, or a device group key.
        password: The password, until it is hashed.
        inner: The result of ``inner_hash()``, or None.
        user: The user ID or device key that ``inner`` was computed for.
        a: The private value, 0 before ``with_new_a``.
        public_a: ``public_value(a)``.
    """

    pool_name: str
    password: Secret | None = None
    inner: Secret | None = None
    user: str = ""
    a: int = 0
    public_a: int = 0

    @property
    def is_known(self) -> bool:
        """Whether there is a password or a hash to prove."""
        return bool(self.password or self.inner)

    @property
    def srp_a(self) -> str:
        """SRP_A in hexadecimal."""
        return f"{self.public_a:x}"

    def proves_same_password(self, other: PasswordProof) -> bool:
        """Return True if both are known to prove one password; False also if that can't be told."""
        return (self.password, self.inner, self.user) == (other.password, other.inner, other.user)

    def with_new_a(self) -> PasswordProof:
        """Return the proof with a new private value, for one PASSWORD_VERIFIER."""
        a = private_value()
        return replace(self, a=a, public_a=public_value(a))

    def hashed_for(self, user: str) -> PasswordProof:
        """Return the proof with the inner hash in place of the password.

        Args:
            user: USER_ID_FOR_SRP of the challenge, or a device key.

        Raises:
            AuthError: There is no password to hash, or the hash belongs to another user.
        """
        if self.password is not None:
            return replace(self, password=None, inner=self._hash(user, self.password), user=user)
        if self.inner is None or self.user != user:
            raise AuthError(ErrorKind.NOT_AUTHORIZED, "The password is required again.", "Sign in again.")
        return self

    def for_new_password(self, password: Secret) -> PasswordProof:
        """Return the proof of a password that NEW_PASSWORD_REQUIRED puts in place of this one."""
        if self.inner is None:
            return replace(self, password=password)
        return replace(self, inner=self._hash(self.user, password))

    def challenge_responses(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Compute the responses to PASSWORD_VERIFIER or DEVICE_PASSWORD_VERIFIER.

        Args:
            parameters: The challenge's parameters.
            now: The server's time in seconds since the epoch.

        Raises:
            AuthError: The server's values are malformed or forbidden (kind SERVICE).
        """
        if self.inner is None:
            raise AuthError(ErrorKind.INVALID_STATE, "The password wasn't hashed before its SRP proof.")
        srp_b, salt, secret_block = (
            value if isinstance(value := parameters.get(key), str) else ""
            for key in ("SRP_B", "SALT", "SECRET_BLOCK")
        )
        timestamp = format_timestamp(now)
        try:
            signature = claim_signature(
                a=self.a,
                public_a=self.public_a,
                srp_b=srp_b,
                salt=salt,
                secret_block=secret_block,
                name=self.pool_name,
                user=self.user,
                inner=self.inner.reveal_bytes(),
                timestamp=timestamp,
            )
        except SRPError:
            raise AuthError(
                ErrorKind.SERVICE, "The server sent invalid values for the password proof."
            ) from None
        return {
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "PASSWORD_CLAIM_SECRET_BLOCK": secret_block,
            "TIMESTAMP": timestamp,
        }

    def _hash(self, user: str, password: Secret) -> Secret:
        if not is_unicode(user):
            raise AuthError(ErrorKind.SERVICE, "Cognito sent a user name that isn't Unicode text.")
        try:
            return Secret(inner_hash(self.pool_name, user, password.reveal()))
        except SRPError:
            raise AuthError(
                ErrorKind.VALIDATION, "The password isn't valid Unicode text.", "Enter it again."
            ) from None
