"""The wire: which calls a sign-in made and what each led to, with every value left out.

What Amplify's documentation tells developers to look at, the next step, with Cognito's operations between::

    signIn → InitiateAuth → SMS_MFA → ConfirmSignInWithSMSMFACode(+***0123)

Nothing typed, and nothing that proves anything, ever comes in here: an entry is built from names alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Gateway

if TYPE_CHECKING:
    from tui_auth.auth.next_step import DeliveryDetails, NextStep

    Outcome = NextStep | DeliveryDetails

CALLS_KEPT = 100
UNREADABLE = "?"
UNMASKED_TWICE = 8
"""A destination must be this long for its last four characters to tell less than they hide."""

_NAME = re.compile(r"[A-Za-z][\w.:#-]{0,63}", re.ASCII)
_MASKED = re.compile(r"[\w@.+* -]{1,48}", re.ASCII)
_STARS = re.compile(r"\*+")
_FIELDS = ("AuthParameters", "ChallengeResponses")
_OURS = ("ClientId", "ClientMetadata", "AuthFlow", "ChallengeName", "Session", *_FIELDS)

Listener = Callable[["Call"], None]


@dataclass(frozen=True)
class Operation:
    """One request to Cognito: its name, what it was for, the names of the fields sent, and the answer's name.

    ``about`` is the flow or the challenge that it begins or answers. ``answer`` is a challenge's name,
    "tokens", "ok", Cognito's code of a refusal, or "no answer"; empty as long as it is awaited.
    """

    name: str
    about: str = ""
    fields: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Call:
    """One call of Amplify's ("signIn"), the operations it made, and the next step it led to.

    ``outcome`` is empty as long as the call runs; ``number`` counts the calls from 1.
    """

    number: int
    name: str
    operations: tuple[Operation, ...] = ()
    outcome: str = ""

    @property
    def chain(self) -> str:
        """The call on one line, its parts joined by arrows."""
        parts = [self.name]
        for operation in self.operations:
            parts += [operation.name, operation.answer or "…"]
        return " → ".join([*parts, self.led_to] if self.led_to else parts)

    @property
    def led_to(self) -> str:
        """The outcome, where the last answer does not say it already: a refusal stands there once."""
        last = self.operations[-1].answer if self.operations else ""
        return "" if self.outcome == last else self.outcome


class Wire:
    """What one program's sign-ins said to Cognito; the last hundred calls. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._calls: dict[int, Call] = {}
        self._listeners: tuple[Listener, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls so far, oldest first."""
        with self._lock:
            return tuple(self._calls.values())

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a function called with each call whenever it goes on, on the thread it runs on.

        Answers with a function that ends this.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(known for known in self._listeners if known is not listener)

        return end

    @contextmanager
    def call(self, name: str) -> Iterator[Recording]:
        """Record what this thread asks Cognito until the block ends, and the refusal it may end with."""
        with self._lock:
            self._count += 1
            recording = Recording(self, Call(self._count, name))
        token = _RECORDING.set(recording)
        recording.told()
        try:
            yield recording
        except AuthError as error:
            recording.led_to(_refusal(error))
            raise
        finally:
            _RECORDING.reset(token)

    def put(self, call: Call) -> None:
        """Take the state of a call, and tell those who listen."""
        with self._lock:
            self._calls[call.number] = call
            if len(self._calls) > CALLS_KEPT:
                del self._calls[min(self._calls)]
            listeners = self._listeners
        for listener in listeners:
            listener(call)


class Recording:
    """A call while it runs."""

    def __init__(self, wire: Wire, call: Call) -> None:
        self._wire = wire
        self._call = call

    def told(self, **changes: Any) -> None:
        """The call goes on: some of its fields are new."""
        self._call = replace(self._call, **changes)
        self._wire.put(self._call)

    def asks(self, operation: Operation) -> None:
        """One more request is on its way."""
        self.told(operations=(*self._call.operations, operation))

    def answered(self, answer: str) -> None:
        """The request under way was answered."""
        *former, last = self._call.operations
        self.told(operations=(*former, replace(last, answer=answer)))

    def led_to(self, outcome: Outcome | str) -> None:
        """The call ended: with a next step, a code on its way, or the name of a refusal."""
        self.told(outcome=outcome if isinstance(outcome, str) else described(outcome))


_RECORDING: ContextVar[Recording | None] = ContextVar("recording", default=None)


class RecordedGateway:
    """A gateway whose calls stand on the wire of whoever records on this thread."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def clock_offset(self) -> float | None:
        return self._gateway.clock_offset

    def now(self) -> float:
        return self._gateway.now()

    def connect(self) -> None:
        self._gateway.connect()

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        recording = _RECORDING.get()
        if recording is None:
            return self._gateway.call(operation, parameters)
        recording.asks(_sent(operation, parameters))
        try:
            reply = self._gateway.call(operation, parameters)
        except AuthError as error:
            recording.answered(_refusal(error))
            raise
        recording.answered(_answer(reply))
        return reply


def described(outcome: Outcome) -> str:
    """A next step by its name and what tells it from another: a masked destination, or the choices."""
    # There is a wire before anybody signs in, and by then nothing that a sign-in takes.
    from tui_auth.auth.next_step import DeliveryDetails, UnknownStep

    if isinstance(outcome, DeliveryDetails):
        return f"code sent({masked(outcome.destination)})"
    name = type(outcome).__name__
    details = getattr(outcome, "delivery_details", None)
    choices = getattr(outcome, "allowed_mfa_types", None) or getattr(outcome, "available_factors", None)
    if isinstance(outcome, UnknownStep):
        return f"{name}({_name(outcome.challenge_name)})"
    if isinstance(details, DeliveryDetails):
        return f"{name}({masked(details.destination)})"
    if choices:
        return f"{name}({', '.join(_name(getattr(choice, 'value', choice)) for choice in choices)})"
    return name


def masked(destination: str | None) -> str:
    """A destination as the server masked it; where it did not, no more than its last four characters."""
    text = destination or ""
    if not _MASKED.fullmatch(text):
        return UNREADABLE
    if "*" in text:
        return _STARS.sub("***", text)
    return f"***{text[-4:]}" if len(text) >= UNMASKED_TWICE else "***"


def _sent(operation: str, parameters: Mapping[str, Any]) -> Operation:
    about = parameters.get("AuthFlow") or parameters.get("ChallengeName") or ""
    named: list[str] = [key for key, value in parameters.items() if value is not None and key not in _OURS]
    for group in _FIELDS:
        given = parameters.get(group)
        if isinstance(given, Mapping):
            named += [key for key, value in given.items() if value is not None]
    return Operation(operation, _name(about) if about else "", tuple(_name(key) for key in named))


def _answer(reply: Mapping[str, Any]) -> str:
    if isinstance(reply.get("AuthenticationResult"), Mapping):
        return "tokens"
    challenge = reply.get("ChallengeName")
    return _name(challenge) if challenge else "ok"


def _refusal(error: AuthError) -> str:
    if error.code:
        return _name(error.code)
    return "no answer" if error.kind is ErrorKind.NETWORK else str(error.kind)


def _name(text: object) -> str:
    """A name as Cognito's names are; anything else could carry what must not be shown."""
    return text if isinstance(text, str) and _NAME.fullmatch(text) else UNREADABLE
