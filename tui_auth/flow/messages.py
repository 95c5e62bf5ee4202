"""The texts that both front ends show. Imports no Textual."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.next_step import (
    AuthFactorType,
    ContinueSignInWithFirstFactorSelection,
    DeliveryDetails,
    MFAType,
)
from tui_auth.auth.totp import window_offset
from tui_auth.durations import format_duration
from tui_auth.session.clock import CLOCK_TOLERANCE_SECONDS
from tui_auth.terminal.safe_text import safe_line, safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.errors import AuthError
    from tui_auth.secret import Secret

PASSWORD_NEVER_SENT = "Password, never sent (SRP)"  # noqa: S105 - a way to sign in
PASSWORD_SENT = "Password, sent to Cognito"  # noqa: S105 - a way to sign in

MEDIA = {"SMS": "by SMS", "EMAIL": "by e-mail"}

METHODS: dict[MFAType | AuthFactorType, str] = {
    MFAType.SMS: "Text message (SMS)",
    MFAType.TOTP: "Authenticator app",
    MFAType.EMAIL: "E-mail",
    AuthFactorType.PASSWORD: PASSWORD_SENT,
    AuthFactorType.PASSWORD_SRP: PASSWORD_NEVER_SENT,
    AuthFactorType.EMAIL_OTP: "Code by e-mail",
    AuthFactorType.SMS_OTP: "Code by SMS",
    AuthFactorType.WEB_AUTHN: "Passkey (not from a terminal)",
}

ATTRIBUTES = {
    "name": "Name",
    "email": "E-mail",
    "phone_number": "Phone",
    "given_name": "First name",
    "family_name": "Last name",
    "birthdate": "Birthday",
    "preferred_username": "Username",
    "zoneinfo": "Time zone",
}
ATTRIBUTE_HINTS = {
    "phone_number": "with country code: +15555550123",
    "birthdate": "as 2001-12-31",
    "zoneinfo": "as Europe/Berlin",
}

PASSWORD_IN_FLOW = {
    AuthFlow.USER_SRP_AUTH: "The password never leaves this program: it is proved with SRP (USER_SRP_AUTH).",
    AuthFlow.USER_PASSWORD_AUTH: "The password itself is sent to the pool (USER_PASSWORD_AUTH).",
    AuthFlow.USER_AUTH: "The pool offers ways to sign in (USER_AUTH); for a password the choice says "
    "whether it is sent.",
    AuthFlow.CUSTOM_WITH_SRP: "The password never leaves this program: it is proved with SRP, before the "
    "pool's own questions (CUSTOM_WITH_SRP).",
    AuthFlow.CUSTOM_WITHOUT_SRP: "No password is asked: the pool has its own questions (CUSTOM_WITHOUT_SRP).",
}
"""What each flow does with the password."""

MFA_QUESTION = "How do you want to confirm it is you?"
MFA_SETUP_QUESTION = "This pool wants a second factor. Which one do you want to set up?"
FIRST_FACTOR_QUESTION = "What do you want to sign in with?"
NO_PASSKEY = "A passkey cannot be used from a terminal. Choose another way."
ONLY_A_PASSKEY = "This user has only a passkey, which no terminal can use."
INSTEAD_OF_A_PASSKEY = "An administrator can set a password."
SOMEBODY_ELSE = "Sign in as somebody else"
DEVICE_QUESTION = "Shall the pool remember this machine?"
REMEMBER, FORGET = "Yes, it is mine", "No"
REMEMBERED = "The pool remembers this machine."
NOT_REMEMBERED = "The pool did not remember this machine."
CODE_WANTED = "Type the code that was sent to you."
NOT_CONFIRMED = "This account is not confirmed yet."
TEMPORARY_PASSWORD = "Choose a new password; yours was temporary."  # noqa: S105 - a sentence
RESET_NEEDED = "Your password must be reset before you can sign in."
HAVE_CODE, SEND_CODE = "I have a code", "Send me a code (an earlier one stops working)"
NEW_PASSWORD_COUNTS = "The new password may count already: sign in with it."  # noqa: S105 - a sentence
STOPPED = "Stopped waiting. What was sent may or may not have arrived."
ANSWERED = "Cognito has answered: the next step is on its way."
RUN_OUT_PERHAPS = "This step may have run out by now; answering will tell."
NO_SMS_SET_UP = "For SMS, ask an administrator."
NEW_KEY = "A new key: delete an earlier “{}” from the app."

_VALUE_LIMIT = 600
_ROWS = 30
_GROUPS_A_LINE = 4


def sent_to(details: DeliveryDetails, *, perhaps: bool = False) -> str:
    """Where a code went, in the server's masked words; a medium that is not known by its raw name.

    ``perhaps`` is for a code before anything was proved: a pool may only act as if it had sent one.
    """
    medium = details.delivery_medium
    how = "" if medium is None else MEDIA.get(medium.upper(), f"by {safe_line(medium, limit=30)}")
    where = f"to {safe_line(details.destination, limit=60)}" if details.destination else ""
    sent = " ".join(part for part in ("Code sent", how, where or ("" if how else "to you")) if part)
    return f"{sent}, if the account exists" if perhaps else sent


def sent_if_any(details: DeliveryDetails, *, perhaps: bool = True, again: bool = False) -> str:
    """Where a reset's code went; nobody is told whether there is such an account, unless the pool did.

    ``again`` is for one that is not the first.
    """
    sent = sent_to(details)
    sent = f"If there is such an account: {sent[0].lower()}{sent[1:]}" if perhaps else sent
    return f"{sent}; earlier ones stopped working." if again else f"{sent}."


def sent_anew(details: DeliveryDetails) -> str:
    """Where a code went that is not the first."""
    return f"{sent_to(details)}. Earlier ones stopped working."


def anew(*, perhaps: bool = False) -> str:
    """What starting a step again did, where that sends a code; ``perhaps`` as in ``sent_to``."""
    return f"{'If it exists, a' if perhaps else 'A'} new code is on its way; earlier ones stopped working."


def name_of(method: Answer) -> str:
    """A method in words; one this version does not know by its raw name."""
    if isinstance(method, MFAType | AuthFactorType):
        return METHODS[method]
    return f"{safe_line(method, limit=40)} (unknown to this version)"


def only_a_passkey(step: ContinueSignInWithFirstFactorSelection) -> bool:
    """Whether there is nothing to choose that a terminal could use."""
    return all(factor is AuthFactorType.WEB_AUTHN for factor in step.available_factors)


def second_factor(method: str) -> str:
    """A second factor that an Amplify file or a profile names, in words; another by its raw name."""
    known = {each.name: each for each in MFAType}
    return METHODS[known[method]] if method in known else safe_line(method, limit=40)


def label_of(attribute: str) -> str:
    """A user attribute in words, or by its raw name."""
    return ATTRIBUTES.get(attribute) or safe_line(attribute, limit=30)


def also_needed(attribute: str) -> str:
    """That the pool refused an account for want of an attribute."""
    return f"This pool also needs: {label_of(attribute)}."


def code_from_app(device_name: str | None) -> str:
    """Whose code is asked for, by the name that the person gave the app's device; no sentence's end."""
    name = f" ({safe_line(device_name, limit=40)})" if device_name else ""
    return f"Code from your authenticator app{name}"


def rows_of(additional_info: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a pool sent, as safe rows; ``USERNAME`` is Cognito's own addition and left out."""
    shown = [(name, value) for name, value in additional_info.items() if name not in _COGNITOS_OWN]
    rows = [
        (safe_line(name, limit=40), safe_text(value, limit=_VALUE_LIMIT, lines=8))
        for name, value in shown[:_ROWS]
    ]
    left = len(shown) - _ROWS
    return [*rows, ("…", f"{left} more")] if left > 0 else rows


_COGNITOS_OWN = ("USERNAME", "USER_ID_FOR_SRP")


def wrong_with_password(first: Secret, second: Secret) -> str:
    """What keeps two typings from being one new password; empty where nothing does."""
    if first != second:
        return "The two passwords differ."
    if first.reveal() != first.reveal().strip():
        return "Cognito takes no blanks at the ends of a password."
    return ""


_NEEDED = re.compile(r"(?P<name>[a-z_]{2,32}|custom:[\w-]{1,20}): The attribute is required")


def attribute_needed(error: AuthError) -> str | None:
    """The attribute whose absence a refused sign-up names, as Cognito calls it."""
    named = _NEEDED.search(error.service_message)
    return named["name"] if named else None


def challenge_refused(error: AuthError) -> str:
    """Why a question of the pool's own ended the sign-in: its words are all there is to know."""
    words = safe_line(error.service_message, limit=160)
    said = f" It says: “{words}”" if words else ""
    return f"The service ended this sign-in.{said} Sign in again."


def clock_is_off(clock_offset: float | None) -> str:
    """How far this machine's clock is off, as the beginning of a sentence; empty where that explains nothing.

    ``clock_offset`` is the server's time less ours in seconds, None where it is not known.
    """
    if clock_offset is None or abs(clock_offset) <= CLOCK_TOLERANCE_SECONDS:
        return ""
    return f"This machine's clock is {abs(clock_offset):.0f} seconds {'slow' if clock_offset > 0 else 'fast'}"


def clock_in_a_refusal(error: AuthError, clock_offset: float | None, *, code_from_app: bool = False) -> str:
    """What a wrong clock has to do with a refused code from an app, or proof of a password; else empty."""
    off = clock_is_off(clock_offset)
    if off and code_from_app and error.code == "CodeMismatchException":
        return f"{off}; codes made on it are off."
    if off and error.is_rejected_proof:
        return f"{off}, which was allowed for. If you are sure of the password, set it and try again."
    return ""


def wait_for(error: AuthError, times: int) -> float:
    """How many seconds to wait after a throttled or locked answer; longer each time in a row."""
    return float(min((error.retry_after or 5.0) * 2 ** min(times, 8), 900.0))


def in_groups(key: str) -> str:
    """A key as people type it: groups of four, four groups a line."""
    groups = [key[start : start + 4] for start in range(0, len(key), 4)]
    lines = [groups[start : start + _GROUPS_A_LINE] for start in range(0, len(groups), _GROUPS_A_LINE)]
    return "\n".join(" ".join(line) for line in lines)


def why_the_code_does_not_fit(
    error: AuthError, code: Secret, key: Secret, now: float, clock_offset: float | None
) -> str | None:
    """Why the first code of a new key was refused; None where the refusal is about something else.

    With the key at hand one sees which moment the code is from: ``now`` is the server's time in seconds
    since the epoch, ``clock_offset`` the server's time less ours.
    """
    if error.code not in ("EnableSoftwareTokenMFAException", "CodeMismatchException"):
        return None
    offset = window_offset(code.reveal(), key, now)
    if offset is None:
        return "That does not fit this key. Type its newest."
    if abs(offset) <= 30:
        return "Used already, or too late: type the next one."
    when = f"{format_duration(abs(offset))} {'ago' if offset < 0 else 'ahead'}"
    is_ours = bool(clock_offset) and abs((clock_offset or 0.0) + offset) < 60
    clock = f"{'this machine' if is_ours else 'that device'}'s clock"
    return f"It fits {when}: type the newest, or set {clock}."
