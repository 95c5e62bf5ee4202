"""The forms of the login page for the challenges of a sign-in: what each shows, and what its answer is.

The rules are those of ``sign_in`` and ``mfa``. Nothing here decides what comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyotp

from tui_auth.emulator import errors, mfa
from tui_auth.emulator.challenges import usable_factors
from tui_auth.emulator.model import EMAIL_OTP, MEDIUM_BY_FACTOR, SMS_MFA, SOFTWARE_TOKEN_MFA
from tui_auth.emulator.pages import Choice, Field, Form, Page
from tui_auth.emulator.sign_in import answer_in_browser
from tui_auth.emulator.state import mask_destination
from tui_auth.emulator.users import required_attributes

if TYPE_CHECKING:
    from tui_auth.emulator.model import ChallengeSession
    from tui_auth.emulator.state import State

_CODE_CHALLENGES = (SMS_MFA, EMAIL_OTP, SOFTWARE_TOKEN_MFA)
_CHALLENGES = ("NEW_PASSWORD_REQUIRED", "SELECT_MFA_TYPE", "MFA_SETUP", *_CODE_CHALLENGES)
_FACTOR_LABELS = {
    SMS_MFA: "Code by SMS",
    EMAIL_OTP: "Code by email",
    SOFTWARE_TOKEN_MFA: "Code from an authenticator app",
}
_ATTRIBUTE_KINDS = {"email": "email", "phone_number": "tel", "birthdate": "date"}


def session_of(state: State, reply: dict[str, Any]) -> ChallengeSession | None:
    """Return the challenge session that a reply opened, or None if the sign-in is complete.

    Raises:
        CognitoError: The login page has no form for the challenge.
    """
    if "ChallengeName" not in reply:
        return None
    if reply["ChallengeName"] not in _CHALLENGES:
        raise errors.not_authorized(f"The login page doesn't support {reply['ChallengeName']}.")
    session = state.challenge_sessions.find(reply.get("Session"))
    if session.challenge == "MFA_SETUP" and EMAIL_OTP not in session.sign_in.client.pool.mfa_factors:
        return _begin_totp_setup(state, session)
    return session


def _begin_totp_setup(state: State, session: ChallengeSession) -> ChallengeSession:
    reply = mfa.associate_software_token(state, {"Session": session.token})
    return state.challenge_sessions.find(reply["Session"])


def can_answer_again(state: State, session: ChallengeSession) -> bool:
    """Return whether a challenge is still open after an error."""
    try:
        state.challenge_sessions.find(session.token)
    except errors.CognitoError:
        return False
    return True


def answer(state: State, session: ChallengeSession, form: dict[str, str]) -> ChallengeSession | None:
    """Answer a challenge with a form, and return the next challenge session, or None after the last.

    Raises:
        CognitoError: The answer is wrong.
    """
    client = session.sign_in.client
    code = form.get("code", "").replace(" ", "")
    if not session.sign_in.is_in_browser:
        raise errors.invalid_challenge_session()
    responses: dict[str, str] = {}
    if session.challenge == "NEW_PASSWORD_REQUIRED":
        responses = _new_password_responses(form)
    elif session.challenge == "SELECT_MFA_TYPE":
        responses = {"ANSWER": form.get("answer", "")}
    elif session.challenge in _CODE_CHALLENGES:
        responses = {f"{session.challenge}_CODE": code}
    elif session.totp_secret is not None:
        reply = mfa.verify_software_token(state, {"Session": session.token, "UserCode": code})
        session = state.challenge_sessions.find(reply["Session"])
    elif form.get("answer") == SOFTWARE_TOKEN_MFA:
        return _begin_totp_setup(state, session)
    elif form.get("answer") == EMAIL_OTP:
        responses = {"EMAIL": form.get("email", "").strip()}
    return session_of(state, answer_in_browser(state, client, session, responses))


def _new_password_responses(form: dict[str, str]) -> dict[str, str]:
    if form.get("new_password") != form.get("confirm_password"):
        raise errors.invalid_parameter("The passwords don't match.")
    attributes = {name: value for name, value in form.items() if name.startswith("userAttributes.")}
    return {"NEW_PASSWORD": form.get("new_password", ""), **attributes}


def challenge_page(session: ChallengeSession, action: str, hidden: dict[str, str], error: str = "") -> Page:
    """Return the page that asks for the answer to a challenge."""
    hidden = {**hidden, "challenge_session": session.token}
    title, lines, fields, button = _content(session)
    form = Form(action, hidden, fields, button)
    pool = session.sign_in.client.pool
    page = Page(title, lines, error, form, footer=f"Local Cognito emulator · {pool.name}")
    return page if session.totp_secret is None else _with_key(page, session)


_Content = tuple[str, tuple[str, ...], tuple[Field | Choice, ...], str]
"""Title, lines, fields and the label of the button."""


def _content(session: ChallengeSession) -> _Content:
    code = Field("code", "Code", "one-time-code")
    if session.challenge == "NEW_PASSWORD_REQUIRED":
        return _new_password(session)
    if session.challenge == "SELECT_MFA_TYPE":
        factors = usable_factors(session.sign_in.client.pool, session.sign_in.user)
        options = tuple((factor, _FACTOR_LABELS[factor]) for factor in factors)
        return "Confirm it's you", (), (Choice("answer", "How do you want to confirm?", options),), "Continue"
    if session.challenge == "MFA_SETUP":
        return _mfa_setup(session, code)
    if session.challenge == SOFTWARE_TOKEN_MFA:
        return "Enter the code of your app", ("Open your authenticator app.",), (code,), "Sign in"
    masked = mask_destination(MEDIUM_BY_FACTOR[session.challenge], str(session.destination))
    return "Enter the code we sent", (f"It was sent to {masked}.",), (code,), "Sign in"


def _new_password(session: ChallengeSession) -> _Content:
    user, pool = session.sign_in.user, session.sign_in.client.pool
    missing = [name for name in required_attributes(pool) if not user.attributes.get(name)]
    fields = [
        Field("new_password", "New password", "new-password", "password"),
        Field("confirm_password", "Repeat password", "new-password", "password"),
    ]
    for name in missing:
        label = name.replace("_", " ").removeprefix("custom:").capitalize()
        fields.append(Field(f"userAttributes.{name}", label, "on", _ATTRIBUTE_KINDS.get(name, "text")))
    return "Change your password", ("Your password is temporary.",), tuple(fields), "Continue"


def _mfa_setup(session: ChallengeSession, code: Field) -> _Content:
    if session.totp_secret is not None:
        lines = ("Scan the QR code with your authenticator app or type the key. Then enter the app's code.",)
        return "Set up an authenticator app", lines, (code,), "Continue"
    factors = session.sign_in.client.pool.mfa_factors
    labels = {SOFTWARE_TOKEN_MFA: "An authenticator app", EMAIL_OTP: "Codes by email"}
    options = tuple((factor, label) for factor, label in labels.items() if factor in factors)
    fields = (
        Choice("answer", "What do you want to use?", options),
        Field("email", "Email address, for codes by email", "email", "email", is_required=False),
    )
    return "Set up multi-factor authentication", (), fields, "Continue"


def _with_key(page: Page, session: ChallengeSession) -> Page:
    """Add the key of the authenticator app, as a QR code and in letters."""
    import segno

    secret, client = str(session.totp_secret), session.sign_in.client
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=session.sign_in.user.username, issuer_name=client.pool.name
    )
    picture = segno.make(uri, micro=False).svg_inline(omitsize=True, border=2, title="QR code")
    return page.with_picture(
        picture, " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    )
