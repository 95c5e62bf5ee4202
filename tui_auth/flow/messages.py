"""The texts that both front ends show. Doesn't import Textual."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.next_step import (
    AuthFactorType,
    ContinueSignInWithFirstFactorSelection,
    DeliveryDetails,
    MFAType,
)
from tui_auth.terminal.safe_text import safe_line, safe_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tui_auth.auth.challenges import Answer

MEDIA = {"SMS": "by SMS", "EMAIL": "by email"}

METHODS: dict[MFAType | AuthFactorType, str] = {
    MFAType.SMS: "Code by SMS",
    MFAType.TOTP: "Code from an authenticator app",
    MFAType.EMAIL: "Code by email",
    AuthFactorType.PASSWORD: "Password sent over TLS",
    AuthFactorType.PASSWORD_SRP: "Password (SRP)",
    AuthFactorType.EMAIL_OTP: "Code by email",
    AuthFactorType.SMS_OTP: "Code by SMS",
    AuthFactorType.WEB_AUTHN: "Passkey",
}

METHOD_NOTES: dict[Answer, str] = {
    MFAType.SMS: "We'll text you a code.",
    MFAType.TOTP: "Open the app and read the six digits.",
    MFAType.EMAIL: "We'll email you a code.",
    AuthFactorType.PASSWORD: "Use it only if SRP doesn't work.",
    AuthFactorType.PASSWORD_SRP: "Recommended. The password isn't sent.",
    AuthFactorType.EMAIL_OTP: "We'll email you a code.",
    AuthFactorType.SMS_OTP: "We'll text you a code.",
}
"""What happens after a method is chosen. That of a passkey is in ``flow/passkey.py``."""
SETUP_NOTES: dict[Answer, str] = {
    MFAType.TOTP: "Scan a QR code with your phone.",
    MFAType.EMAIL: "We'll email you a code now and at each sign-in.",
}
"""What happens after a second factor to set up is chosen."""

ATTRIBUTES = {
    "name": "Full name",
    "email": "Email",
    "phone_number": "Phone",
    "given_name": "First name",
    "family_name": "Last name",
    "birthdate": "Birthday",
    "preferred_username": "Username",
    "zoneinfo": "Time zone",
}
CONTACT_LABELS = {"email": "email address", "phone_number": "phone number"}
"""The attributes that Cognito can verify, as they are written within a sentence."""

ATTRIBUTE_HINTS = {
    "phone_number": "such as +15555550123",
    "birthdate": "such as 2001-12-31",
    "zoneinfo": "such as Europe/Berlin",
}

PASSWORD_HANDLING = {
    AuthFlow.USER_SRP_AUTH: "Your password is never sent. SRP proves to Cognito that you know it "
    "(USER_SRP_AUTH).",
    AuthFlow.USER_PASSWORD_AUTH: "Your password is sent to Cognito (USER_PASSWORD_AUTH).",
    AuthFlow.USER_AUTH: "You choose how to sign in (USER_AUTH). The choice says whether a password is sent.",
    AuthFlow.CUSTOM_WITH_SRP: "Your password is never sent. SRP proves to Cognito that you know it, before "
    "the user pool's own questions (CUSTOM_WITH_SRP).",
    AuthFlow.CUSTOM_WITHOUT_SRP: "There is no password. The user pool asks its own questions "
    "(CUSTOM_WITHOUT_SRP).",
    AuthFlow.BROWSER: "You sign in on a page in your browser. This program never sees your password.",
}
"""What each flow does with the password."""

MFA_QUESTION = "How do you want to confirm that it's you?"
MFA_SETUP_QUESTION = "This user pool requires a second factor. Which one do you want to set up?"
FIRST_FACTOR_QUESTION = "What do you want to sign in with?"
ONLY_PASSKEYS = "This user has only a passkey, which can't be used here."
PASSKEY_ALTERNATIVE = "An administrator can set a password."
OTHER_USER = "Sign in as someone else"
DEVICE_QUESTION = "Should Cognito remember this device?"
REMEMBER, FORGET = "Yes, it's mine", "No"
REMEMBERED = "Cognito remembers this device."
NOT_REMEMBERED = "Cognito couldn't remember this device."
CODE_REQUIRED = "Type the code that was sent to you."
NOT_CONFIRMED = "Your account isn't confirmed yet."
TEMPORARY_PASSWORD = "Choose a new password; yours was temporary."  # noqa: S105 - a message
RESET_REQUIRED = "Your password must be reset before you can sign in."
HAVE_CODE = "I have a code"
SEND_CODE = "Send a code"
SEND_NEW_CODE = "Send a new code (earlier ones stop working)"
RESET_REQUESTED = "Reset your password."
PASSWORD_SPACES = "A password can't start or end with a space. Enter it without that space."  # noqa: S105
PASSWORD_OPTIONAL = "A password is optional: you can sign in with codes."  # noqa: S105 - a message
WITHOUT_PASSWORD, WITH_PASSWORD = "Continue without a password", "Set a password"
PASSWORDS_DIFFER = "The passwords don't match. Enter both again."
NEW_PASSWORD_REQUIRED = "Enter a new password."  # noqa: S105 - a message
USUAL_PASSWORD_RULES = "Usually 8+ characters: A, a, 1 and !"  # noqa: S105 - a message
"""The default of a new user pool; its own rules aren't public."""
NEW_CODE_HINT = "No code after a minute? Press ^r"
CODE_EXPECTED = "A code has 4 to 10 digits. Enter the code from the message."
TOTP_CODE_EXPECTED = "An authenticator's code has six digits. Enter the one it shows now."
PHONE_EXPECTED = "Start the phone number with + and the country code: +15555550123."
DATE_EXPECTED = "Enter the date as year, month and day: 2001-12-31."
EMAIL_EXPECTED = "Enter an email address, such as name@example.com."
NEW_PASSWORD_MAY_BE_SET = "The new password may be in effect already. Try to sign in with it."  # noqa: S105 - a message
STOPPED = "Stopped waiting. The request may or may not have arrived."
REPLY_ARRIVED = "Cognito has answered. The next step is coming."
MAY_HAVE_EXPIRED = "This step may have expired. Answer it to find out."
VERIFY, VERIFY_LATER = "Send a code", "Not now"
VERIFICATION_ANSWERS = (VERIFY_LATER, VERIFY)
"""The first is the default: a second Enter at Done must not send anything."""
VERIFIED = "{} is verified."
NOT_VERIFIED = "{} isn't verified. {}"
STORAGE_REMEMBERED = "Later sessions go there too. Use --storage to change that."
NO_SMS_SETUP = "For SMS, ask an administrator."
REPLACEMENT_TOTP_KEY = "A new key. Delete the old “{}”."

_VALUE_LIMIT = 600
_MAX_ROWS = 30
_MAX_GROUPS_PER_LINE = 7
_COGNITO_PARAMETERS = ("USERNAME", "USER_ID_FOR_SRP")


def reset_choices(*, was_requested: bool) -> tuple[str, str]:
    """Return the two ways to get a reset code.

    Args:
        was_requested: Whether the user requested the reset. If not, the pool's administrator has required it,
            and Cognito has sent a code already.
    """
    return (SEND_CODE if was_requested else SEND_NEW_CODE, HAVE_CODE)


def format_restart_offer(reason: str, side_effect: str, *, sends_code: bool = False) -> str:
    """Format that a step is over and that Enter restarts it.

    Args:
        reason: Why the step is over; empty if it has expired.
        side_effect: What restarting also does, such as making a key; empty if nothing.
        sends_code: Whether the step asks for a code, of which restarting sends a new one.
    """
    if sends_code:
        return f"{reason or 'This code has expired.'} Press Enter to get a new one."
    return f"{reason or 'This step has expired.'} Press Enter to start it again. {side_effect}".strip()


def format_count(count: int, noun: str) -> str:
    """Format a number of things: 1 session, 2 sessions."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def format_place(details: DeliveryDetails | None) -> str:
    """Format where the user finds a code that was sent; empty if that isn't known."""
    medium = (details.delivery_medium or "").upper() if details else ""
    return {"EMAIL": "Check your email", "SMS": "Check your phone"}.get(medium, "")


BROWSER_QUESTION = "How do you want to sign in?"
IN_BROWSER = "In a browser"
NO_DOMAIN = "To sign in with a browser, specify the user pool's domain with --domain."
NEVER_GIVE_AWAY = "Don't share that address: anyone who has it can sign in as you."
PASTE_ADDRESS = "Page won't load? Paste its address here."


def format_provider(name: str) -> str:
    """Format an identity provider as a choice; an empty name is the pool's page."""
    if not name:
        return IN_BROWSER
    labels = {"LoginWithAmazon": "Amazon", "SignInWithApple": "Apple", "COGNITO": "This user pool"}
    return f"With {safe_line(labels.get(name, name), limit=32)}, in a browser"


def format_redirect_hint(redirect_uri: str) -> str:
    """Format what to do about the fault that only the browser shows."""
    return (
        f"If the browser says redirect_mismatch, add {safe_line(redirect_uri, limit=200)} as a callback URL."
    )


def format_forward(short_url: str) -> str:
    """Format the SSH command that makes a short address work on the computer with the browser."""
    port = urlsplit(short_url).port
    return f"ssh -L {port}:localhost:{port} HOST" if port else ""


def format_delivery(details: DeliveryDetails, *, account_may_not_exist: bool = False) -> str:
    """Format where a code was sent, from Cognito's CodeDeliveryDetails. Has no period.

    Args:
        details: The delivery medium and the masked destination.
        account_may_not_exist: Whether the pool may only pretend to have sent a code, as before the password
            is verified (PreventUserExistenceErrors).
    """
    medium = details.delivery_medium
    by = "" if medium is None else MEDIA.get(medium.upper(), f"by {safe_line(medium, limit=30)}")
    to = f"to {safe_line(details.destination, limit=60)}" if details.destination else ""
    text = " ".join(part for part in ("Code sent", by, to or ("" if by else "to you")) if part)
    return f"{text}, if the account exists" if account_may_not_exist else text


def format_reset_delivery(
    details: DeliveryDetails, *, account_may_not_exist: bool = True, is_repeated: bool = False
) -> str:
    """Format where the code of ForgotPassword was sent, without revealing whether the account exists.

    Args:
        details: The delivery medium and the masked destination.
        account_may_not_exist: False if the pool itself has required the reset, so that the account exists.
        is_repeated: Whether an earlier code was sent.
    """
    sent = format_delivery(details)
    sent = f"{sent}, if the account exists" if account_may_not_exist else sent
    return f"{sent}. Earlier codes no longer work." if is_repeated else f"{sent}."


def format_new_delivery(details: DeliveryDetails) -> str:
    """Format where a repeated code was sent."""
    return f"{format_delivery(details)}. Earlier codes no longer work."


def format_new_code_notice(*, account_may_not_exist: bool = False) -> str:
    """Format that restarting the step has sent a new code. See ``format_delivery`` for the argument."""
    subject = "If the account exists, a" if account_may_not_exist else "A"
    return f"{subject} new code is on its way. Use that one."


def format_method(method: Answer) -> str:
    """Return the label of an MFA method or first factor, or the raw name of an unknown one."""
    if isinstance(method, MFAType | AuthFactorType):
        return METHODS[method]
    return f"{safe_line(method, limit=40)} (unknown to this version)"


def has_only_passkeys(step: ContinueSignInWithFirstFactorSelection) -> bool:
    """Return whether every available first factor is a passkey."""
    return all(factor is AuthFactorType.WEB_AUTHN for factor in step.available_factors)


def format_mfa_method(method: str) -> str:
    """Return the label of an MFA method in an Amplify file or a profile, or its raw name."""
    types = {mfa_type.name: mfa_type for mfa_type in MFAType}
    return METHODS[types[method]] if method in types else safe_line(method, limit=40)


def format_attribute(attribute: str) -> str:
    """Return the label of a user attribute, or the raw name of an unknown one."""
    return ATTRIBUTES.get(attribute) or safe_line(attribute, limit=30)


def format_verification_offer(attribute: str, address: str) -> str:
    """Format the question whether to verify an address of the user."""
    return f"Your {CONTACT_LABELS[attribute]} {safe_line(address, limit=60)} isn't verified. Verify it now?"


def format_missing_attribute(attribute: str) -> str:
    """Format that the pool requires a user attribute for a new account."""
    return f"This user pool requires this attribute: {format_attribute(attribute)}."


def format_attribute_hint(attribute: str, *, is_required: bool) -> str:
    """Format why a user attribute is asked for, if that is certain, and what it looks like."""
    example = ATTRIBUTE_HINTS.get(attribute, "")
    if not is_required:
        return example
    return f"Required, {example}" if example else "Required by this user pool"


def format_username_hint(username_attributes: Collection[str]) -> str:
    """Format what a phone number as user name must look like; empty if it can't be one."""
    if "phone_number" not in username_attributes:
        return ""
    hint = ATTRIBUTE_HINTS["phone_number"]
    return hint if len(username_attributes) == 1 else f"a phone number {hint}"


def format_totp_request(device_name: str | None) -> str:
    """Format the request for a TOTP code, with the device's friendly name. Has no period."""
    name = f" ({safe_line(device_name, limit=40)})" if device_name else ""
    return f"Code from your authenticator app{name}"


def format_challenge_rows(additional_info: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the parameters of a custom challenge as safe rows, without those that Cognito adds."""
    shown = [(name, value) for name, value in additional_info.items() if name not in _COGNITO_PARAMETERS]
    rows = [
        (safe_line(name, limit=40), safe_text(value, limit=_VALUE_LIMIT, lines=8))
        for name, value in shown[:_MAX_ROWS]
    ]
    hidden_count = len(shown) - _MAX_ROWS
    return [*rows, ("…", f"{hidden_count} more")] if hidden_count > 0 else rows


def format_totp_key(key: str) -> str:
    """Format a TOTP key for typing: groups of four characters, in lines of about the same length."""
    groups = [key[start : start + 4] for start in range(0, len(key), 4)]
    line_count = max(1, -(-len(groups) // _MAX_GROUPS_PER_LINE))
    per_line = max(1, -(-len(groups) // line_count))
    lines = [groups[start : start + per_line] for start in range(0, len(groups), per_line)]
    return "\n".join(" ".join(line) for line in lines)
