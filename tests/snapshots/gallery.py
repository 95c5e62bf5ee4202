"""All screens of the program, reached by keys as a user does, at a frozen time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jwt

from tests.pilot import press, screen_text, settle, until
from tests.screens.conftest import CLIENT, POOL, PilotedApp
from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.tokens import KeysUnreachableError
from tui_auth.demo.app import DemoApp
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision
from tui_auth.first_run_app import FirstRunApp
from tui_auth.flow.settings import SignInSettings
from tui_auth.screens.step_screen import RestartRequested
from tui_auth.storage.stores import STORAGE_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.pilot import Pilot

    from tui_auth.screens.done import DoneScreen

NOW: Final = 1_790_000_418.0
"""2026-09-21, 12 seconds before authenticators show their next code."""

PASSWORD: Final = "Correct-Horse-9!"
KEY: Final = "ABCD2345EFGH6723JKLM4567NPQR2345STUV6723WXYZ4567ABCD"


class StillGateway(ScriptedGateway):
    """A scripted gateway with a frozen clock."""

    def now(self) -> float:
        return NOW


def _sign_in(view: View, theme: str) -> App[Any]:
    gateway = StillGateway(*view.replies)
    settings = SignInSettings(
        pool=f"acme-staff  {POOL}", username=view.username, auth_flow=view.flow, app_name="Acme", theme=theme
    )
    app = PilotedApp(Auth(POOL, CLIENT, gateway=gateway), settings, view.make_keeper)
    app.gateway = gateway
    return app


def _choose_pool(view: View, theme: str) -> App[Any]:
    def keys_at(url: str) -> object:
        raise KeysUnreachableError("URLError")

    gateway = StillGateway(*view.replies)
    nobody = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
    return FirstRunApp(
        {}, theme=theme, make_gateway=lambda at: gateway, fetch_signing_keys=keys_at, environ=nobody
    )


def _demo(view: View, theme: str) -> App[Any]:
    server = CognitoEmulator()
    return DemoApp(server, provision(server), theme=theme)


@dataclass(frozen=True)
class View:
    """One picture of the program: what Cognito answers, what is pressed, and the words that show by then.

    ``shows`` is there before ``keys`` are pressed, ``ends_with`` after; ``then`` does to the App what a key
    cannot. A view with no replies stays at sign-in, unless ``logs_in``.
    """

    name: str
    shows: str
    replies: tuple[Reply, ...] = ()
    keys: tuple[str, ...] = ()
    ends_with: str = ""
    then: Callable[[Any], None] | None = None
    flow: AuthFlow = AuthFlow.USER_PASSWORD_AUTH
    username: str = "ann"
    make_keeper: Any = None
    make: Callable[[View, str], App[Any]] = _sign_in

    @property
    def logs_in(self) -> bool:
        """Whether name and password are submitted first."""
        return bool(self.replies) and self.make is _sign_in

    def app(self, theme: str = "tui-auth-dark") -> App[Any]:
        """Return an app that can reach this view."""
        return self.make(self, theme)

    async def reach(self, pilot: Pilot[Any]) -> None:
        """Lead the app to this view."""
        app: Any = pilot.app
        if self.logs_in:
            await until(pilot, lambda: "Sign in" in screen_text(app))
            if self.flow.needs_password:
                await press(pilot, *PASSWORD)
            await press(pilot, "enter")
        await until(pilot, lambda: self.shows in screen_text(app), screen_text(app))
        await press(pilot, *self.keys)
        if self.then:
            self.then(app)
        await until(pilot, lambda: self.ends_with in screen_text(app), screen_text(app))
        await settle(pilot)


def _tokens(**claims: Any) -> dict[str, Any]:
    """A reply with tokens that hold for 58 minutes from the moment that stands still."""
    issuer = f"https://cognito-idp.{POOL.partition('_')[0]}.amazonaws.com/{POOL}"
    common = {"sub": "sub-1", "iss": issuer, "exp": NOW + 58 * 60}
    access = {**common, "token_use": "access", "client_id": CLIENT, "username": "ann", **claims}
    identity = {**common, "token_use": "id", "aud": CLIENT, "cognito:username": "ann"}
    result = {"AccessToken": access, "IdToken": identity}
    tokens = {name: jwt.encode(payload, "k" * 32) for name, payload in result.items()}
    return {"AuthenticationResult": {**tokens, "RefreshToken": "refresh", "TokenType": "Bearer"}}


def _delivered(name: str, medium: str, destination: str) -> dict[str, Any]:
    where = {"CODE_DELIVERY_DELIVERY_MEDIUM": medium, "CODE_DELIVERY_DESTINATION": destination}
    return challenge(name, **where)


def _fill_in_ids(app: FirstRunApp) -> None:
    screen = app.pool_screen
    screen.field("pool").value, screen.field("client").value = POOL, "1example23456789abcdefghij"
    screen.submit()


class _Keeper:
    """Asks where to store the session, and stores nothing."""

    def device(self, username: str) -> None:
        """Return None: no device is remembered."""

    def check(self, done: object) -> None:
        """The signatures of a script."""

    async def show(self, screen: DoneScreen, signed_in_as: str) -> None:
        """Ask with all kinds of storage."""
        screen.ask_for_storage(tuple(STORAGE_LABELS))

    async def chosen(self, screen: DoneScreen, signed_in_as: str, storage: object) -> None:
        """Show that the session is stored."""
        screen.show_storage("~/.local/state/tui-auth, readable by you and root", "")


def _again(app: PilotedApp) -> None:
    assert app.form_screen
    app.form_screen.post_message(RestartRequested())


SMS = _delivered("SMS_MFA", "SMS", "+*******0123")
MAIL = _delivered("EMAIL_OTP", "EMAIL", "a***@e***")
APP = challenge("SOFTWARE_TOKEN_MFA", FRIENDLY_DEVICE_NAME="laptop")
SET_UP = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
NEW_KEY = {"SecretCode": KEY, "Session": "s2"}
METHODS = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA","SOFTWARE_TOKEN_MFA","PUSH_MFA"]')
SET_UPS = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
MAIL_SET_UP = challenge("MFA_SETUP", MFAS_CAN_SETUP='["EMAIL_OTP"]')
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
DONE = _tokens(**{"cognito:groups": ["operators", "on-call"]})
AGAIN = "That code is not right."

VIEWS: Final = (
    View("sign-in", "Sign in"),
    View("sign-in-first-time", "Sign in", username=""),
    View("sign-in-refused", "Incorrect username or password.", (WRONG,)),
    View("sign-in-locked", "Try again in", (LOCKED,)),
    View("sign-up", "Sign in", keys=("ctrl+k",), ends_with="Make an account"),
    View("password", "Your password", (challenge("PASSWORD"),), flow=AuthFlow.USER_AUTH),
    View("code-by-sms", "Code sent by SMS", (SMS,)),
    View("code-by-sms-refused", "Code sent", (SMS, WRONG_CODE), (*"482913", "enter"), AGAIN),
    View("code-by-sms-esc", "Code sent", (SMS,), ("escape",), "Esc again"),
    View("code-by-sms-anew", "Code sent", (SMS, SMS), ("ctrl+r",), "^r again in"),
    View("code-by-sms-run-out", "Code sent", (SMS, EXPIRED), (*"482913", "enter"), "starts it again"),
    View("code-by-mail", "Code sent by e-mail", (MAIL,)),
    View("code-as-first-factor", "if the account exists", (MAIL,), flow=AuthFlow.USER_AUTH),
    View("code-from-app", "Code from your authenticator app", (APP,)),
    View("choice-of-factor", "How do you want", (METHODS,)),
    View("choice-of-set-up", "second factor", (SET_UPS,)),
    View("choice-of-set-up-without-sms", "For SMS", (SET_UPS_AND_SMS,)),
    View("passkey-alone", "only a passkey", (PASSKEY,), flow=AuthFlow.USER_AUTH),
    View("choice-of-first-factor", "What do you want", (FACTORS,), flow=AuthFlow.USER_AUTH),
    View("totp-set-up", "2 Enter the code", (SET_UP, NEW_KEY)),
    View(
        "totp-set-up-anew", "2 Enter", (SET_UP, NEW_KEY, SET_UP, NEW_KEY), then=_again, ends_with="new key:"
    ),
    View(
        "totp-set-up-refused",
        "2 Enter the code",
        (SET_UP, NEW_KEY, error_from_response("EnableSoftwareTokenMFAException", "")),
        (*"123456", "enter"),
        "does not fit this key",
    ),
    View("e-mail-set-up", "Where shall", (MAIL_SET_UP,)),
    View("new-password", "Choose a new password", (NEW_PASSWORD,)),
    View("reset", "must be reset", (RESET,)),
    View("reset-with-code", "must be reset", (RESET, DELIVERED), ("2",), "Once more"),
    View("forgot", "Sign in", keys=("ctrl+f",), ends_with="Reset your password"),
    View("confirm-sign-up", "not confirmed yet", (UNCONFIRMED,)),
    View("question", "first pet called", (ONE_QUESTION,)),
    View("question-again", "First pet?", (QUESTION, QUESTION), (*"rex", "enter"), "2nd time"),
    View("unknown-step", "MOON_PHASE", (MOON,)),
    View("help", "Code sent", (SMS,), ("ctrl+g",), "esc closes this"),
    View("done", "With a pool of your own", (DONE,)),
    View("done-where-to-keep", "Nowhere", (DONE,), make_keeper=_Keeper),
    View("done-kept", "Nowhere", (DONE,), ("2",), "Kept in", make_keeper=_Keeper),
    View("choose-pool", "Which user pool", make=_choose_pool),
    View("choose-pool-flow", "Which user pool", (NO_SRP,), (), "allow", _fill_in_ids, make=_choose_pool),
    View("choose-pool-name", "Which user pool", (WRONG,), (), "Keep as", _fill_in_ids, make=_choose_pool),
    View("demo", "Sign in as", make=_demo),
)
