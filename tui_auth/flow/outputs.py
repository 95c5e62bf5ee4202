"""What the sign-in flow wants of a front end: values that it carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
    from tui_auth.flow.error_message import ErrorMessage
    from tui_auth.storage.stores import StorageKind


@dataclass(frozen=True)
class StepContext:
    """What a front end knows of a step besides the step.

    Attributes:
        breadcrumbs: What the user has done so far; the same step in a row once, with its count.
        was_restarted: Whether the step comes again because it was restarted.
        is_replacement_totp_key: Whether this user was shown another key for an authenticator before.
        times_asked: How often the same question was asked in a row.
        can_restart: Whether the step can be restarted without a new sign-in.
        is_password_known: False if the pool may only act as if the user existed.
        reset_was_requested: Whether the user, and not the pool, wants the password reset.
        preferred_first_factor: The first factor of the settings, at a first step; otherwise empty.
    """

    breadcrumbs: tuple[str, ...] = ()
    was_restarted: bool = False
    is_replacement_totp_key: bool = False
    times_asked: int = 1
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
    """Ask for name and password again: the attempt has ended."""

    error: ErrorMessage | None = None
    notice: str = ""


@dataclass(frozen=True)
class ShowSignUp:
    """Ask for what a new account needs."""

    username: str


@dataclass(frozen=True)
class ShowError:
    """Stay, and show the error at the input it is about."""

    error: ErrorMessage


@dataclass(frozen=True)
class ShowNotice:
    """Stay, and show a sentence that isn't an error of the answer."""

    text: str
    is_error: bool = False


@dataclass(frozen=True)
class ShowCodeSent:
    """Stay, and show where the code went that the user requested."""

    details: DeliveryDetails


@dataclass(frozen=True)
class OfferRestart:
    """Stay, and offer to restart the step.

    Attributes:
        error: Why the step can't go on.
        side_effect: What restarting it does in the world; empty if nothing.
        reason: What ended the step, if it didn't just expire; otherwise empty.
    """

    error: ErrorMessage
    side_effect: str
    reason: str


@dataclass(frozen=True)
class WaitBeforeRetry:
    """Stay, and take no answer for some seconds."""

    seconds: float
    error: ErrorMessage


@dataclass(frozen=True)
class AskStorage:
    """Ask where to save the session."""

    kinds: tuple[StorageKind, ...]
    notice: str = ""


@dataclass(frozen=True)
class ShowSaved:
    """Show what became of the session; ``storage`` is empty if it is saved nowhere."""

    storage: str
    problem: str
    warning: str
    notice: str = ""


@dataclass(frozen=True)
class ShowUnsaved:
    """Show the end of a sign-in whose session nothing saves."""


@dataclass(frozen=True)
class AskAboutDevice:
    """Ask whether the pool should remember this device, if it leaves that to the user."""


@dataclass(frozen=True)
class Finish:
    """Leave, signed in."""

    done: Done
