"""All faults that a network, a proxy or a hostile pool can cause in a reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from tests.security.faults.hostile_text import (
    HOSTILE,
    in_claims,
    in_displayed_fields,
    in_extra_parameters,
    with_endless_choices,
)
from tests.security.faults.proxy import Exchange, Fault, Reply

SLOWNESS_SECONDS = 0.05
Json = dict[str, Any]

LOGIN_PAGE = b"<!doctype html><html><title>Welcome to the hotel</title><form action=/login>" + b"<p>" * 400
NESTING_DEPTH = 100_000  # deeper than the JSON parser of any Python follows; 3.13 follows 9,000
DEEP_JSON = b'{"ChallengeParameters":' + b'{"":' * NESTING_DEPTH + b"{}" + b"}" * NESTING_DEPTH + b"}"
GARBAGE = bytes(range(256)) * 8


def _send_page(status: int, exchange: Exchange) -> None:
    exchange.send(Reply(status, LOGIN_PAGE, {"Content-Type": "text/html"}).http_bytes)


def _send_body(body: bytes, exchange: Exchange, status: int = 200) -> None:
    exchange.send(Reply(status, body).http_bytes)


def _send_redirect(status: int, exchange: Exchange) -> None:
    exchange.send(Reply(status, b"", {"Location": exchange.elsewhere_url}).http_bytes)


def _truncate(exchange: Exchange) -> None:
    data = exchange.reply.http_bytes
    exchange.send(data[: len(data) - len(exchange.reply.body) // 2 - 1])


def _dribble(data: bytes, exchange: Exchange) -> None:
    """Send byte by byte, so that no single read times out."""
    for position in range(len(data)):
        exchange.send(data[position : position + 1])
        if not exchange.pause(SLOWNESS_SECONDS):
            return


def _dribble_body(exchange: Exchange) -> None:
    exchange.send(exchange.reply.head(1 << 20))
    _dribble(b" " * (1 << 20), exchange)


def _dribble_head(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    _dribble(b"X-Slow: " + b"a" * 60_000, exchange)


def _stall(exchange: Exchange) -> None:
    while exchange.pause(60):
        pass


def _stall_midway(exchange: Exchange) -> None:
    data = exchange.reply.http_bytes
    exchange.send(data[: len(data) - len(exchange.reply.body) // 2 - 1])
    _stall(exchange)


def _reset_midway(exchange: Exchange) -> None:
    data = exchange.reply.http_bytes
    exchange.send(data[: len(data) - len(exchange.reply.body) // 2 - 1])
    exchange.reset()


def _close(exchange: Exchange) -> None:
    """Send nothing."""


def _send_with_length(length: object, exchange: Exchange) -> None:
    exchange.send(exchange.reply.head(length) + exchange.reply.body)


def _send_chunked(chunks: bytes, exchange: Exchange) -> None:
    exchange.reply.headers["Transfer-Encoding"] = "chunked"
    exchange.send(exchange.reply.head(None) + chunks)


def _send_endlessly(exchange: Exchange) -> None:
    exchange.send(exchange.reply.head(1 << 40))
    while True:
        exchange.send(b"a" * (1 << 20))


def _send_endless_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n" + b"X-More: yes\r\n" * 5000 + b"\r\n")


def _send_raw(data: bytes, exchange: Exchange) -> None:
    exchange.send(data)


def _send_as_compressed(exchange: Exchange) -> None:
    exchange.reply.headers["Content-Encoding"] = "gzip"
    exchange.send(exchange.reply.http_bytes)


NO_ANSWER = "Cognito didn't reply. Your request may or may not have arrived."
NOT_COGNITO = "The reply isn't from Cognito."
NO_BODY = "a 200 without a body"
OWN_ERROR = "Cognito had an internal error."

LOST_REPLIES: dict[str, tuple[str, Callable[[Exchange], None]]] = {
    "closed without a byte": (NO_ANSWER, _close),
    "reset without a byte": (NO_ANSWER, Exchange.reset),
    "reset in the middle": (NO_ANSWER, _reset_midway),
    "a socket that stalls": (NO_ANSWER, _stall),
    "a body that stalls": (NO_ANSWER, _stall_midway),
    "a body that dribbles": (NO_ANSWER, _dribble_body),
    "headers that dribble": (NO_ANSWER, _dribble_head),
    "chunks that are none": (NO_ANSWER, partial(_send_chunked, b"zz\r\n{}\r\n0\r\n\r\n")),
    "chunks that break off": (NO_ANSWER, partial(_send_chunked, b'ff\r\n{"Challenge')),
    "not HTTP": (NO_ANSWER, partial(_send_raw, b"SSH-2.0-OpenSSH_9.9\r\n")),
    "bytes that are nothing": (NO_ANSWER, partial(_send_raw, GARBAGE)),
    "headers without end": (NO_ANSWER, _send_endless_headers),
}
"""No reply arrives, or none that can be read to its end."""

FOREIGN_REPLIES: dict[str, tuple[str, Callable[[Exchange], None]]] = {
    "HTML": (NOT_COGNITO, partial(_send_page, 200)),
    "HTML with 403": (NOT_COGNITO, partial(_send_page, 403)),
    "HTML with 502": (NOT_COGNITO, partial(_send_page, 502)),
    "301 to elsewhere": (NOT_COGNITO, partial(_send_redirect, 301)),
    "302 to elsewhere": (NOT_COGNITO, partial(_send_redirect, 302)),
    "307 to elsewhere": (NOT_COGNITO, partial(_send_redirect, 307)),
    "308 to elsewhere": (NOT_COGNITO, partial(_send_redirect, 308)),
    "a body without end": (NOT_COGNITO, _send_endlessly),
    "a body cut short": (NOT_COGNITO, _truncate),
    "a length too short": (NOT_COGNITO, partial(_send_with_length, 9)),
    NO_BODY: ("", partial(_send_body, b"")),
    "a 500 without a body": (NOT_COGNITO, partial(_send_body, b"", status=500)),
    "a 500 with an empty object": (NOT_COGNITO, partial(_send_body, b"{}", status=500)),
    "a list": (NOT_COGNITO, partial(_send_body, b"[1, 2]")),
    "null": (NOT_COGNITO, partial(_send_body, b"null")),
    "text": (NOT_COGNITO, partial(_send_body, b'"tokens"')),
    "a number too long to read": (NOT_COGNITO, partial(_send_body, b'{"a":' + b"9" * 6000 + b"}")),
    "objects without end": (NOT_COGNITO, partial(_send_body, DEEP_JSON)),
    "bytes that are no text": (NOT_COGNITO, partial(_send_body, GARBAGE)),
    "compressed, but not": (NOT_COGNITO, lambda exchange: _send_compressed_garbage(exchange)),
}
"""A reply arrives that Cognito would not send."""


def _send_compressed_garbage(exchange: Exchange) -> None:
    exchange.reply.body = GARBAGE
    _send_as_compressed(exchange)


def _send_error(status: int, code: object, message: object, exchange: Exchange) -> None:
    exchange.send(Reply.from_json({"__type": code, "message": message}, status).http_bytes)


ERRORS: dict[str, tuple[str, Callable[[Exchange], None]]] = {
    "an error of Cognito's own": (OWN_ERROR, partial(_send_error, 500, "InternalErrorException", "x")),
    "an unknown error": (
        "an error that this version doesn't know",
        partial(_send_error, 400, "NewException", "x"),
    ),
    "an error whose type is no text": ("", partial(_send_error, 400, 7, ["x"])),
    "an error without a type": ("", partial(_send_body, b"{}", status=400)),
    "an error that is a list": ("", partial(_send_body, b"[]", status=400)),
    "an error named by an escape": ("", partial(_send_error, 400, HOSTILE["escape sequences"], "x")),
    **{
        f"an error with {kind}": ("", partial(_send_error, 400, "InvalidParameterException", text))
        for kind, text in HOSTILE.items()
    },
}
"""An error in Cognito's format."""


def _send_changed(change: Callable[[Json], object], exchange: Exchange) -> None:
    """Send the pool's own reply, changed if it is JSON."""
    try:
        value = json.loads(exchange.reply.body)
    except ValueError:
        value = None
    if isinstance(value, dict):
        exchange.reply.body = json.dumps(change(value)).encode("utf-8", "surrogatepass")
    exchange.send(exchange.reply.http_bytes)


def _send_with_date(date: str | None, exchange: Exchange) -> None:
    exchange.reply.headers = {
        name: text for name, text in exchange.reply.headers.items() if name.lower() != "date"
    }
    if date is not None:
        exchange.reply.headers["Date"] = date
    exchange.send(exchange.reply.http_bytes)


def _without_field(field: str, reply: Json) -> Json:
    return {name: value for name, value in reply.items() if name != field}


def _replace_strings(replacement: object, value: object) -> object:
    if isinstance(value, dict):
        return {name: _replace_strings(replacement, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_replace_strings(replacement, item) for item in value]
    return replacement if isinstance(value, str) else value


def _wrap_objects_in_lists(reply: Json) -> Json:
    return {name: [value] if isinstance(value, dict) else value for name, value in reply.items()}


def _with_challenge(name: str, reply: Json) -> Json:
    return {"Session": "s" * 40, "ChallengeParameters": {}, **reply, "ChallengeName": name}


def _empty_objects(reply: Json) -> Json:
    return {name: {} if isinstance(value, dict) else value for name, value in reply.items()}


CHANGES: dict[str, Callable[[Json], object]] = {
    "no session": partial(_without_field, "Session"),
    "no challenge's name": partial(_without_field, "ChallengeName"),
    "no parameters at all": partial(_without_field, "ChallengeParameters"),
    "parameters without content": _empty_objects,
    "an empty object": lambda reply: {},
    "numbers for texts": partial(_replace_strings, 7),
    "lists for texts": partial(_replace_strings, [["x"], {"y": None}]),
    "nothing for texts": partial(_replace_strings, None),
    "empty texts": partial(_replace_strings, ""),
    "lists for objects": _wrap_objects_in_lists,
    "a challenge from the future": lambda reply: _with_challenge(
        "MOON_PHASE", _without_field("AuthenticationResult", reply)
    ),
    "a challenge named by an escape": lambda reply: _with_challenge(
        HOSTILE["escape sequences"], _without_field("AuthenticationResult", reply)
    ),
    "hostile text in every field": lambda reply: _replace_strings(HOSTILE["escape sequences"], reply),
    **{f"{kind} in what is shown": partial(in_displayed_fields, text) for kind, text in HOSTILE.items()},
    "hostile claims": in_claims,
    "a choice without end": with_endless_choices,
    "hostile text under every name": in_extra_parameters,
}

CLOCKS: dict[str, str | None] = {
    "a clock nine years ahead": "Thu, 01 Jan 2035 00:00:00 GMT",
    "a clock nine years behind": "Sun, 01 Jan 2017 00:00:00 GMT",
    "a clock beyond all time": "Fri, 31 Dec 9999 23:59:59 GMT",
    "a clock that is none": "\x1b]0;pwned\x07 yesterday",
    "no clock": None,
}

TAMPERED_REPLIES: dict[str, Callable[[Exchange], None]] = {
    **{name: partial(_send_changed, change) for name, change in CHANGES.items()},
    **{name: partial(_send_with_date, date) for name, date in CLOCKS.items()},
}
"""The pool's own reply, tampered with."""

FAULTS_WITHOUT_REPLY = [
    Fault(name, apply, is_forwarded=False)
    for name, (_, apply) in (LOST_REPLIES | FOREIGN_REPLIES | ERRORS).items()
]
"""Faults instead of a reply: the session and the step stay as they were."""

FAULTS_IN_REPLY = [Fault(name, apply) for name, apply in TAMPERED_REPLIES.items()]
"""Faults within a reply: the reply leads somewhere else."""

MESSAGES = {name: message for name, (message, _) in (LOST_REPLIES | FOREIGN_REPLIES | ERRORS).items()}
SLOW_FAULTS = ("a socket that stalls", "a body that stalls", "a body that dribbles", "headers that dribble")
"""The faults that only a deadline ends."""


def fault_share(
    faults: Sequence[Fault], member: str, group: Iterable[str], *, thinning: int = 1
) -> Sequence[Fault]:
    """Return the share of the faults that fall to one member of a group.

    With ``thinning`` n, only every nth of them. The engine's matrix tests every fault at every step.
    """
    members = list(group)
    return faults[members.index(member) :: thinning * len(members)]
