"""Use a security key: an assertion to sign in with, or a new credential to register (WebAuthn Level 2).

fido2's client talks to the key. What Cognito sends doesn't suit it as it is, so ``request_options`` and
``creation_options`` take only what a passkey needs, and correct it. The result is the JSON of a browser.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar

from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap import CtapError
from fido2.ctap2.base import Ctap2
from fido2.ctap2.pin import ClientPin
from fido2.hid import ConnectionFailure
from fido2.webauthn import PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions

from tui_auth.auth.passkey_request import parse_options, timeout_seconds
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.errors import drops_secrets
from tui_auth.passkeys.keys import Deadline
from tui_auth.passkeys.problems import passkey_error, problem_of
from tui_auth.secret import Secret

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from fido2.ctap import CtapDevice
    from fido2.ctap2.base import Info

    from tui_auth.passkeys.person import KeyHolder
    from tui_auth.passkeys.relying_party import RelyingParty

T = TypeVar("T")

_TRANSPORTS = ["usb"]
_UNANSWERED = (OSError, ConnectionFailure, CtapError)


@drops_secrets
def make_assertion(
    device: CtapDevice,
    options: str,
    relying_party: RelyingParty,
    person: KeyHolder,
    cancel: threading.Event | None = None,
) -> Secret:
    """Answer WEB_AUTHN with a key.

    Args:
        device: The key.
        options: CREDENTIAL_REQUEST_OPTIONS, as the pool sent it (``ContinueSignInWithPasskey.options``).
        relying_party: The one the user trusts. The request must be for it.
        person: Whoever uses the key.
        cancel: Set it to give up. With a ``Deadline``, its time counts, else the request's.

    Returns:
        The answer, CREDENTIAL: an AuthenticationResponseJSON.

    Raises:
        PasskeyError: The key made no assertion; ``problem`` says why.
    """
    request = parse_options(options)

    def use(client: Fido2Client, event: threading.Event) -> Secret:
        prepared = request_options(request, client.info)
        if prepared.rp_id != relying_party.id:
            raise passkey_error(PasskeyProblem.RELYING_PARTY_REJECTED)
        response = client.get_assertion(prepared, event).get_response(0)
        return Secret(json.dumps(dict(response), separators=(",", ":")))

    return _with_client(device, request, relying_party, person, cancel, use)


@drops_secrets
def make_credential(
    device: CtapDevice,
    options: Mapping[str, Any],
    relying_party: RelyingParty,
    person: KeyHolder,
    cancel: threading.Event | None = None,
) -> dict[str, Any]:
    """Make a passkey on a key.

    Args:
        device: The key.
        options: CredentialCreationOptions of StartWebAuthnRegistration.
        relying_party: The one the user trusts. The request must be for it.
        person: Whoever uses the key.
        cancel: Set it to give up. With a ``Deadline``, its time counts, else the request's.

    Returns:
        The Credential for CompleteWebAuthnRegistration: a RegistrationResponseJSON.

    Raises:
        PasskeyError: The key made no passkey; ``problem`` says why.
    """

    def use(client: Fido2Client, event: threading.Event) -> dict[str, Any]:
        prepared = creation_options(options, client.info)
        if prepared.rp.id != relying_party.id:
            raise passkey_error(PasskeyProblem.RELYING_PARTY_REJECTED)
        response: dict[str, Any] = json.loads(json.dumps(dict(client.make_credential(prepared, event))))
        # Cognito rejects a credential without transports (aws/aws-sdk-net#4386), and fido2 adds none.
        response["response"]["transports"] = list(_TRANSPORTS)
        return response

    return _with_client(device, options, relying_party, person, cancel, use)


# --- Options ---------------------------------------------------------------------------------------------


def request_options(request: Mapping[str, Any], info: Info) -> PublicKeyCredentialRequestOptions:
    """Return the options for an assertion, without extensions and corrected for fido2.

    Raises:
        PasskeyError: The request can't be used (BAD_REQUEST).
    """
    return _build(
        PublicKeyCredentialRequestOptions,
        {
            "challenge": _string(request.get("challenge")),
            "rpId": _string(request.get("rpId")),
            "allowCredentials": _descriptors(request.get("allowCredentials")),
            "userVerification": _user_verification(request.get("userVerification"), info),
        },
    )


def creation_options(request: Mapping[str, Any], info: Info) -> PublicKeyCredentialCreationOptions:
    """Return the options for a new credential, without extensions and attestation, corrected for fido2.

    Raises:
        PasskeyError: The request can't be used (BAD_REQUEST).
    """
    relying_party, user = _mapping(request.get("rp")), _mapping(request.get("user"))
    selection = _mapping(request.get("authenticatorSelection"))
    return _build(
        PublicKeyCredentialCreationOptions,
        {
            "rp": {
                "id": _string(relying_party.get("id")),
                "name": _text(relying_party.get("name")) or "Cognito",
            },
            # An empty displayName, which is what Cognito sends, would reach the key as an empty list.
            "user": {
                "id": _string(user.get("id")),
                "name": _text(user.get("name")) or "user",
                **({"displayName": _text(user["displayName"])} if _text(user.get("displayName")) else {}),
            },
            "challenge": _string(request.get("challenge")),
            "pubKeyCredParams": request.get("pubKeyCredParams"),
            "excludeCredentials": _descriptors(request.get("excludeCredentials")),
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": _user_verification(selection.get("userVerification"), info),
            },
        },
    )


_Options = TypeVar("_Options", PublicKeyCredentialRequestOptions, PublicKeyCredentialCreationOptions)


def _build(options: type[_Options], members: dict[str, Any]) -> _Options:
    try:
        built = options.from_dict({name: value for name, value in members.items() if value is not None})
    except (AttributeError, LookupError, TypeError, ValueError):
        built = None
    if built is None or not isinstance(built.challenge, bytes) or not built.challenge:
        raise passkey_error(PasskeyProblem.BAD_REQUEST)
    return built


def _user_verification(requirement: object, info: Info) -> str:
    """Return the user verification to ask this key for.

    ``preferred`` means without, for a key that has neither a PIN nor a fingerprint; fido2 rejects such a key.
    """
    if requirement == "required":
        return "required"
    can_verify = any(info.options.get(option) for option in ("uv", "clientPin", "bioEnroll"))
    return "preferred" if can_verify and requirement != "discouraged" else "discouraged"


def _descriptors(value: object) -> list[Any] | None:
    """Return a list of credentials, or None if it is empty, which means any."""
    if not isinstance(value, list) or not value:
        return None
    return [
        {"type": "public-key", "id": _string(entry.get("id"))} for entry in value if isinstance(entry, dict)
    ]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(value: object) -> str | None:
    """Return a string, else None: fido2 would make a number into that many bytes."""
    return value if isinstance(value, str) else None


def _text(value: object) -> str:
    """Return a text as short as keys store it (WebAuthn §6.4.1); empty if it is none."""
    return value.encode(errors="ignore")[:64].decode(errors="ignore") if isinstance(value, str) else ""


# --- The key ---------------------------------------------------------------------------------------------


def _with_client(
    device: CtapDevice,
    options: Mapping[str, Any],
    relying_party: RelyingParty,
    person: KeyHolder,
    cancel: threading.Event | None,
    use: Callable[[Fido2Client, threading.Event], T],
) -> T:
    """Run a ceremony; ask for the PIN again while it is wrong and the key allows that."""
    interaction = _Interaction(device, person)
    deadline = cancel if isinstance(cancel, Deadline) else Deadline(timeout_seconds(options), cancel)
    while True:
        try:
            client = Fido2Client(
                device, DefaultClientDataCollector(relying_party.origin), interaction, extensions=[]
            )
            return use(client, deadline)
        except ClientError as error:
            problem = problem_of(error)
        except _UNANSWERED:
            problem = PasskeyProblem.KEY_REMOVED
        except (TypeError, ValueError):  # data that no key sends
            problem = PasskeyProblem.KEY_REMOVED
        if problem is not PasskeyProblem.PIN_WRONG or deadline.is_set():
            break
        interaction.was_wrong = True
    if deadline.is_set() and problem in (PasskeyProblem.CANCELED, PasskeyProblem.NOT_TOUCHED):
        raise deadline.error()
    raise passkey_error(problem)


class _Interaction(UserInteraction):
    """Asks the person what fido2's client asks for."""

    def __init__(self, device: CtapDevice, person: KeyHolder) -> None:
        self._device = device
        self._person = person
        self.was_wrong = False

    def prompt_up(self) -> None:
        self._person.touch()

    def request_pin(self, permissions: ClientPin.PERMISSION, rp_id: str | None) -> str | None:
        tries_left = pin_tries_left(self._device)
        if tries_left == 0:
            raise CtapError(CtapError.ERR.PIN_BLOCKED)
        pin = self._person.pin(tries_left, was_wrong=self.was_wrong)
        return None if pin is None else unicodedata.normalize("NFC", pin.reveal())


def pin_tries_left(device: CtapDevice) -> int | None:
    """Return how many tries of the PIN the key allows before it blocks itself, or None if it doesn't say."""
    try:
        retries: int = ClientPin(Ctap2(device)).get_pin_retries()[0]
    except (CtapError, KeyError, ValueError):
        return None
    return retries
