"""A pool that lies about the site of a passkey gets no assertion and no credential for another site."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from tests.passkeys.people import SITE, Someone, touched_key
from tests.passkeys.test_ceremony import CHALLENGE, creation, request
from tests.waiting import wait_until
from tui_auth.auth.challenges import Challenge, next_step_for
from tui_auth.auth.next_step import ContinueSignInWithPasskey
from tui_auth.cli.sign_in_now import passkey_settings
from tui_auth.config.files import Origin, SourceKind
from tui_auth.config.resolver import ResolvedPool
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.flow.interface import PasskeySettings, SignInSettings
from tui_auth.flow.passkey import KeyEvent, KeyStage, RegistrationCeremony, SigningCeremony
from tui_auth.passkeys.ceremony import make_credential
from tui_auth.passkeys.relying_party import RelyingParty
from tui_auth.secret import Secret

BANK = "bank.example"
SITES = (SITE, BANK, "example.com", "auth.example.com.evil.net", "xn--uth-6cd.example.com")


@dataclass
class LyingFlow:
    """A sign-in to a pool whose user has one key for everything, and confirms nothing."""

    key: SoftwareKey
    settings: SignInSettings
    endpoint_url: str | None = None

    @property
    def auth(self) -> Any:
        return SimpleNamespace(client=SimpleNamespace(endpoint_url=self.endpoint_url))

    def problem(self) -> None:
        return None

    def open(self) -> Sequence[SoftwareKey]:
        return [self.key]


@pytest.fixture(scope="module")
def passkeys() -> SoftwareKey:
    """Return a key with a passkey of each site, among them names that only look like the pool's."""
    key = touched_key()
    for site in SITES:
        make_credential(key, creation(rp={"id": site, "name": site}), RelyingParty(site), Someone())
    return key


@pytest.fixture
def key(passkeys: SoftwareKey) -> SoftwareKey:
    for credential in passkeys.credentials:
        credential.counter = 0
    return passkeys


def flow_for(key: SoftwareKey, **settings: Any) -> LyingFlow:
    flow = LyingFlow(key, SignInSettings("acme"))
    flow.settings = replace(flow.settings, passkeys=PasskeySettings(keys=flow, **settings))
    return flow


def run(ceremony: Any, events: list[KeyEvent]) -> KeyEvent:
    ceremony.start()
    wait_until(lambda: events and events[-1].stage in (KeyStage.DONE, KeyStage.FAILED))
    return events[-1]


def sign(flow: LyingFlow, options: str) -> KeyEvent | None:
    """Return how the ceremony for a challenge with these options ends; None if it isn't taken for one."""
    challenge = Challenge(
        "WEB_AUTHN", Secret("session"), {"CREDENTIAL_REQUEST_OPTIONS": options}, ("PASSWORD",)
    )
    step = next_step_for(challenge)
    if not isinstance(step, ContinueSignInWithPasskey):
        return None
    events: list[KeyEvent] = []
    return run(SigningCeremony(flow, step, events.append), events)  # type: ignore[arg-type]


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


OTHER_NAMES = (
    BANK,
    "AUTH.example.com",
    "auth.example.COM",
    "auth.example.com.",
    "auth.example.com..",
    "example.com",
    "x.auth.example.com",
    "auth.example.com.evil.net",
    "evil-auth.example.com",
    " auth.example.com",
    "auth.example.com\n",
    "auth.example.com\0",
    "auth.example.com:443",
    "https://auth.example.com",
    "user@auth.example.com",
    "auth。example。com",
    "ａuth.example.com",
    "аuth.example.com",
    "xn--uth-6cd.example.com",
    "XN--UTH-6CD.example.com",
    "auth.exam\u00adple.com",
    "auth.example.com\u200b",
    "%61uth.example.com",
    "localhost",
    "127.0.0.1",
    "*",
    "",
)

OTHER_VALUES: tuple[Any, ...] = (None, 7, True, [SITE], {})

HOSTILE_REQUESTS = {
    **{f"site {name!r}": request(rpId=name) for name in OTHER_NAMES},
    **{f"site of type {type(value).__name__}": request(rpId=value) for value in OTHER_VALUES},
    "two sites, the other last": f'{{"challenge": "{CHALLENGE}", "rpId": "{SITE}", "rpId": "{BANK}"}}',
    "two sites, the other first": f'{{"challenge": "{CHALLENGE}", "rpId": "{BANK}", "rpId": "{SITE}"}}',
    "origin of its own": request(origin=f"https://{BANK}", topOrigin=f"https://{BANK}", crossOrigin=True),
    "another type": request(type="webauthn.create", clientDataJSON="AAAA", clientDataHash="AAAA"),
    "app ID of another site": request(extensions={"appid": f"https://{BANK}", "appidExclude": BANK}),
    "secrets of the key": request(
        extensions={
            "hmacGetSecret": {"salt1": CHALLENGE * 2},
            "prf": {"eval": {"first": "AAAA"}},
            "largeBlob": {"read": True},
            "uvm": True,
            "thirdPartyPayment": True,
        }
    ),
    "challenge of a type": request(challenge=["AAAA"]),
    "huge challenge": request(challenge="A" * 40_000),
    "more than a request": request(challenge="A" * 100_000),
    "deep": "[" * 20_000,
    "no end": request(timeout=float("nan")),
    "no float": request(timeout=10**400),
    "verification of a type": request(userVerification=["required"]),
    "credentials of a type": request(allowCredentials={"id": "AAAA"}),
    "credentials that are none": request(allowCredentials=[1, None, "AAAA"]),
    "many credentials": request(allowCredentials=[{"type": "public-key", "id": "AAAA"}] * 1000),
    "huge credential": request(allowCredentials=[{"type": "public-key", "id": "A" * 40_000}]),
}


@pytest.mark.parametrize("pin", [{"relying_party": SITE}, {}], ids=["pinned", "not pinned"])
@pytest.mark.parametrize("name", HOSTILE_REQUESTS)
def test_no_request_gets_an_assertion_for_another_site(
    key: SoftwareKey, name: str, pin: dict[str, Any]
) -> None:
    event = sign(flow_for(key, **pin), HOSTILE_REQUESTS[name])

    assert [credential.rp_id for credential in key.credentials if credential.counter] in ([], [SITE])
    if event is None or event.answer is None:
        return
    assert pin, "nobody has confirmed the site"
    answer = json.loads(event.answer.reveal())
    client_data = json.loads(decoded(answer["response"]["clientDataJSON"]))
    assert client_data["origin"] == f"https://{SITE}"
    assert client_data["type"] == "webauthn.get"
    assert not client_data.get("crossOrigin")
    assert decoded(answer["response"]["authenticatorData"])[:32] == sha256(SITE.encode()).digest()
    assert answer["clientExtensionResults"] == {}


def test_passkey_of_another_site_cannot_be_named_by_its_id(key: SoftwareKey) -> None:
    bank = next(credential for credential in key.credentials if credential.rp_id == BANK)
    entry = {"type": "public-key", "id": base64.urlsafe_b64encode(bank.id).rstrip(b"=").decode()}
    event = sign(flow_for(key, relying_party=SITE), request(allowCredentials=[entry]))

    assert event is not None
    assert event.error is not None
    assert event.error.problem is PasskeyProblem.NO_CREDENTIAL
    assert bank.counter == 0


@pytest.mark.parametrize(
    "relying_party",
    [{"id": name, "name": SITE} for name in OTHER_NAMES] + [None, [], {"name": SITE}, {"id": [SITE]}],
    ids=repr,
)
def test_no_registration_makes_a_passkey_of_another_site(key: SoftwareKey, relying_party: Any) -> None:
    count, events = len(key.credentials), list[KeyEvent]()
    flow = flow_for(key, relying_party=SITE)
    options = creation(rp=relying_party, extensions={"appidExclude": f"https://{BANK}"})
    event = run(RegistrationCeremony(options, flow.settings.passkeys, None, events.append), events)

    assert event.stage is KeyStage.FAILED
    assert len(key.credentials) == count


# An Amplify file, which may be part of someone else's project


def amplify_pool(**settings: Any) -> ResolvedPool:
    names = ("user_pool_id", "passkey_relying_party", *settings)
    origins = {name: Origin(SourceKind.AMPLIFY_FILE) for name in names}
    return ResolvedPool(
        "eu-west-1_Ab12Cd34E", "client1", passkey_relying_party=SITE, origins=origins, **settings
    )


def test_site_of_an_amplify_file_is_confirmed_if_its_endpoint_could_relay_a_challenge(
    key: SoftwareKey,
) -> None:
    settings = passkey_settings(amplify_pool(endpoint_url="https://pool.example.net"))
    flow = flow_for(key, relying_party=settings.relying_party, must_confirm=settings.must_confirm)
    event = sign(flow, request())

    assert event is not None
    assert event.error is not None
    assert event.error.problem is PasskeyProblem.RELYING_PARTY_UNCONFIRMED
    assert key.credentials[0].counter == 0

    events: list[KeyEvent] = []
    step = ContinueSignInWithPasskey(SITE, request())
    confirmed = SigningCeremony(flow, step, events.append, is_confirmed=True)  # type: ignore[arg-type]
    assert run(confirmed, events).answer
    assert (sign(flow, request()) or KeyEvent(KeyStage.FAILED)).answer, "confirmed once"
    assert (sign(flow, request(rpId=BANK)) or KeyEvent(KeyStage.DONE)).stage is KeyStage.FAILED


def test_site_of_an_amplify_file_counts_where_aws_chooses_the_challenge(
    key: SoftwareKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"):
        monkeypatch.delenv(variable, raising=False)
    assert not passkey_settings(amplify_pool()).must_confirm
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://pool.example.net")
    assert passkey_settings(amplify_pool()).must_confirm


def test_site_of_a_profile_needs_no_confirmation() -> None:
    pool = ResolvedPool(
        "eu-west-1_Ab12Cd34E",
        "client1",
        endpoint_url="https://pool.example.net",
        passkey_relying_party=SITE,
        origins={"passkey_relying_party": Origin(SourceKind.PROFILE, "acme")},
    )
    assert not passkey_settings(pool).must_confirm
