"""A security key in memory: an authenticator of CTAP 2.1, for the demo and for tests.

It makes discoverable ES256 credentials, has a PIN (protocols 1 and 2) and waits to be touched. Like a real
key, it rejects a request whose CBOR isn't canonical or has a member of another type. Its credentials are only
in memory, and their private keys are protected by nothing: it is no place for a passkey of a real account.
"""

from __future__ import annotations

import errno
import hmac
import secrets
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.ctap import STATUS, CtapDevice, CtapError
from fido2.ctap2.base import Ctap2
from fido2.ctap2.pin import ClientPin, PinProtocol, PinProtocolV1, PinProtocolV2
from fido2.hid import CAPABILITY, CTAPHID
from fido2.utils import sha256
from fido2.webauthn import Aaguid, AttestedCredentialData, AuthenticatorData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ERR = CtapError.ERR
FLAG = AuthenticatorData.FLAG
AAGUID: Final = bytes.fromhex("74756961757468206b65792030303031")
MAX_PIN_RETRIES: Final = 8
TRIES_BEFORE_REPLUG: Final = 3
_WRONG_DATA: Final = b"\x6a\x80"
_POLL_SECONDS: Final = 0.02

_Types = dict[Any, Any]
"""The type of each member of a request."""

_PROTOCOLS: Final[dict[int, type[PinProtocolV1]]] = {1: PinProtocolV1, 2: PinProtocolV2}
_MAKE_CREDENTIAL: _Types = {
    1: bytes,
    2: dict,
    3: dict,
    4: list,
    5: list,
    6: dict,
    7: dict,
    8: bytes,
    9: int,
    10: int,
}
_GET_ASSERTION: _Types = {1: str, 2: bytes, 3: list, 4: dict, 5: dict, 6: bytes, 7: int}
_CLIENT_PIN: _Types = {1: int, 2: int, 3: dict, 4: bytes, 5: bytes, 6: bytes, 9: int, 10: str}
_RELYING_PARTY: _Types = {"id": str, "name": str}
_USER: _Types = {"id": bytes, "name": str, "displayName": str}
_ALGORITHM: _Types = {"type": str, "alg": int}
_DESCRIPTOR: _Types = {"type": str, "id": bytes, "transports": list}


@dataclass
class Credential:
    """A discoverable credential on the key."""

    id: bytes
    rp_id: str
    user: dict[str, Any]
    private_key: ec.EllipticCurvePrivateKey
    counter: int = 0

    @property
    def attested(self) -> bytes:
        """The attested credential data (WebAuthn §6.5.1)."""
        public_key = ES256.from_cryptography_key(self.private_key.public_key())  # type: ignore[no-untyped-call]
        return bytes(AttestedCredentialData.create(Aaguid(AAGUID), self.id, public_key))

    def sign(self, data: bytes) -> bytes:
        return self.private_key.sign(data, ec.ECDSA(hashes.SHA256()))


@dataclass
class SoftwareKey(CtapDevice):
    """A security key; several threads may use it, one request at a time.

    Args:
        pin: Its PIN, or None if no PIN is set.
        product_name: Its name in a list of keys.
        always_touched: Whether it needs no ``touch``.
        versions: What it implements; only FIDO_2_1 has permissions and the selection command.
        pin_protocols: The PIN protocols, the preferred one first.
        room: How many credentials it holds.
        touch_seconds: How long it waits for a touch.
        is_u2f_only: Whether it is from before CTAP 2.
    """

    pin: str | None = field(default=None, repr=False)
    product_name: str = "Software key"
    always_touched: bool = False
    versions: tuple[str, ...] = ("FIDO_2_0", "FIDO_2_1")
    pin_protocols: tuple[int, ...] = (2, 1)
    room: int = 25
    touch_seconds: float = 30.0
    is_u2f_only: bool = False
    credentials: list[Credential] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pin_retries = MAX_PIN_RETRIES
        self.is_unplugged = False
        self.touch_is_due = threading.Event()
        self._touched = threading.Event()
        self._lock = threading.Lock()
        self._next_assertions: list[bytes] = []
        self.plug_in()

    # --- What a user does with it ------------------------------------------------------------------------

    def touch(self) -> bool:
        """Touch the key; return whether it waited for that."""
        if not self.touch_is_due.is_set():
            return False
        self._touched.set()
        return True

    def unplug(self) -> None:
        """Take it out: a request that waits fails."""
        self.is_unplugged = True
        self._touched.set()

    def plug_in(self) -> None:
        """Put it in again, which allows more tries of the PIN."""
        self.is_unplugged = False
        self._tries_before_replug = TRIES_BEFORE_REPLUG
        self._new_session()

    def _new_session(self) -> None:
        self._agreement = ec.generate_private_key(ec.SECP256R1())
        self._token = secrets.token_bytes(32)
        self._permissions = ClientPin.PERMISSION(0)
        self._permitted_rp: str | None = None

    # --- CtapDevice --------------------------------------------------------------------------------------

    @classmethod
    def list_devices(cls) -> Iterator[CtapDevice]:
        return iter(())

    @property
    def capabilities(self) -> int:
        return 0 if self.is_u2f_only else CAPABILITY.CBOR

    def call(
        self,
        cmd: int,
        data: bytes = b"",
        event: threading.Event | None = None,
        on_keepalive: Callable[[STATUS], None] | None = None,
    ) -> bytes:
        with self._lock:
            self._check_plugged_in()
            if cmd != CTAPHID.CBOR or self.is_u2f_only:
                return _WRONG_DATA
            try:
                reply = self._serve(data[0], data[1:], _Touch(event, on_keepalive))
            except CtapError as error:
                return bytes([error.code])
            return b"\0" + (cbor.encode(reply) if isinstance(reply, dict) else reply)

    def _check_plugged_in(self) -> None:
        if self.is_unplugged:
            raise OSError(errno.ENODEV, "No such device")

    def _serve(self, command: int, data: bytes, touch: _Touch) -> dict[Any, Any] | bytes:
        match command:
            case Ctap2.CMD.GET_INFO:
                return self._info()
            case Ctap2.CMD.CLIENT_PIN:
                return self._client_pin(_parse(data, _CLIENT_PIN, required=(1, 2)))
            case Ctap2.CMD.MAKE_CREDENTIAL:
                return self._make_credential(_parse(data, _MAKE_CREDENTIAL, required=(1, 2, 3, 4)), touch)
            case Ctap2.CMD.GET_ASSERTION:
                return self._get_assertion(_parse(data, _GET_ASSERTION, required=(1, 2)), touch)
            case Ctap2.CMD.GET_NEXT_ASSERTION if self._next_assertions:
                return self._next_assertions.pop(0)
            case Ctap2.CMD.GET_NEXT_ASSERTION:
                raise CtapError(ERR.NOT_ALLOWED)
            case Ctap2.CMD.SELECTION if "FIDO_2_1" in self.versions:
                self._wait_for_touch(touch)
                return b""
        raise CtapError(ERR.INVALID_COMMAND)

    def _info(self) -> dict[Any, Any]:
        options = {"rk": True, "up": True, "clientPin": self.pin is not None}
        if "FIDO_2_1" in self.versions:
            options["pinUvAuthToken"] = True
        return {
            1: list(self.versions),
            2: [],
            3: AAGUID,
            4: options,
            5: 1200,
            6: list(self.pin_protocols),
            7: 8,
            8: 128,
            9: ["usb"],
            10: [{"type": "public-key", "alg": -7}],
        }

    # --- PIN ---------------------------------------------------------------------------------------------

    def _client_pin(self, request: dict[int, Any]) -> dict[Any, Any]:
        if request[1] not in self.pin_protocols:
            raise CtapError(ERR.INVALID_PARAMETER)
        match request[2]:
            case ClientPin.CMD.GET_PIN_RETRIES:
                return {3: self.pin_retries, 4: self._tries_before_replug == 0}
            case ClientPin.CMD.GET_KEY_AGREEMENT:
                numbers = self._agreement.public_key().public_numbers()
                x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
                return {1: {1: 2, 3: -25, -1: 1, -2: x, -3: y}}
            case ClientPin.CMD.GET_TOKEN_USING_PIN_LEGACY:
                both = ClientPin.PERMISSION.MAKE_CREDENTIAL | ClientPin.PERMISSION.GET_ASSERTION
                return self._token_for_pin(request, both, None)
            case ClientPin.CMD.GET_TOKEN_USING_PIN if "FIDO_2_1" in self.versions:
                permissions = ClientPin.PERMISSION(request[9])
                return self._token_for_pin(request, permissions, request.get(10))
        raise CtapError(ERR.INVALID_SUBCOMMAND)

    def _token_for_pin(
        self, request: dict[int, Any], permissions: ClientPin.PERMISSION, rp_id: str | None
    ) -> dict[Any, Any]:
        if self.pin is None:
            raise CtapError(ERR.PIN_NOT_SET)
        if self.pin_retries == 0:
            raise CtapError(ERR.PIN_BLOCKED)
        if self._tries_before_replug == 0:
            raise CtapError(ERR.PIN_AUTH_BLOCKED)
        protocol = _PROTOCOLS[request[1]]()
        shared = self._shared_secret(protocol, request[3])
        self.pin_retries -= 1
        self._tries_before_replug -= 1
        proof = cast("PinProtocol", protocol).decrypt(shared, request[6])
        if not hmac.compare_digest(proof, sha256(self.pin.encode())[:16]):
            self._new_session()
            if self.pin_retries == 0:
                raise CtapError(ERR.PIN_BLOCKED)
            raise CtapError(ERR.PIN_AUTH_BLOCKED if self._tries_before_replug == 0 else ERR.PIN_INVALID)
        self.pin_retries, self._tries_before_replug = MAX_PIN_RETRIES, TRIES_BEFORE_REPLUG
        self._token = secrets.token_bytes(32)
        self._permissions, self._permitted_rp = permissions, rp_id
        return {2: cast("PinProtocol", protocol).encrypt(shared, self._token)}

    def _shared_secret(self, protocol: PinProtocolV1, peer: dict[int, Any]) -> bytes:
        x, y = (int.from_bytes(peer[member], "big") for member in (-2, -3))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        return protocol.kdf(self._agreement.exchange(ec.ECDH(), public))

    def _is_user_verified(
        self, proof: bytes | None, protocol: int | None, digest: bytes, permission: int, rp_id: str
    ) -> bool:
        """Return whether a request has a proof of the PIN token; raise CtapError if the proof is wrong."""
        if proof is None:
            return False
        if protocol not in self.pin_protocols:
            raise CtapError(ERR.MISSING_PARAMETER)
        verifier: PinProtocol = _PROTOCOLS[protocol]()
        if not hmac.compare_digest(verifier.authenticate(self._token, digest), proof):
            raise CtapError(ERR.PIN_AUTH_INVALID)
        if not self._permissions & permission or self._permitted_rp not in (None, rp_id):
            raise CtapError(ERR.PIN_AUTH_INVALID)
        return True

    # --- Credentials -------------------------------------------------------------------------------------

    def _make_credential(self, request: dict[int, Any], touch: _Touch) -> dict[Any, Any]:
        digest, relying_party, user = request[1], request[2], request[3]
        _check_members(relying_party, _RELYING_PARTY, required=("id",))
        _check_members(user, _USER, required=("id",))
        for entry in request[4]:
            _check_members(entry, _ALGORITHM, required=("type", "alg"))
        excluded = _parse_descriptors(request.get(5, []))
        proof = request.get(8)
        if proof == b"":  # the selection of keys that have no command for it
            self._wait_for_touch(touch)
            raise CtapError(ERR.PIN_NOT_SET if self.pin is None else ERR.PIN_INVALID)
        if not any(entry == {"type": "public-key", "alg": -7} for entry in request[4]):
            raise CtapError(ERR.UNSUPPORTED_ALGORITHM)
        rp_id, permission = relying_party["id"], ClientPin.PERMISSION.MAKE_CREDENTIAL
        is_verified = self._is_user_verified(proof, request.get(9), digest, permission, rp_id)
        if self.pin is not None and not is_verified:
            raise CtapError(ERR.PUAT_REQUIRED)
        self._wait_for_touch(touch)
        if any(credential.id in excluded for credential in self._credentials_of(rp_id)):
            raise CtapError(ERR.CREDENTIAL_EXCLUDED)
        if len(self.credentials) >= self.room:
            raise CtapError(ERR.KEY_STORE_FULL)
        credential = Credential(secrets.token_bytes(32), rp_id, user, ec.generate_private_key(ec.SECP256R1()))
        self.credentials.append(credential)
        flags = FLAG.UP | FLAG.AT | (FLAG.UV if is_verified else FLAG(0))
        data = AuthenticatorData.create(sha256(rp_id.encode()), flags, 0, credential.attested)
        return {1: "packed", 2: bytes(data), 3: {"alg": -7, "sig": credential.sign(data + digest)}}

    def _get_assertion(self, request: dict[int, Any], touch: _Touch) -> bytes:
        rp_id, digest, options = request[1], request[2], request.get(5, {})
        permission = ClientPin.PERMISSION.GET_ASSERTION
        is_verified = self._is_user_verified(request.get(6), request.get(7), digest, permission, rp_id)
        needs_touch = options.get("up", True)
        if needs_touch:
            self._wait_for_touch(touch)
        candidates = self._credentials_of(rp_id)
        if 3 in request:
            allowed = _parse_descriptors(request[3])
            candidates = [credential for credential in candidates if credential.id in allowed][:1]
        if not candidates:
            raise CtapError(ERR.NO_CREDENTIALS)
        flags = (FLAG.UP if needs_touch else FLAG(0)) | (FLAG.UV if is_verified else FLAG(0))
        replies = [self._assertion(credential, digest, flags) for credential in reversed(candidates)]
        if len(replies) > 1:
            replies[0][5] = len(replies)
        first, *self._next_assertions = [cbor.encode(reply) for reply in replies]
        return first

    def _assertion(self, credential: Credential, digest: bytes, flags: FLAG) -> dict[int, Any]:
        if flags & FLAG.UP:
            credential.counter += 1
        data = AuthenticatorData.create(sha256(credential.rp_id.encode()), flags, credential.counter)
        return {
            1: {"type": "public-key", "id": credential.id},
            2: bytes(data),
            3: credential.sign(data + digest),
            4: {"id": credential.user["id"]},
        }

    def _credentials_of(self, rp_id: str) -> list[Credential]:
        return [credential for credential in self.credentials if credential.rp_id == rp_id]

    # --- Touch -------------------------------------------------------------------------------------------

    def _wait_for_touch(self, touch: _Touch) -> None:
        """Wait until the key is touched; raise CtapError if that takes too long or is canceled."""
        if self.always_touched:
            return
        self._touched.clear()
        self.touch_is_due.set()
        try:
            touch.report()
            for _ in range(int(self.touch_seconds / _POLL_SECONDS)):
                if touch.is_canceled:
                    raise CtapError(ERR.KEEPALIVE_CANCEL)
                if self._touched.wait(_POLL_SECONDS):
                    self._check_plugged_in()
                    return
            raise CtapError(ERR.USER_ACTION_TIMEOUT)
        finally:
            self.touch_is_due.clear()


@dataclass(frozen=True)
class _Touch:
    """How a request reports that it waits for a touch, and how it is canceled."""

    event: threading.Event | None
    on_keepalive: Callable[[STATUS], None] | None

    def report(self) -> None:
        if self.on_keepalive is not None:
            self.on_keepalive(STATUS.UPNEEDED)

    @property
    def is_canceled(self) -> bool:
        return self.event is not None and self.event.is_set()


def _parse(data: bytes, types: _Types, required: tuple[Any, ...]) -> dict[Any, Any]:
    """Parse a request; raise CtapError unless it is canonical CBOR with members of these types."""
    try:
        request = cbor.decode(data)
        is_canonical = cbor.encode(request) == data
    except (LookupError, TypeError, ValueError, struct.error):
        raise CtapError(ERR.INVALID_CBOR) from None
    if not is_canonical:
        raise CtapError(ERR.INVALID_CBOR)
    return _check_members(request, types, required)


def _check_members(value: Any, types: _Types, required: tuple[Any, ...]) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise CtapError(ERR.CBOR_UNEXPECTED_TYPE)
    if any(type(value[member]) is not types[member] for member in value if member in types):
        raise CtapError(ERR.CBOR_UNEXPECTED_TYPE)
    if any(member not in value for member in required):
        raise CtapError(ERR.MISSING_PARAMETER)
    return value


def _parse_descriptors(entries: list[Any]) -> list[bytes]:
    return [_check_members(entry, _DESCRIPTOR, ("type", "id"))["id"] for entry in entries]
