"""Views of all screens, reached by keys like a user's, at a frozen time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import jwt

from tests.passkeys.people import PIN, SITE, touched_key
from tests.pilot import press, screen_text, settle, until
from tests.plain.test_passkey import HeldKeys, ask
from tests.screens.conftest import CLIENT, POOL, PilotedApp
from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.managed_login import ManagedLogin
from tui_auth.auth.tokens import KeysUnreachableError
from tui_auth.demo.app import DemoApp
from tui_auth.demo.software_key import SoftwareKey
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.first_run_app import FirstRunApp
from tui_auth.flow.interface import PasskeySettings, SignInSettings
from tui_auth.flow.passkey import PLUG_IN, TOUCH
from tui_auth.screens.step_screen import RestartRequested

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.pilot import Pilot

NOW: Final = 1_790_000_418.0
"""2026-09-21, 12 seconds before authenticators show their next code."""

PASSWORD: Final = "Correct-Horse-9!"
KEY: Final = "ABCD2345EFGH6723JKLM4567NPQR2345STUV6723WXYZ4567ABCD"


class FrozenGateway(ScriptedGateway):
    """A scripted gateway with a frozen clock."""

    def now(self) -> float:
        return NOW


def no_key() -> HeldKeys:
    """Return that no security key is plugged in."""
    return HeldKeys(problem=PasskeyProblem.NO_KEY)


def _no_key_over_ssh() -> HeldKeys:
    return HeldKeys(problem=PasskeyProblem.OVER_SSH)


def _key_with_few_tries() -> HeldKeys:
    key = touched_key(PIN)
    key.pin_retries = 3
    return HeldKeys(key)


def _key_to_touch() -> HeldKeys:
    return HeldKeys(SoftwareKey())


def _key_without_passkey() -> HeldKeys:
    return HeldKeys(touched_key())


def _sign_in(view: View, theme: str) -> App[Any]:
    gateway = FrozenGateway(*view.replies)
    settings = SignInSettings(
        pool=f"acme-staff  {POOL}",
        username=view.username,
        auth_flow=view.flow,
        app_name="Acme",
        theme=theme,
        passkeys=PasskeySettings(view.site, keys=view.security_keys()),
        managed_login=ManagedLogin("https://login.example.com") if view.has_domain else None,
        identity_providers=view.identity_providers,
    )
    app = PilotedApp(Auth(POOL, CLIENT, gateway=gateway), settings, view.make_saver)
    app.gateway = gateway
    return app


def _choose_pool(view: View, theme: str) -> App[Any]:
    def raise_unreachable(url: str) -> object:
        raise KeysUnreachableError("URLError")

    gateway = FrozenGateway(*view.replies)
    environ = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
    return FirstRunApp(
        {},
        theme=theme,
        make_gateway=lambda at: gateway,
        fetch_signing_keys=raise_unreachable,
        environ=environ,
    )


def _demo(view: View, theme: str) -> App[Any]:
    server = CognitoEmulator()
    return DemoApp(server, provision(server), theme=theme)


@dataclass(frozen=True)
class View:
    """One view of a screen: Cognito's replies, the keys to press, and the text to wait for.

    ``shows`` is on the screen before ``keys`` are pressed, ``ends_with`` after them. ``action`` gets the app,
    for what no key does. A view without replies stays at sign-in.
    """

    name: str
    shows: str
    replies: tuple[Reply, ...] = ()
    keys: tuple[str, ...] = ()
    ends_with: str = ""
    action: Callable[[Any], None] | None = None
    flow: AuthFlow = AuthFlow.USER_PASSWORD_AUTH
    username: str = "ann"
    make_saver: Any = None
    make: Callable[[View, str], App[Any]] = _sign_in
    site: str | None = SITE
    security_keys: Callable[[], HeldKeys] = no_key
    has_domain: bool = False
    identity_providers: tuple[str, ...] = ()

    @property
    def submits_password(self) -> bool:
        """Whether the user name and password are submitted first."""
        return bool(self.replies) and self.make is _sign_in

    def app(self, theme: str = "tui-auth-dark") -> App[Any]:
        """Return an app that can reach this view."""
        return self.make(self, theme)

    async def reach(self, pilot: Pilot[Any]) -> None:
        """Lead the app to this view."""
        app: Any = pilot.app
        if self.submits_password:
            await until(pilot, lambda: "Sign in" in screen_text(app))
            if self.flow.needs_password:
                await press(pilot, *PASSWORD)
            await press(pilot, "enter")
        await until(pilot, lambda: self.shows in screen_text(app), screen_text(app))
        await press(pilot, *self.keys)
        if self.action:
            self.action(app)
        await until(pilot, lambda: self.ends_with in screen_text(app), screen_text(app))
        await settle(pilot)


def _token_reply(**claims: Any) -> dict[str, Any]:
    """Return a reply with tokens that expire 58 minutes after the frozen time."""
    issuer = f"https://cognito-idp.{POOL.partition('_')[0]}.amazonaws.com/{POOL}"
    common = {"sub": "sub-1", "iss": issuer, "exp": NOW + 58 * 60}
    access_claims = {**common, "token_use": "access", "client_id": CLIENT, "username": "ann", **claims}
    id_claims = {**common, "token_use": "id", "aud": CLIENT, "cognito:username": "ann"}
    claims_by_name = {"AccessToken": access_claims, "IdToken": id_claims}
    tokens = {name: jwt.encode(payload, "k" * 32) for name, payload in claims_by_name.items()}
    return {"AuthenticationResult": {**tokens, "RefreshToken": "refresh", "TokenType": "Bearer"}}


def _code_challenge(name: str, medium: str, destination: str) -> dict[str, Any]:
    parameters = {"CODE_DELIVERY_DELIVERY_MEDIUM": medium, "CODE_DELIVERY_DESTINATION": destination}
    return challenge(name, **parameters)


def _fill_in_ids(app: FirstRunApp) -> None:
    screen = app.pool_screen
    screen.field("pool").value, screen.field("client").value = POOL, "1example23456789abcdefghij"
    screen.submit()


class _UndecidedSaver:
    """A saver for which nothing selects a storage. It accepts all signatures and stores nothing."""

    def device(self, username: str) -> None:
        """Return None: no device is remembered."""

    def check_signatures(self, done: object) -> None:
        """Accept the signatures of the scripted tokens."""

    def is_checked(self, done: object) -> bool:
        return True

    def save_where_configured(self, done: object, signed_in_as: str) -> None:
        """Return None, so that the user selects a storage."""

    def save_in(self, done: object, signed_in_as: str, storage: object) -> SimpleNamespace:
        return SimpleNamespace(
            location="~/.local/state/tui-auth, readable by you and root", problem="", warning=""
        )


def _ask_for_restart(app: PilotedApp) -> None:
    assert app.form_screen
    app.form_screen.post_message(RestartRequested())


SMS = _code_challenge("SMS_MFA", "SMS", "+*******0123")
MAIL = _code_challenge("EMAIL_OTP", "EMAIL", "a***@e***")
APP = challenge("SOFTWARE_TOKEN_MFA", FRIENDLY_DEVICE_NAME="laptop")
SET_UP = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
NEW_KEY = {"SecretCode": KEY, "Session": "s2"}
OTHER_KEY = {"SecretCode": KEY[4:] + KEY[:4], "Session": "s2"}
METHODS = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA","PUSH_MFA"]')
SET_UPS = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
MAIL_SET_UP = challenge("MFA_SETUP", MFAS_CAN_SETUP='["EMAIL_OTP"]')
USE_PASSKEY = ask()
FACTORS = {
    "ChallengeName": "SELECT_CHALLENGE",
    "Session": "s",
    "AvailableChallenges": ["PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"],
}
SET_UPS_AND_SMS = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
PASSKEY = {"ChallengeName": "SELECT_CHALLENGE", "Session": "s", "AvailableChallenges": ["WEB_AUTHN"]}
NEW_PASSWORD = challenge(
    "NEW_PASSWORD_REQUIRED",
    requiredAttributes=json.dumps(["userAttributes.name", "userAttributes.phone_number"]),
)
ONE_QUESTION = challenge("CUSTOM_CHALLENGE", question="What was your first pet called?", USERNAME="ann")
QUESTION = challenge("CUSTOM_CHALLENGE", question="First pet?", hint="four letters", USERNAME="ann")
MOON = challenge("MOON_PHASE", phase="waxing", hemisphere="north")
RESET = error_from_response("PasswordResetRequiredException", "")
UNCONFIRMED = error_from_response("UserNotConfirmedException", "")
DELIVERED = {"CodeDeliveryDetails": {"Destination": "a***@e***", "DeliveryMedium": "EMAIL"}}
WRONG_CODE = error_from_response("CodeMismatchException", "")
WRONG = error_from_response("NotAuthorizedException", "Incorrect username or password.")
EXPIRED = error_from_response("NotAuthorizedException", "Invalid session for the user.")
LOCKED = error_from_response("NotAuthorizedException", "Password attempts exceeded")
TOO_SHORT = error_from_response(
    "InvalidPasswordException", "Password did not conform with policy: not long enough"
)
NO_SRP = error_from_response("InvalidParameterException", "USER_SRP_AUTH flow not enabled for this client")
DONE = _token_reply(**{"cognito:groups": ["operators", "on-call"]})
AGAIN = WRONG_CODE.message

VIEWS: Final = (
    View("sign-in", "Sign in"),
    View("sign-in-first-time", "Sign in", username=""),
    View("sign-in-refused", "Incorrect username or password.", (WRONG,)),
    View("sign-in-locked", "Try again in", (LOCKED,)),
    View("sign-up", "Sign in", keys=("ctrl+k",), ends_with="Repeat password"),
    View(
        "sign-in-with-providers",
        "in a browser",
        has_domain=True,
        identity_providers=("AcmeSSO", "LoginWithAmazon"),
    ),
    View("browser", "Sign in", keys=("ctrl+b",), ends_with="Address of the last page", has_domain=True),
    View("password", "Enter your password", (challenge("PASSWORD"),), flow=AuthFlow.USER_AUTH),
    View("code-by-sms", "Code sent by SMS", (SMS,)),
    View("code-by-sms-refused", "Code sent", (SMS, WRONG_CODE), (*"482913", "enter"), AGAIN),
    View("code-by-sms-esc", "Code sent", (SMS,), ("escape",), "Press Esc again"),
    View("code-by-sms-anew", "Code sent", (SMS, SMS), ("ctrl+r",), "^r again in"),
    View("code-by-sms-run-out", "Code sent", (SMS, EXPIRED), (*"482913", "enter"), "get a new one"),
    View("code-by-mail", "Code sent by email", (MAIL,)),
    View("code-as-first-factor", "if the account exists", (MAIL,), flow=AuthFlow.USER_AUTH),
    View("code-from-app", "Code from your authenticator app", (APP,)),
    View("choice-of-factor", "How do you want", (METHODS,)),
    View("choice-of-set-up", "Set up a second factor", (SET_UPS,)),
    View("choice-of-set-up-without-sms", "For SMS", (SET_UPS_AND_SMS,)),
    View(
        "passkey-alone",
        "only a passkey",
        (PASSKEY,),
        flow=AuthFlow.USER_AUTH,
        security_keys=_no_key_over_ssh,
    ),
    View("passkey-plug-in", PLUG_IN, (USE_PASSKEY,), flow=AuthFlow.USER_AUTH),
    View(
        "passkey-pin",
        "3 tries left",
        (USE_PASSKEY,),
        flow=AuthFlow.USER_AUTH,
        security_keys=_key_with_few_tries,
    ),
    View("passkey-touch", TOUCH, (USE_PASSKEY,), flow=AuthFlow.USER_AUTH, security_keys=_key_to_touch),
    View(
        "passkey-of-another-key",
        "has no passkey",
        (USE_PASSKEY,),
        flow=AuthFlow.USER_AUTH,
        security_keys=_key_without_passkey,
    ),
    View(
        "passkey-of-a-site", "Did you create your passkey", (USE_PASSKEY,), flow=AuthFlow.USER_AUTH, site=None
    ),
    View("choice-of-first-factor", "What do you want", (FACTORS,), flow=AuthFlow.USER_AUTH),
    View("totp-set-up", "2 Type the code", (SET_UP, NEW_KEY)),
    View(
        "totp-set-up-anew",
        "2 Type",
        (SET_UP, OTHER_KEY, SET_UP, NEW_KEY),
        action=_ask_for_restart,
        ends_with="new key.",
    ),
    View(
        "totp-set-up-refused",
        "2 Type the code",
        (SET_UP, NEW_KEY, error_from_response("EnableSoftwareTokenMFAException", "")),
        (*"123456", "enter"),
        "That code doesn't match",
    ),
    View("e-mail-set-up", "Set up codes by email", (MAIL_SET_UP,)),
    View("new-password", "Choose a new password", (NEW_PASSWORD,)),
    View("reset", "Reset your password", (RESET,)),
    View("reset-with-code", "Reset your password", (RESET, DELIVERED), ("1",), "Repeat password"),
    View("forgot", "Sign in", keys=("ctrl+f",), ends_with="Reset your password"),
    View("confirm-sign-up", "isn't confirmed yet", (UNCONFIRMED,)),
    View("question", "first pet called", (ONE_QUESTION,)),
    View("question-again", "First pet?", (QUESTION, QUESTION), (*"rex", "enter"), "Second attempt"),
    View("unknown-step", "MOON_PHASE", (MOON,)),
    View("help", "Code sent", (SMS,), ("ctrl+g",), "esc closes this"),
    View("done", "With your own user pool", (DONE,)),
    View("done-where-to-keep", "Nowhere", (DONE,), make_saver=_UndecidedSaver),
    View("done-kept", "Nowhere", (DONE,), ("2",), "Stored in", make_saver=_UndecidedSaver),
    View("choose-pool", "Which user pool", make=_choose_pool),
    View("choose-pool-flow", "Which user pool", (NO_SRP,), (), "allow", _fill_in_ids, make=_choose_pool),
    View(
        "choose-pool-name", "Which user pool", (WRONG,), (), "Profile name", _fill_in_ids, make=_choose_pool
    ),
    View("demo", "Choose a sample user", make=_demo),
)
