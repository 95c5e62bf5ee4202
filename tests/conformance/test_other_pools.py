"""Tests of the next steps that Amplify's clients document for other pool settings.

The table continues the one in ``scenarios``: a pool, how the sign-in starts, and the answer to each step.
Together the tables contain every step.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.conformance.scenarios import SCENARIOS
from tests.journeys.own_pool import APP_AND_SMS, OwnPool
from tests.passkeys.people import Someone, give_passkey, touched_key
from tests.scripted_gateway import ScriptedGateway, challenge
from tui_auth import Auth, AuthError, AuthFactorType, MFAType
from tui_auth.auth.next_step import (
    NEXT_STEPS,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithPasskey,
    ContinueSignInWithTOTPSetup,
    Done,
    NextStep,
)
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import PASSWORD
from tui_auth.passkeys.ceremony import make_assertion
from tui_auth.passkeys.relying_party import RelyingParty

EMAIL_MFA: dict[str, Any] = {"EmailMfaConfiguration": {}}
MFA_REQUIRED = {"MfaConfiguration": "ON"}
PASSKEYS = {
    "MfaConfiguration": "OFF",
    "WebAuthnConfiguration": {"RelyingPartyId": "localhost", "UserVerification": "preferred"},
}
FACTORS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}}
Reply = str | MFAType | AuthFactorType | Callable[[OwnPool, NextStep], str]


def sent_code(pool: OwnPool, step: NextStep) -> str:
    """Return the newest code that was sent."""
    return str(pool.server.messages[-1]["code"])


def app_code(pool: OwnPool, step: NextStep) -> str:
    """Return the code of an authenticator app that has scanned the key."""
    assert isinstance(step, ContinueSignInWithTOTPSetup)
    return pyotp.TOTP(step.setup_details.shared_secret.reveal()).at(int(pool.server.clock.now()))


@dataclass(frozen=True)
class Scenario:
    """A pool, its user, how the sign-in starts, and the answer to each step."""

    steps: list[tuple[str, Reply]]
    mfa: dict[str, Any] = field(default_factory=lambda: {"MfaConfiguration": "OFF"})
    settings: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    preferred: AuthFactorType | str | None = None
    flow: str = "USER_SRP_AUTH"
    has_passkey: bool = False


def choice_based(
    steps: list[tuple[str, Reply]], preferred: AuthFactorType | str, **attributes: str
) -> Scenario:
    """Return a choice-based sign-in with a preferred first factor."""
    return Scenario(steps, PASSKEYS, {"Policies": FACTORS}, attributes, preferred, "USER_AUTH")


PASSKEY = touched_key()


def assertion(pool: OwnPool, step: NextStep) -> str:
    """Return what the user's security key makes of the request."""
    assert isinstance(step, ContinueSignInWithPasskey)
    return make_assertion(PASSKEY, step.options, RelyingParty("localhost"), Someone()).reveal()


SCENARIOS_BY_POOL: dict[str, Scenario] = {
    "MFA_SETUP: e-mail only": Scenario(
        [("ContinueSignInWithEmailMFASetup", "ann@example.org"), ("ConfirmSignInWithOTP", sent_code)],
        {**MFA_REQUIRED, **EMAIL_MFA},
    ),
    "MFA_SETUP: TOTP, with SMS beside it": Scenario(
        [("ContinueSignInWithTOTPSetup", app_code)], {**MFA_REQUIRED, **APP_AND_SMS}
    ),
    "MFA_SETUP: SMS is left out of the selection": Scenario(
        [("ContinueSignInWithMFASetupSelection", MFAType.TOTP), ("ContinueSignInWithTOTPSetup", app_code)],
        {**MFA_REQUIRED, **APP_AND_SMS, **EMAIL_MFA},
    ),
    "PASSWORD, issued by the server": choice_based([("ConfirmSignInWithPassword", PASSWORD)], "PASSWORD"),
    "PASSWORD_SRP, issued by the server": choice_based(
        [("ConfirmSignInWithPassword", PASSWORD)], AuthFactorType.PASSWORD_SRP
    ),
    "EMAIL_OTP, preferred": choice_based(
        [("ConfirmSignInWithOTP", sent_code)], AuthFactorType.EMAIL_OTP, email="ann@example.com"
    ),
    "SELECT_CHALLENGE, as the user lacks what is preferred": choice_based(
        [
            ("ContinueSignInWithFirstFactorSelection", "PASSWORD_SRP"),
            ("ConfirmSignInWithPassword", PASSWORD),
        ],
        AuthFactorType.EMAIL_OTP,
    ),
    "WEB_AUTHN, preferred": replace(
        choice_based([("ContinueSignInWithPasskey", assertion)], AuthFactorType.WEB_AUTHN), has_passkey=True
    ),
    "SELECT_CHALLENGE, as a passkey is preferred": choice_based(
        [
            ("ContinueSignInWithFirstFactorSelection", AuthFactorType.EMAIL_OTP),
            ("ConfirmSignInWithOTP", sent_code),
        ],
        AuthFactorType.WEB_AUTHN,
        email="ann@example.com",
    ),
}


def create_pool(server: CognitoEmulator, **settings: Any) -> tuple[OwnPool, Auth]:
    pool = OwnPool(server, Path(), ExitStack(), **settings)
    return pool, Auth(pool.id, pool.client_id, endpoint_url=server.endpoint_url)


@pytest.mark.parametrize("name", SCENARIOS_BY_POOL)
def test_steps_match_amplify_documentation(server: CognitoEmulator, name: str) -> None:
    scenario = SCENARIOS_BY_POOL[name]
    pool, auth = create_pool(server, mfa=scenario.mfa, **scenario.settings)
    pool.create_user("ann", **scenario.attributes)
    if scenario.has_passkey:
        give_passkey(server, pool.id, "ann", PASSKEY)
    password = None if scenario.flow == "USER_AUTH" else PASSWORD
    result = auth.sign_in("ann", password, auth_flow=scenario.flow, preferred_first_factor=scenario.preferred)
    for step_name, reply in scenario.steps:
        assert type(result.next_step).__name__ == step_name
        if isinstance(result.next_step, ContinueSignInWithMFASetupSelection):
            assert MFAType.SMS not in result.next_step.allowed_mfa_types
            assert result.next_step.left_out == (MFAType.SMS,)
        result = auth.confirm_sign_in(reply(pool, result.next_step) if callable(reply) else reply)
    assert isinstance(result.next_step, Done)


def test_device_challenges_need_no_user(server: CognitoEmulator) -> None:
    device_settings = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    pool, auth = create_pool(
        server, mfa={"MfaConfiguration": "OPTIONAL", **APP_AND_SMS}, DeviceConfiguration=device_settings
    )
    pool.create_user()
    first = auth.sign_in("ann", PASSWORD).next_step
    assert isinstance(first, Done)
    pool.add_authenticator_app()
    assert type(auth.sign_in("ann", PASSWORD).next_step).__name__ == "ConfirmSignInWithTOTPCode"
    assert auth.sign_in("ann", PASSWORD, device=first.device).is_signed_in
    assert [call.get("ChallengeName") for _, call in server.calls[-2:]] == [
        "DEVICE_SRP_AUTH",
        "DEVICE_PASSWORD_VERIFIER",
    ]


def test_device_with_a_wrong_password_is_dropped(server: CognitoEmulator) -> None:
    device_settings = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    pool, auth = create_pool(server, DeviceConfiguration=device_settings)
    pool.create_user()
    first = auth.sign_in("ann", PASSWORD).next_step
    assert isinstance(first, Done)
    server.state.pools[pool.id].users["ann"].devices[first.device.key if first.device else ""].salt += 1
    second = auth.sign_in("ann", PASSWORD, device=first.device).next_step
    assert isinstance(second, Done)
    assert second.device != first.device


def test_sms_only_mfa_setup_points_to_an_administrator() -> None:
    gateway = ScriptedGateway(challenge("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA"]'))
    with pytest.raises(AuthError, match="can't be set up during sign-in") as caught:
        Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway).sign_in(
            "ann", PASSWORD, auth_flow="USER_PASSWORD_AUTH"
        )
    assert "administrator" in caught.value.recovery_suggestion


def test_requested_passkey_leads_to_the_other_factors() -> None:
    passkey_reply = {**challenge("WEB_AUTHN"), "AvailableChallenges": ["WEB_AUTHN", "EMAIL_OTP"]}
    gateway = ScriptedGateway(passkey_reply, challenge("EMAIL_OTP", CODE_DELIVERY_DESTINATION="a***@e***"))
    auth = Auth("eu-west-1_Ab12Cd34E", "client1", gateway=gateway)
    step = auth.sign_in("ann", auth_flow="USER_AUTH").next_step
    assert step == ContinueSignInWithFirstFactorSelection(
        (AuthFactorType.WEB_AUTHN, AuthFactorType.EMAIL_OTP)
    )
    result = auth.confirm_sign_in(AuthFactorType.EMAIL_OTP)
    assert type(result.next_step).__name__ == "ConfirmSignInWithOTP"
    assert gateway.calls[-1][1]["AuthParameters"]["PREFERRED_CHALLENGE"] == "EMAIL_OTP"


def test_tables_contain_every_step() -> None:
    step_names = {name for _, steps in SCENARIOS.values() for name, _ in steps}
    step_names |= {name for scenario in SCENARIOS_BY_POOL.values() for name, _ in scenario.steps}
    # No reply of the API leads to a browser: the user chooses it.
    assert step_names | {"Done", "ContinueSignInWithBrowser"} == {step.__name__ for step in NEXT_STEPS}
