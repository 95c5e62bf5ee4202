"""The outputs of the sign-in flow: values that a front end carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
    from tui_auth.flow.error_message import ErrorMessage
    from tui_auth.storage.stores import StorageKind


@dataclass(frozen=True)
class StepContext:
    """What a front end shows along with a step.

    Attributes:
        breadcrumbs: The completed steps. Repeats in a row are one entry with a count.
        was_restarted: Whether the step was restarted.
        is_replacement_totp_key: Whether this user was already shown another TOTP key.
        challenge_count: How many times in a row Cognito has sent this custom challenge.
        can_restart: Whether the step can be restarted without a new sign-in.
        is_password_known: Whether the password was accepted. If not, the user may not exist.
        reset_was_requested: Whether the user, and not the pool, requested the password reset.
        preferred_first_factor: The preferred first factor, at the first step only; otherwise empty.
    """

    breadcrumbs: tuple[str, ...] = ()
    was_restarted: bool = False
    is_replacement_totp_key: bool = False
    challenge_count: int = 1
    can_restart: bool = True
    is_password_known: bool = True
    reset_was_requested: bool = False
    preferred_first_factor: str = ""


@dataclass(frozen=True)
class ShowStep:
    """Ask for the answer to a step."""

    step: NextStep
    context: StepContext


@dataclass(frozen=True)
class ShowSignIn:
    """Show sign-in again: the attempt has ended."""

    error: ErrorMessage | None = None
    notice: str = ""


@dataclass(frozen=True)
class ShowSignUp:
    """Ask for the user name, password and attributes of a new account."""

    username: str


@dataclass(frozen=True)
class ShowError:
    """Stay at the step and show the error at the input it is about."""

    error: ErrorMessage


@dataclass(frozen=True)
class ShowNotice:
    """Stay at the step and show a message that isn't about an input."""

    text: str
    is_error: bool = False


@dataclass(frozen=True)
class ShowCodeSent:
    """Stay at the step and show where the requested code was sent."""

    details: DeliveryDetails


@dataclass(frozen=True)
class OfferRestart:
    """Stay at the step and offer to restart it.

    Attributes:
        error: Why the step can't continue.
        side_effect: What restarting also does, such as sending a code; empty if nothing.
        reason: Why the step has ended; empty if it has expired.
    """

    error: ErrorMessage
    side_effect: str
    reason: str


@dataclass(frozen=True)
class WaitBeforeRetry:
    """Stay at the step and accept no answer for some seconds."""

    seconds: float
    error: ErrorMessage


@dataclass(frozen=True)
class AskStorage:
    """Ask where to save the session."""

    kinds: tuple[StorageKind, ...]
    notice: str = ""


@dataclass(frozen=True)
class ShowSaved:
    """Show where the session is saved. ``storage`` is empty if it isn't saved."""

    storage: str
    problem: str
    warning: str
    notice: str = ""


@dataclass(frozen=True)
class ShowUnsaved:
    """Show the result of a sign-in whose session isn't saved."""


@dataclass(frozen=True)
class AskAboutDevice:
    """Ask whether the pool should remember this device, if the user decides that."""


@dataclass(frozen=True)
class Finish:
    """Exit with the result of the sign-in."""

    done: Done
