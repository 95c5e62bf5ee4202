"""What to ask the user at each next step, for programs that show their own prompts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithBrowser,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithPasskey,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    MFAType,
    ResetPassword,
    UnknownStep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.auth.next_step import NextStep


@dataclass(frozen=True)
class StepDescription:
    """What to ask the user at a step.

    Attributes:
        text: One sentence. For a new authenticator app it contains the key.
        is_secret: Whether the answer must not be shown while it is typed.
        choices: What to choose from; any of them is an answer. Empty if there is nothing to choose.
        attributes: The user attributes to give with the answer (``user_attributes``).
    """

    text: str = field(repr=False)
    is_secret: bool = False
    choices: tuple[MFAType | AuthFactorType | str, ...] = ()
    attributes: tuple[str, ...] = ()


def describe_step(step: NextStep | None) -> StepDescription:
    """Describe what a step asks of the user.

    Args:
        step: ``SignInResult.next_step``.

    Raises:
        TypeError: It is no next step.
    """
    for kind in type(step).__mro__:
        if describe := _DESCRIPTIONS.get(kind):
            return describe(step)
    raise TypeError(f"{type(step).__name__} is no next step")


def _describe_challenge(step: Any) -> StepDescription:
    parameters = step.additional_info.items()
    question = "; ".join(f"{key}: {value}" for key, value in parameters if key not in _USER_NAMES)
    return StepDescription(f"Answer the challenge. {_printable(question)}".strip(), is_secret=True)


def _sent_to(details: DeliveryDetails | None) -> str:
    """Return how and where a code was sent, as the end of a sentence; empty if unknown."""
    media = {"SMS": " sent by SMS", "EMAIL": " sent by email"}
    sent = media.get(details.delivery_medium or "", " sent") if details else ""
    return f"{sent} to {_printable(details.destination)}" if details and details.destination else sent


def _printable(text: str) -> str:
    """Return a server's text without control characters, cut to a readable length."""
    return "".join(character for character in text if character.isprintable())[:300]


_USER_NAMES = ("USERNAME", "USER_ID_FOR_SRP")
_DESCRIPTIONS: dict[type, Callable[[Any], StepDescription]] = {
    ConfirmSignInWithSMSMFACode: lambda step: StepDescription(
        f"Enter the code{_sent_to(step.delivery_details)}."
    ),
    ConfirmSignInWithOTP: lambda step: StepDescription(f"Enter the code{_sent_to(step.delivery_details)}."),
    ConfirmSignInWithTOTPCode: lambda step: StepDescription(
        f"Enter the code from {_printable(step.friendly_device_name or 'your authenticator app')}."
    ),
    ContinueSignInWithTOTPSetup: lambda step: StepDescription(
        f"Add the key {step.setup_details.shared_secret.reveal()} to your app, then enter its code."
    ),
    ContinueSignInWithMFASelection: lambda step: StepDescription(
        "Choose how to confirm your sign-in.", choices=step.allowed_mfa_types
    ),
    ContinueSignInWithMFASetupSelection: lambda step: StepDescription(
        "Choose a second factor to set up.", choices=step.allowed_mfa_types
    ),
    ContinueSignInWithFirstFactorSelection: lambda step: StepDescription(
        "Choose how to sign in.", choices=step.available_factors
    ),
    ContinueSignInWithEmailMFASetup: lambda _: StepDescription("Enter the email address to send codes to."),
    ConfirmSignInWithNewPassword: lambda step: StepDescription(
        "Choose a new password.", is_secret=True, attributes=step.missing_attributes
    ),
    ContinueSignInWithPasskey: lambda step: StepDescription(
        f"Use your passkey for {_printable(step.relying_party)}, or choose another way to sign in.",
        is_secret=True,
        choices=step.other_factors,
    ),
    ConfirmSignInWithPassword: lambda _: StepDescription("Enter your password.", is_secret=True),
    ContinueSignInWithBrowser: lambda step: StepDescription(
        f"Open {step.url} in a browser, sign in there, and enter the address of the last page.",
        is_secret=True,
    ),
    ConfirmSignInWithCustomChallenge: _describe_challenge,
    UnknownStep: _describe_challenge,
    ConfirmSignUp: lambda step: StepDescription(
        f"Confirm the sign-up with the code{_sent_to(step.delivery_details)}."
    ),
    ResetPassword: lambda _: StepDescription(
        "Reset the password: request a code, then choose a new password."
    ),
    Done: lambda _: StepDescription("You are signed in."),
    type(None): lambda _: StepDescription("Sign in first."),
}
