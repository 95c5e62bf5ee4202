"""The call trace: which calls a sign-in made and what each led to, without any value.

Shows what Amplify's documentation tells developers to look at, the next step, with Cognito's operations in
between::

    signIn → InitiateAuth → SMS_MFA → ConfirmSignInWithSMSMFACode(+***0123)

An entry is built from names alone: nothing the user typed, and nothing that proves anything, gets in here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from tui_auth.errors import AuthError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tui_auth.auth.gateway import Gateway
    from tui_auth.auth.next_step import DeliveryDetails, NextStep

    Outcome = NextStep | DeliveryDetails

MAX_CALLS = 100
UNREADABLE = "?"
MIN_UNMASKED_LENGTH = 8
"""A destination must be this long for its last four characters to tell less than they hide."""

_NAME = re.compile(r"[A-Za-z][\w.:#-]{0,63}", re.ASCII)
_MASKED = re.compile(r"[\w@.+* -]{1,48}", re.ASCII)
_SHORT_MASK = re.compile(r"\+?\*+\d{0,4}|\w?\*+@\w?\*+(\.\w{1,3})?", re.ASCII)
"""A destination as Cognito masks it: ``+***0123``, ``a***@e***``."""

_STARS = re.compile(r"\*+")
_FIELD_GROUPS = ("AuthParameters", "ChallengeResponses")
_OMITTED = ("ClientId", "ClientMetadata", "AuthFlow", "ChallengeName", "Session", *_FIELD_GROUPS)

Listener = Callable[["Call"], None]


@dataclass(frozen=True)
class Operation:
    """One request to Cognito.

    Attributes:
        name: The operation ("InitiateAuth").
        about: The flow or the challenge that it starts or answers.
        fields: The names of the fields sent.
        answer: A challenge's name, "tokens", "ok", Cognito's error code, or "no answer"; empty until the
            reply comes.
    """

    name: str
    about: str = ""
    fields: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Call:
    """One call of Amplify's API ("signIn").

    Attributes:
        number: Counts the calls from 1.
        name: Amplify's name.
        operations: The requests it made.
        outcome: The next step or the error it led to; empty while it runs.
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
        return " → ".join([*parts, self.distinct_outcome] if self.distinct_outcome else parts)

    def with_known_names(self) -> Call:
        """Return the call without names that only the server knows, which may be anything it was sent."""
        operations = (
            replace(operation, answer=_known_name(operation.answer)) for operation in self.operations
        )
        return replace(self, operations=tuple(operations), outcome=_known_name(self.outcome))

    @property
    def distinct_outcome(self) -> str:
        """The outcome, unless the last operation's answer says the same."""
        last = self.operations[-1].answer if self.operations else ""
        return "" if self.outcome == last else self.outcome


class CallTrace:
    """The last hundred calls of a program's sign-ins. Thread-safe."""

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
        """Call a function with each change of a call, on the thread that makes the call.

        Returns:
            A function that removes the listener.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(known for known in self._listeners if known is not listener)

        return end

    @contextmanager
    def call(self, name: str) -> Iterator[Span]:
        """Record what this thread sends to Cognito inside the block, and the AuthError that ends it."""
        with self._lock:
            self._count += 1
            span = Span(self, Call(self._count, name))
        token = _CURRENT_SPAN.set(span)
        span.update()
        try:
            yield span
        except AuthError as error:
            span.finish(_error_name(error))
            raise
        finally:
            _CURRENT_SPAN.reset(token)

    def put(self, call: Call) -> None:
        """Store the state of a call and notify the listeners."""
        with self._lock:
            self._calls[call.number] = call
            if len(self._calls) > MAX_CALLS:
                del self._calls[min(self._calls)]
            listeners = self._listeners
        for listener in listeners:
            listener(call)


@dataclass(eq=False)
class Span:
    """A call while it runs."""

    _trace: CallTrace
    call: Call

    def update(self, **changes: Any) -> None:
        """Change fields of the call."""
        self.call = replace(self.call, **changes)
        self._trace.put(self.call)

    def finish(self, outcome: Outcome | str) -> None:
        """Record what the call led to: a next step, a code that was sent, or the name of an error."""
        self.update(outcome=outcome if isinstance(outcome, str) else describe_outcome(outcome))


_CURRENT_SPAN: ContextVar[Span | None] = ContextVar("current_span", default=None)


def record_operation(name: str, fields: Iterable[str]) -> None:
    """Record an operation that the browser sends, in the current span of this thread."""
    if span := _CURRENT_SPAN.get():
        operation = Operation(name, fields=tuple(map(_safe_name, fields)), answer="ok")
        span.update(operations=(*span.call.operations, operation))


class TracingGateway:
    """A gateway that records its calls in the current span of this thread."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.now = gateway.now

    @property
    def clock_offset(self) -> float | None:
        return self._gateway.clock_offset

    def connect(self) -> None:
        self._gateway.connect()

    def read_date(self, date: str, started: float) -> None:
        """Pass on the ``Date`` header of a reply that came another way, if the gateway has a clock."""
        if read := getattr(self._gateway, "read_date", None):
            read(date, started)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        span = _CURRENT_SPAN.get()
        if span is None:
            return self._gateway.call(operation, parameters)
        earlier, request = span.call.operations, _describe_request(operation, parameters)
        span.update(operations=(*earlier, request))
        try:
            reply = self._gateway.call(operation, parameters)
        except AuthError as error:
            span.update(operations=(*earlier, replace(request, answer=_error_name(error))))
            raise
        span.update(operations=(*earlier, replace(request, answer=_reply_name(reply))))
        return reply


def describe_outcome(outcome: Outcome) -> str:
    """Return a next step's name with what distinguishes it: a masked destination, or the choices."""
    # Loaded here: there is a trace before the first screen, which needs no next step.
    from tui_auth.auth.next_step import DeliveryDetails, UnknownStep

    if isinstance(outcome, DeliveryDetails):
        return f"code sent({mask_destination(outcome.destination)})"
    name = type(outcome).__name__
    details = getattr(outcome, "delivery_details", None)
    choices = getattr(outcome, "allowed_mfa_types", None) or getattr(outcome, "available_factors", None)
    if isinstance(outcome, UnknownStep):
        return f"{name}({_safe_name(outcome.challenge_name)})"
    if isinstance(details, DeliveryDetails):
        return f"{name}({mask_destination(details.destination)})"
    if choices:
        return f"{name}({', '.join(_safe_name(getattr(choice, 'value', choice)) for choice in choices)})"
    return name


def mask_destination(destination: str | None) -> str:
    """Return a destination as the server masked it, or at most its last four characters."""
    text = destination or ""
    if not _MASKED.fullmatch(text):
        return UNREADABLE
    if "*" in text:
        return _STARS.sub("***", text)
    return f"***{text[-4:]}" if len(text) >= MIN_UNMASKED_LENGTH else "***"


def _describe_request(operation: str, parameters: Mapping[str, Any]) -> Operation:
    about = parameters.get("AuthFlow") or parameters.get("ChallengeName") or ""
    fields = [key for key, value in parameters.items() if value is not None and key not in _OMITTED]
    for group in _FIELD_GROUPS:
        members = parameters.get(group)
        if isinstance(members, Mapping):
            fields += [key for key, value in members.items() if value is not None]
    return Operation(operation, _safe_name(about) if about else "", tuple(map(_safe_name, fields)))


def _reply_name(reply: Mapping[str, Any]) -> str:
    if isinstance(reply.get("AuthenticationResult"), Mapping):
        return "tokens"
    challenge = reply.get("ChallengeName")
    return _safe_name(challenge) if challenge else "ok"


def _error_name(error: AuthError) -> str:
    if error.code:
        return _safe_name(error.code)
    return "no answer" if error.kind is ErrorKind.NETWORK else str(error.kind)


def _safe_name(text: object) -> str:
    """Return a name of the form Cognito's names have; anything else could carry what must not be shown."""
    return text if isinstance(text, str) and _NAME.fullmatch(text) else UNREADABLE


def _known_name(text: str) -> str:
    """Return an answer or outcome with ``(unknown)`` in place of each name that this version doesn't know."""
    known = _known_names()
    name, parenthesis, details = text.removesuffix(")").partition("(")
    if text and name not in known:
        return "(unknown)"
    if not parenthesis:
        return name
    parts = (
        part if part in known or _SHORT_MASK.fullmatch(part) else "unknown" for part in details.split(", ")
    )
    return f"{name}({', '.join(parts)})"


@cache
def _known_names() -> frozenset[str]:
    # Loaded here: only a trace in a file needs them.
    from tui_auth.auth import next_step
    from tui_auth.auth.browser_errors import OAUTH_ERRORS
    from tui_auth.auth.challenges import CHOICE_CHALLENGES, RESPONSE_KEYS
    from tui_auth.auth.error_catalog import KNOWN_CODES

    return frozenset(
        {
            *("tokens", "ok", "no answer", "code sent", UNREADABLE, *map(str, ErrorKind)),
            *("MFA_SETUP", "PASSWORD_VERIFIER", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"),
            *(name for name, value in vars(next_step).items() if isinstance(value, type)),
            *(kind.value for kinds in (next_step.MFAType, next_step.AuthFactorType) for kind in kinds),
            *(*CHOICE_CHALLENGES, *RESPONSE_KEYS, *KNOWN_CODES, *OAUTH_ERRORS),
        }
    )
