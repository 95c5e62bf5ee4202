"""Every fault: what a network, a proxy on the way, or a pool that lies can make of a reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from tests.security.faults.hostile import (
    HOSTILE,
    in_claims,
    in_what_is_shown,
    in_what_is_shown_everywhere,
    with_endless_choices,
)
from tests.security.faults.proxy import Fault, Reply, Turn

SLOWNESS_SECONDS = 0.05
Json = dict[str, Any]

PAGE = b"<!doctype html><html><title>Welcome to the hotel</title><form action=/login>" + b"<p>" * 400
NESTED = 100_000  # deeper than the JSON parser of any Python follows; 3.13 follows 9,000
DEEP = b'{"ChallengeParameters":' + b'{"":' * NESTED + b"{}" + b"}" * NESTED + b"}"
GARBAGE = bytes(range(256)) * 8


def _page(status: int, turn: Turn) -> None:
    turn.send(Reply(status, PAGE, {"Content-Type": "text/html"}).wire)


def _body(body: bytes, turn: Turn, status: int = 200) -> None:
    turn.send(Reply(status, body).wire)


def _redirect(status: int, turn: Turn) -> None:
    turn.send(Reply(status, b"", {"Location": turn.elsewhere_url}).wire)


def _truncated(turn: Turn) -> None:
    wire = turn.reply.wire
    turn.send(wire[: len(wire) - len(turn.reply.body) // 2 - 1])


def _dribbled(wire: bytes, turn: Turn) -> None:
    """Byte by byte, so that no single one keeps anybody waiting for long."""
    for position in range(len(wire)):
        turn.send(wire[position : position + 1])
        if not turn.pause(SLOWNESS_SECONDS):
            return


def _dribbled_body(turn: Turn) -> None:
    turn.send(turn.reply.head(1 << 20))
    _dribbled(b" " * (1 << 20), turn)


def _dribbled_head(turn: Turn) -> None:
    turn.send(b"HTTP/1.1 200 OK\r\n")
    _dribbled(b"X-Slow: " + b"a" * 60_000, turn)


def _stalled(turn: Turn) -> None:
    while turn.pause(60):
        pass


def _stalled_in_the_middle(turn: Turn) -> None:
    wire = turn.reply.wire
    turn.send(wire[: len(wire) - len(turn.reply.body) // 2 - 1])
    _stalled(turn)


def _reset_in_the_middle(turn: Turn) -> None:
    wire = turn.reply.wire
    turn.send(wire[: len(wire) - len(turn.reply.body) // 2 - 1])
    turn.reset()


def _closed(turn: Turn) -> None:
    """Not a byte."""


def _length(length: object, turn: Turn) -> None:
    turn.send(turn.reply.head(length) + turn.reply.body)


def _chunked(chunks: bytes, turn: Turn) -> None:
    turn.reply.headers["Transfer-Encoding"] = "chunked"
    turn.send(turn.reply.head(None) + chunks)


def _endless(turn: Turn) -> None:
    turn.send(turn.reply.head(1 << 40))
    while True:
        turn.send(b"a" * (1 << 20))


def _headers_without_end(turn: Turn) -> None:
    turn.send(b"HTTP/1.1 200 OK\r\n" + b"X-More: yes\r\n" * 5000 + b"\r\n")


def _raw(data: bytes, turn: Turn) -> None:
    turn.send(data)


def _compressed(turn: Turn) -> None:
    turn.reply.headers["Content-Encoding"] = "gzip"
    turn.send(turn.reply.wire)


NO_ANSWER = "No answer came. Yours may or may not have arrived."
NOT_COGNITO = "What came back is not an answer of Cognito."
NO_BODY = "a 200 without a body"
OWN_ERROR = "Cognito had an error of its own."

LOST: dict[str, tuple[str, Callable[[Turn], None]]] = {
    "closed without a byte": (NO_ANSWER, _closed),
    "reset without a byte": (NO_ANSWER, Turn.reset),
    "reset in the middle": (NO_ANSWER, _reset_in_the_middle),
    "a socket that stalls": (NO_ANSWER, _stalled),
    "a body that stalls": (NO_ANSWER, _stalled_in_the_middle),
    "a body that dribbles": (NO_ANSWER, _dribbled_body),
    "headers that dribble": (NO_ANSWER, _dribbled_head),
    "chunks that are none": (NO_ANSWER, partial(_chunked, b"zz\r\n{}\r\n0\r\n\r\n")),
    "chunks that break off": (NO_ANSWER, partial(_chunked, b'ff\r\n{"Challenge')),
    "not HTTP": (NO_ANSWER, partial(_raw, b"SSH-2.0-OpenSSH_9.9\r\n")),
    "bytes that are nothing": (NO_ANSWER, partial(_raw, GARBAGE)),
    "headers without end": (NO_ANSWER, _headers_without_end),
}
"""No answer comes, or none that can be read to its end."""

FOREIGN: dict[str, tuple[str, Callable[[Turn], None]]] = {
    "HTML": (NOT_COGNITO, partial(_page, 200)),
    "HTML with 403": (NOT_COGNITO, partial(_page, 403)),
    "HTML with 502": (NOT_COGNITO, partial(_page, 502)),
    "301 to elsewhere": (NOT_COGNITO, partial(_redirect, 301)),
    "302 to elsewhere": (NOT_COGNITO, partial(_redirect, 302)),
    "307 to elsewhere": (NOT_COGNITO, partial(_redirect, 307)),
    "308 to elsewhere": (NOT_COGNITO, partial(_redirect, 308)),
    "a body without end": (NOT_COGNITO, _endless),
    "a body cut short": (NOT_COGNITO, _truncated),
    "a length too short": (NOT_COGNITO, partial(_length, 9)),
    NO_BODY: ("", partial(_body, b"")),
    "a 500 without a body": (NOT_COGNITO, partial(_body, b"", status=500)),
    "a 500 with an empty object": (NOT_COGNITO, partial(_body, b"{}", status=500)),
    "a list": (NOT_COGNITO, partial(_body, b"[1, 2]")),
    "null": (NOT_COGNITO, partial(_body, b"null")),
    "text": (NOT_COGNITO, partial(_body, b'"tokens"')),
    "a number too long to read": (NOT_COGNITO, partial(_body, b'{"a":' + b"9" * 6000 + b"}")),
    "objects without end": (NOT_COGNITO, partial(_body, DEEP)),
    "bytes that are no text": (NOT_COGNITO, partial(_body, GARBAGE)),
    "compressed, but not": (NOT_COGNITO, lambda turn: _compressed_garbage(turn)),
}
"""Something comes that Cognito would not send."""


def _compressed_garbage(turn: Turn) -> None:
    turn.reply.body = GARBAGE
    _compressed(turn)


def _refusal(status: int, code: object, message: object, turn: Turn) -> None:
    turn.send(Reply.of({"__type": code, "message": message}, status).wire)


REFUSED: dict[str, tuple[str, Callable[[Turn], None]]] = {
    "an error of Cognito's own": (OWN_ERROR, partial(_refusal, 500, "InternalErrorException", "x")),
    "an unknown error": ("a way this version does not know", partial(_refusal, 400, "NewException", "x")),
    "an error whose type is no text": ("", partial(_refusal, 400, 7, ["x"])),
    "an error without a type": ("", partial(_body, b"{}", status=400)),
    "an error that is a list": ("", partial(_body, b"[]", status=400)),
    "an error named by an escape": ("", partial(_refusal, 400, HOSTILE["escape sequences"], "x")),
    **{
        f"a refusal with {kind}": ("", partial(_refusal, 400, "InvalidParameterException", text))
        for kind, text in HOSTILE.items()
    },
}
"""A refusal in Cognito's form."""


def _changed(change: Callable[[Json], object], turn: Turn) -> None:
    """The pool's own reply, changed where it is JSON."""
    try:
        value = json.loads(turn.reply.body)
    except ValueError:
        value = None
    if isinstance(value, dict):
        turn.reply.body = json.dumps(change(value)).encode("utf-8", "surrogatepass")
    turn.send(turn.reply.wire)


def _dated(date: str | None, turn: Turn) -> None:
    turn.reply.headers = {name: text for name, text in turn.reply.headers.items() if name.lower() != "date"}
    if date is not None:
        turn.reply.headers["Date"] = date
    turn.send(turn.reply.wire)


def _without(field: str, reply: Json) -> Json:
    return {name: value for name, value in reply.items() if name != field}


def _each_string(into: object, value: object) -> object:
    if isinstance(value, dict):
        return {name: _each_string(into, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_each_string(into, item) for item in value]
    return into if isinstance(value, str) else value


def _each_object_a_list(reply: Json) -> Json:
    return {name: [value] if isinstance(value, dict) else value for name, value in reply.items()}


def _asks_for(name: str, reply: Json) -> Json:
    return {"Session": "s" * 40, "ChallengeParameters": {}, **reply, "ChallengeName": name}


def _no_parameters(reply: Json) -> Json:
    return {name: {} if isinstance(value, dict) else value for name, value in reply.items()}


CHANGES: dict[str, Callable[[Json], object]] = {
    "no session": partial(_without, "Session"),
    "no challenge's name": partial(_without, "ChallengeName"),
    "no parameters at all": partial(_without, "ChallengeParameters"),
    "parameters without content": _no_parameters,
    "an empty object": lambda reply: {},
    "numbers for texts": partial(_each_string, 7),
    "lists for texts": partial(_each_string, [["x"], {"y": None}]),
    "nothing for texts": partial(_each_string, None),
    "empty texts": partial(_each_string, ""),
    "lists for objects": _each_object_a_list,
    "a challenge from the future": lambda reply: _asks_for(
        "MOON_PHASE", _without("AuthenticationResult", reply)
    ),
    "a challenge named by an escape": lambda reply: _asks_for(
        HOSTILE["escape sequences"], _without("AuthenticationResult", reply)
    ),
    "hostile text in every field": lambda reply: _each_string(HOSTILE["escape sequences"], reply),
    **{f"{kind} in what is shown": partial(in_what_is_shown, text) for kind, text in HOSTILE.items()},
    "hostile claims": in_claims,
    "a choice without end": with_endless_choices,
    "hostile text under every name": in_what_is_shown_everywhere,
}

CLOCKS: dict[str, str | None] = {
    "a clock nine years ahead": "Thu, 01 Jan 2035 00:00:00 GMT",
    "a clock nine years behind": "Sun, 01 Jan 2017 00:00:00 GMT",
    "a clock beyond all time": "Fri, 31 Dec 9999 23:59:59 GMT",
    "a clock that is none": "\x1b]0;pwned\x07 yesterday",
    "no clock": None,
}

TAMPERED: dict[str, Callable[[Turn], None]] = {
    **{name: partial(_changed, change) for name, change in CHANGES.items()},
    **{name: partial(_dated, date) for name, date in CLOCKS.items()},
}
"""The pool's own reply, not as it was sent."""

UNANSWERED = [Fault(name, play, arrives=False) for name, (_, play) in (LOST | FOREIGN | REFUSED).items()]
"""In place of an answer: the session is as it was, and the step stays."""

SPOILED = [Fault(name, play) for name, play in TAMPERED.items()]
"""What the answer leads to is not what it should be."""

SAYS = {name: words for name, (words, _) in (LOST | FOREIGN | REFUSED).items()}
SLOW = ("a socket that stalls", "a body that stalls", "a body that dribbles", "headers that dribble")
"""Those that nothing ends but a deadline."""


def a_share(faults: Sequence[Fault], one: str, of: Iterable[str], *, thinned: int = 1) -> Sequence[Fault]:
    """The faults that ``one`` of several meets, each others; ``thinned``, only one in so many of them.

    The engine's matrix meets every fault at every step.
    """
    among = list(of)
    return faults[among.index(one) :: thinned * len(among)]
