"""What the sign-in flow tells a front end to do: send a request, show a step, ask, or finish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.auth.attempt import Attempt
    from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
    from tui_auth.error_kinds import PasskeyProblem
    from tui_auth.flow.interface import ErrorMessage
    from tui_auth.secret import Secret
    from tui_auth.storage.stores import StorageKind

    Reply = NextStep | DeliveryDetails
    Call = Callable[[Attempt], Reply]
    """One call of an attempt."""


class Request(Protocol):
    """A request to Cognito."""

    def send(self) -> Reply | Exception:
        """Call Cognito once and return the reply or the error."""


class Ceremony(Protocol):
    """The use of a security key, ``KeyCeremony`` in ``flow/passkey.py``."""

    def start(self) -> None:
        """Start on a separate thread."""

    def enter_pin(self, pin: Secret | None) -> None:
        """Answer the question for the PIN; None gives up."""

    def cancel(self) -> None:
        """Give up."""


@dataclass(frozen=True)
class RunRequest:
    """Send the request in the background and pass the reply to ``SignInFlow.receive``."""

    request: Request


@dataclass(frozen=True)
class RunJob:
    """Run the job in the background and carry out the output that it returns."""

    job: Callable[[], Output]


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
        passkey_problem: Why the passkey that the step offers can't be used; None if it can.
        make_ceremony: Returns the use of a security key, at the step that needs one; otherwise None.
    """

    breadcrumbs: tuple[str, ...] = ()
    was_restarted: bool = False
    is_replacement_totp_key: bool = False
    challenge_count: int = 1
    can_restart: bool = True
    is_password_known: bool = True
    reset_was_requested: bool = False
    preferred_first_factor: str = ""
    passkey_problem: PasskeyProblem | None = None
    make_ceremony: Callable[..., Ceremony] | None = None


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
    """Stay at the step and offer to restart it. ``error`` says why, and what that also does."""

    error: ErrorMessage


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
class AskToVerify:
    """Offer to verify an address of the user. ``address`` isn't safe to show as it is."""

    attribute: str
    address: str


@dataclass(frozen=True)
class AskContactCode:
    """Ask for the code that was sent to the address.

    Attributes:
        details: Where the code was sent.
        error: Why the last code was rejected; None at first.
    """

    details: DeliveryDetails
    error: ErrorMessage | None = None


@dataclass(frozen=True)
class Finish:
    """Exit with the result of the sign-in."""

    done: Done


Output = (
    RunRequest
    | RunJob
    | ShowStep
    | ShowSignIn
    | ShowSignUp
    | ShowError
    | ShowNotice
    | ShowCodeSent
    | OfferRestart
    | WaitBeforeRetry
    | AskStorage
    | ShowSaved
    | ShowUnsaved
    | AskAboutDevice
    | AskToVerify
    | AskContactCode
    | Finish
    | None
)
