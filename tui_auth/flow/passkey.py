"""A security key in a sign-in: the ceremony as events for a front end, and for which site it may be.

The ceremony runs on a thread of its own, because a key answers when it is touched. A front end draws its
events and passes the PIN to it; whatever happens, ``cancel`` ends it.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tui_auth.auth.next_step import (
    AuthFactorType,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithPasskey,
    NextStep,
)
from tui_auth.auth.passkey_request import timeout_seconds
from tui_auth.error_kinds import ErrorKind, PasskeyProblem
from tui_auth.errors import PasskeyError, TuiAuthError
from tui_auth.passkeys.keys import Deadline, default_keys, with_key
from tui_auth.passkeys.problems import passkey_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.auth import Auth
    from tui_auth.errors import AuthError
    from tui_auth.flow.interface import PasskeySettings, SignInSettings
    from tui_auth.secret import Secret

TITLE = "Sign in with a passkey"
LOOKING = "Looking for a security key …"
PLUG_IN = "Plug in your security key."
CHOOSE_KEY = "Touch the security key that you want to use."
TOUCH = "Touch the security key. It blinks."
PIN_LABEL = "PIN of the key"
PIN_REQUIRED = "Enter the PIN of the security key."
PIN_WRONG = "That isn't the key's PIN."
SITE_LIMIT = 253
"""In characters: a site is always shown whole, because its end says whose it is."""
SITE_QUESTION = "This user pool asks for a passkey for {}. Did you create your passkey for that site?"
NEW_SITE_QUESTION = "This user pool asks for a new passkey for {}. Is that the site you sign in to?"
NEW_SITE_NO, NEW_SITE_YES = "No, go back", "Yes, create it"
SITE_NO, SITE_YES = "No, sign in another way", "Yes, use it"
TRY_AGAIN, OTHER_WAY = "Try again", "Another way"
FEW_TRIES = 3
"""Up to this many tries of the PIN, the prompt says how many are left."""

_WAIT_SECONDS = 0.1

NOTES: dict[PasskeyProblem | None, str] = {
    None: "Touch your security key.",
    PasskeyProblem.NO_KEY: "No security key is plugged in yet.",
    PasskeyProblem.NOT_PERMITTED: "This account may not use the key here.",
    PasskeyProblem.OVER_SSH: "Your own keys don't work over SSH.",
    PasskeyProblem.UNSUPPORTED: "Needs a browser on this system.",
}
"""What the choice of a first factor says about a passkey, by why no key can be used."""


class KeyStage(Enum):
    """What a ceremony waits for, or how it ended."""

    PLUG_IN = auto()
    CHOOSE_KEY = auto()
    PIN = auto()
    TOUCH = auto()
    DONE = auto()
    FAILED = auto()


@dataclass(frozen=True)
class KeyEvent:
    """What a front end shows next.

    Attributes:
        stage: What the ceremony waits for.
        tries_left: With PIN, how many tries the key allows; None if it doesn't say.
        was_wrong: With PIN, whether the last one was wrong.
        answer: With DONE, the answer to the step.
        credential: With DONE of a registration, the credential.
        error: With FAILED, why.
    """

    stage: KeyStage
    tries_left: int | None = None
    was_wrong: bool = False
    answer: Secret | None = None
    credential: Mapping[str, Any] | None = None
    error: PasskeyError | None = None


class PasskeyFlow(Protocol):
    """What a ceremony reads of the sign-in, and where it stores the site that the user confirmed."""

    auth: Auth
    settings: SignInSettings


class KeyCeremony:
    """One use of a security key; a subclass says for what.

    Args:
        seconds: How long the user has, from ``start``.
        report: Called with each event, on the ceremony's thread.
        is_confirmed: Whether the user has just confirmed the relying party that is asked for.
    """

    def __init__(
        self, seconds: float, report: Callable[[KeyEvent], object], *, is_confirmed: bool = False
    ) -> None:
        self._seconds = seconds
        self._report = report
        self._is_confirmed = is_confirmed
        self._pins: queue.SimpleQueue[Secret | None] = queue.SimpleQueue()
        self._cancel = threading.Event()
        self._deadline = Deadline(seconds, self._cancel)

    def start(self) -> None:
        """Start on a separate thread."""
        self._deadline = Deadline(self._seconds, self._cancel)
        threading.Thread(target=self._run, daemon=True, name="passkey").start()

    def enter_pin(self, pin: Secret | None) -> None:
        """Answer PIN; None gives up."""
        self._pins.put(pin)

    def cancel(self) -> None:
        """Give up: the key stops blinking."""
        self._cancel.set()

    def _run(self) -> None:
        try:
            event = self._use_key()
        except PasskeyError as error:
            event = KeyEvent(KeyStage.FAILED, error=error.without_secrets())
        except Exception:
            event = KeyEvent(KeyStage.FAILED, error=passkey_error(PasskeyProblem.KEY_REMOVED))
        with suppress(Exception):  # a screen that is closed has nobody left who reads it
            self._report(event)

    def _use_key(self) -> KeyEvent:
        """Return the event DONE. Raises PasskeyError."""
        raise NotImplementedError

    # -- what the key needs -------------------------------------------------------------------------

    def plug_in(self) -> None:
        """Report that a key must be plugged in."""
        self._report(KeyEvent(KeyStage.PLUG_IN))

    def choose_key(self) -> None:
        """Report that one of several keys must be touched."""
        self._report(KeyEvent(KeyStage.CHOOSE_KEY))

    def touch(self) -> None:
        """Report that the key must be touched."""
        self._report(KeyEvent(KeyStage.TOUCH))

    def pin(self, tries_left: int | None, *, was_wrong: bool) -> Secret | None:
        """Report that the PIN is needed, and wait for it."""
        self._report(KeyEvent(KeyStage.PIN, tries_left=tries_left, was_wrong=was_wrong))
        while not self._deadline.is_set():
            try:
                return self._pins.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                continue
        return None


class SigningCeremony(KeyCeremony):
    """Makes the assertion that a step asks for.

    ``flow`` is the sign-in: its settings say which relying party is trusted and where keys are.
    """

    def __init__(
        self,
        flow: PasskeyFlow,
        step: ContinueSignInWithPasskey,
        report: Callable[[KeyEvent], object],
        *,
        is_confirmed: bool = False,
    ) -> None:
        super().__init__(timeout_seconds(step.options), report, is_confirmed=is_confirmed)
        self._flow, self._step = flow, step

    def _use_key(self) -> KeyEvent:
        from tui_auth.passkeys.ceremony import make_assertion
        from tui_auth.passkeys.relying_party import trusted_relying_party

        flow, step, settings = self._flow, self._step, self._flow.settings.passkeys
        relying_party = trusted_relying_party(
            step.relying_party,
            pinned=settings.relying_party,
            endpoint_url=flow.auth.client.endpoint_url,
            is_confirmed=self._is_confirmed,
            must_confirm=settings.must_confirm,
        )
        if settings.relying_party is None or settings.must_confirm:
            remember_relying_party(flow, relying_party.id)
        keys = settings.keys or default_keys()
        answer = with_key(
            keys,
            self,
            self._deadline,
            lambda device: make_assertion(device, step.options, relying_party, self, self._deadline),
        )
        return KeyEvent(KeyStage.DONE, answer=answer)


class RegistrationCeremony(KeyCeremony):
    """Makes a passkey with the options of StartWebAuthnRegistration."""

    def __init__(
        self,
        options: Mapping[str, Any],
        settings: PasskeySettings,
        endpoint_url: str | None,
        report: Callable[[KeyEvent], object],
        *,
        is_confirmed: bool = False,
    ) -> None:
        super().__init__(timeout_seconds(options), report, is_confirmed=is_confirmed)
        self._options, self._settings, self._endpoint_url = options, settings, endpoint_url

    def _use_key(self) -> KeyEvent:
        from tui_auth.passkeys.ceremony import make_credential
        from tui_auth.passkeys.relying_party import requested_relying_party, trusted_relying_party

        settings = self._settings
        relying_party = trusted_relying_party(
            requested_relying_party(self._options),
            pinned=settings.relying_party,
            endpoint_url=self._endpoint_url,
            is_confirmed=self._is_confirmed,
            must_confirm=settings.must_confirm,
        )
        is_new = settings.relying_party is None or settings.must_confirm
        if is_new and settings.remember is not None:
            with suppress(TuiAuthError):  # it is asked again the next time
                settings.remember(relying_party.id)
        credential = with_key(
            settings.keys or default_keys(),
            self,
            self._deadline,
            lambda device: make_credential(device, self._options, relying_party, self, self._deadline),
        )
        return KeyEvent(KeyStage.DONE, credential=credential)


def ceremony_for(step: NextStep, flow: PasskeyFlow) -> Callable[..., KeyCeremony] | None:
    """Return what makes the ceremony for a step that needs a security key; None for other steps."""
    return partial(SigningCeremony, flow, step) if isinstance(step, ContinueSignInWithPasskey) else None


def remember_relying_party(flow: PasskeyFlow, relying_party: str) -> None:
    """Trust a confirmed relying party, and no other, in this sign-in and, with a profile, in later ones."""
    passkeys = replace(flow.settings.passkeys, relying_party=relying_party, must_confirm=False)
    flow.settings = replace(flow.settings, passkeys=passkeys)
    if passkeys.remember is not None:
        with suppress(TuiAuthError):  # it is asked again the next time
            passkeys.remember(relying_party)


def problem_of_keys(settings: PasskeySettings) -> PasskeyProblem | None:
    """Return why no security key can be used now; None if one can."""
    return (settings.keys or default_keys()).problem()


def usable_first_factor(preferred: str | None, settings: PasskeySettings) -> str | None:
    """Return the preferred first factor, but no passkey where none can be used.

    Without a preference the pool offers the other factors.
    """
    if preferred != AuthFactorType.WEB_AUTHN.value:
        return preferred
    problem = problem_of_keys(settings)
    return None if problem is not None and problem.needs_another_way else preferred


def problem_at(step: NextStep, settings: PasskeySettings) -> PasskeyProblem | None:
    """Return why the passkey that a step offers can't be used; None if it can, or the step offers none."""
    if not isinstance(step, ContinueSignInWithFirstFactorSelection):
        return None
    return problem_of_keys(settings) if AuthFactorType.WEB_AUTHN in step.available_factors else None


def restart_reason(error: AuthError, step: NextStep) -> str:
    """Return why a step is over and can be started again; empty if it has expired."""
    if error.kind is ErrorKind.CHALLENGE_SESSION_EXPIRED:
        return ""
    is_passkey = isinstance(step, ContinueSignInWithPasskey) and error.code == "NotAuthorizedException"
    return "The user pool didn't accept the passkey." if is_passkey else error.message


def format_registration_problem(error: PasskeyError) -> str:
    """Return what went wrong with a new passkey, and what helps, without the ways to sign in."""
    sentences = error.recovery_suggestion.split(". ")
    useful = [sentence.rstrip(".") + "." for sentence in sentences if "another way" not in sentence]
    return " ".join([error.message, *useful])


def format_tries(tries_left: int | None) -> str:
    """Format how many tries of the PIN are left, once they are few; empty before."""
    if tries_left is None or tries_left > FEW_TRIES:
        return ""
    return f"{tries_left} {'try' if tries_left == 1 else 'tries'} left"
