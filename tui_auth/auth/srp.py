"""SRP-6a as Cognito does it: the maths, as pure functions.

Constants: RFC 3526 group 15 with g = 2, SHA-256 throughout, HKDF (RFC 5869) with Cognito's own info
string. The same maths serves a user's password (``name`` is the part of the user pool id after the
underscore, ``user`` is ``USER_ID_FOR_SRP``) and a remembered device (device group key and device key).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from string import hexdigits

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
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SRPError(ValueError):
    """The server sent a value that the protocol forbids (B or u is zero, or it is not hexadecimal)."""


def pad(number: int) -> bytes:
    """The shortest big-endian two's-complement bytes of a non-negative integer.

    A leading zero byte stands where the top bit is set; there is no padding to the length of N.
    """
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


K = int.from_bytes(hashlib.sha256(pad(N) + pad(G)).digest(), "big")


def private_value() -> int:
    """A fresh random ``a`` of 256 bits: twice the security level of the group, and quick to raise."""
    return secrets.randbits(256) | 1


def public_value(a: int) -> int:
    """``A = g^a mod N``."""
    return pow(G, a, N)


def inner_hash(name: str, user: str, password: str) -> bytes:
    """``H(name | user | ":" | password)``, 32 bytes: what a restart needs in place of the password.

    Raises SRPError for text that is not Unicode.
    """
    try:
        return hashlib.sha256(f"{name}{user}:{password}".encode()).digest()
    except UnicodeEncodeError:
        # Python's own exception would carry the password.
        raise SRPError("a name or the password cannot be written as UTF-8") from None


def private_key(salt: int, inner: bytes) -> int:
    """``x = H(pad(salt) | inner)``."""
    return int.from_bytes(hashlib.sha256(pad(salt) + inner).digest(), "big")


def verifier(salt: int, inner: bytes) -> int:
    """``v = g^x mod N``: what a server keeps, and what ConfirmDevice sends for a device."""
    return pow(G, private_key(salt, inner), N)


def scramble(public_a: int, public_b: int) -> int:
    """``u = H(pad(A) | pad(B))``."""
    return int.from_bytes(hashlib.sha256(pad(public_a) + pad(public_b)).digest(), "big")


def shared_value(a: int, u: int, public_b: int, salt: int, inner: bytes) -> int:
    """``S = (B - k·g^x)^(a + u·x) mod N``. Raises SRPError where B mod N or u is zero."""
    if public_b % N == 0:
        raise SRPError("the server's SRP_B is zero")
    if u == 0:
        raise SRPError("the SRP scrambling value is zero")
    x = private_key(salt, inner)
    return pow(public_b - K * pow(G, x, N), a + u * x, N)


def derive_key(shared: int, u: int) -> bytes:
    """The 16-byte HKDF-SHA256 key (RFC 5869) of the shared secret ``S``, with ``pad(u)`` for salt."""
    pseudo_random_key = hmac.digest(pad(u), pad(shared), "sha256")
    return hmac.digest(pseudo_random_key, HKDF_INFO + b"\x01", "sha256")[:HKDF_LENGTH]


def sign(key: bytes, name: str, user: str, secret_block: str, timestamp: str) -> str:
    """PASSWORD_CLAIM_SIGNATURE: base64 of HMAC-SHA256 over name, user, the block's bytes, timestamp."""
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
    """The answer to PASSWORD_VERIFIER or DEVICE_PASSWORD_VERIFIER.

    ``public_a`` is ``public_value(a)``, as it was sent. ``srp_b`` and ``salt`` are hexadecimal and
    ``secret_block`` base64, as they came; ``inner`` is ``inner_hash()``'s result. Raises SRPError where the
    server's values cannot be right.
    """
    try:
        public_b, salt_number = _number(srp_b), _number(salt)
        base64.b64decode(secret_block, validate=True)
    except ValueError:
        raise SRPError("the server's SRP values are not hexadecimal and base64") from None
    u = scramble(public_a, public_b)
    key = derive_key(shared_value(a, u, public_b, salt_number, inner), u)
    return sign(key, name, user, secret_block, timestamp)


def _number(digits: str) -> int:
    if not set(digits) <= _HEX_DIGITS:  # int() takes signs, blanks and underscores too
        raise ValueError
    return int(digits, 16)


def format_timestamp(seconds: float) -> str:
    """TIMESTAMP for seconds since the epoch: ``Mon Jan 5 07:03:09 UTC 2026``.

    English names whatever the locale, and a day without a leading zero: Cognito refuses another form.
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {month} {moment.day} {moment:%H:%M:%S} UTC {moment.year}"
