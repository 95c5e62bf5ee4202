"""Texts that a hostile pool may send, and functions that put them into a reply."""

from __future__ import annotations

import base64
import json
from typing import Any

MEGABYTE = 1 << 20
HOSTILE_COLOR = "\x1b[38;2;1;2;3m"
"""A color that only the hostile texts select."""

HOSTILE: dict[str, str] = {
    "escape sequences": "\x1b[4242;4242H\x1b[2J\x1b[38;2;1;2;3mpwned\x9b31m\x1b[>4242u\x1bc\x07\x08\x7f",
    "OSC 52": "\x1b]52;c;cHduZWQ=\x07\x1b]8;;http://evil.test\x1b\\x\x1b]8;;\x1b\\\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "bidi": "\u202edrowssap ruoy epyT\u202c \u2066x\u2069 \u200f\u061c\u200b\U000e0041",
    "markup": "[bold red]x[/] [@click=app.quit]y[/] [link=http://evil.test]z[/link] [/] [red",
    "a megabyte": "A" * MEGABYTE,
    "a megabyte of marks": "e" + "\u0301" * MEGABYTE,
    "a thousand lines": "\r\n".join(["✓ Signed in. Type your AWS password:"] * 1000),
    "half a character": "\ud83d x \udc00 \uffff",
}

_JSON_LISTS = ("MFAS_CAN_CHOOSE", "MFAS_CAN_SETUP", "requiredAttributes")
_PROTOCOL_FIELDS = ("USERNAME", "USER_ID_FOR_SRP", "SRP_B", "SALT", "SECRET_BLOCK", *_JSON_LISTS)

Json = dict[str, Any]


def in_displayed_fields(text: str, reply: Json) -> Json:
    """Return the reply with this text in all displayed fields; protocol fields stay valid."""
    parameters = reply.get("ChallengeParameters")
    if isinstance(parameters, dict):
        parameters = {
            name: value if name in _PROTOCOL_FIELDS else text for name, value in parameters.items()
        } | {
            name: json.dumps([*json.loads(parameters[name]), text])
            for name in _JSON_LISTS
            if name in parameters
        }
        reply = reply | {"ChallengeParameters": parameters}
    if isinstance(reply.get("AvailableChallenges"), list):
        reply = reply | {"AvailableChallenges": [*reply["AvailableChallenges"], text]}
    if isinstance(reply.get("CodeDeliveryDetails"), dict):
        reply = reply | {"CodeDeliveryDetails": dict.fromkeys(reply["CodeDeliveryDetails"], text)}
    return reply


def in_extra_parameters(reply: Json) -> Json:
    """Return the reply with additional parameters whose names and values are hostile."""
    parameters = reply.get("ChallengeParameters")
    if not isinstance(parameters, dict):
        return reply
    extra = {text[:5000]: text for text in HOSTILE.values()} | {f"{n}\x1b[5m": str(n) for n in range(500)}
    return reply | {"ChallengeParameters": {**parameters, **extra}}


def with_endless_choices(reply: Json) -> Json:
    """Return the reply with more choices and fields than any screen can hold."""
    extra = [f"METHOD_{number}" for number in range(20_000)]
    parameters = reply.get("ChallengeParameters")
    if isinstance(parameters, dict):
        lists = {
            name: json.dumps([*json.loads(parameters[name]), *extra])
            for name in _JSON_LISTS
            if name in parameters
        }
        reply = reply | {"ChallengeParameters": {**parameters, **lists}}
    if isinstance(reply.get("AvailableChallenges"), list):
        reply = reply | {"AvailableChallenges": [*reply["AvailableChallenges"], *extra]}
    return reply


def in_claims(reply: Json) -> Json:
    """Return the reply with hostile names and groups in its tokens, if it has any."""
    result = reply.get("AuthenticationResult")
    if not isinstance(result, dict):
        return reply
    texts = {name: text[:2000] for name, text in HOSTILE.items()}
    claims = {
        "username": texts["escape sequences"],
        "email": texts["OSC 52"],
        "cognito:groups": [*texts.values(), 7, None],
    }
    tokens = {
        name: _with_claims(result[name], claims) for name in ("AccessToken", "IdToken") if name in result
    }
    return reply | {"AuthenticationResult": {**result, **tokens, "TokenType": texts["markup"]}}


def _with_claims(token: str, claims: Json) -> str:
    head, body, signature = token.split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) | claims
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"{head}.{encoded}.{signature}"
