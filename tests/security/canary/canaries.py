"""Canaries: secrets created for one run, and every encoding the search recognizes."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import quote, quote_plus

READABLE_FORMS: Final = frozenset({"as it is", "a piece", "a piece backwards"})
"""The forms in which a user can read a secret on a screen that shows it."""

STORED_SECRETS: Final = (
    *("access_token", "id_token", "refresh_token", "device_password"),
    *("secret_access_key", "session_token"),
)
"""The names of the secrets that a session's files contain."""

_LETTERS: Final = string.ascii_letters + string.digits
_KEY_LOG: Final = re.compile(r"character=(['\"])(.)\1", re.DOTALL)
_WHITESPACE: Final = re.compile(rb"\s+")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{8,}")
"""A text of base64 with room for six characters."""
_CHANGED_WITHOUT_SPACES: Final = re.compile(rb"[\s&#;]")
"""Bytes that may be lost when spaces are removed. Any other part of a text survives."""


@dataclass(frozen=True)
class Content:
    """The content of one place and its derived readings, computed once for all canaries."""

    data: bytes

    @cached_property
    def without_spaces(self) -> bytes:
        """Return the content without spaces, as in a screenshot."""
        return _WHITESPACE.sub(b"", self.data.replace(b"&#160;", b" "))

    @cached_property
    def typed_keys(self) -> str:
        """Return the typed text if the content is a log of key presses."""
        return "".join(match[2] for match in _KEY_LOG.finditer(self.data.decode("utf-8", "replace")))

    @cached_property
    def from_base64(self) -> bytes:
        """Return what each run of base64 characters decodes to, one a line, from each of its first four.

        A run may begin with characters that aren't part of the encoded text. Both alphabets are decoded.
        """
        standard_alphabet = self.data.translate(bytes.maketrans(b"-_", b"+/"))
        return b"\n".join(
            _decode_base64(run[start:]) for run in _BASE64.findall(standard_alphabet) for start in range(4)
        )


@dataclass(frozen=True)
class Canary:
    """A named secret.

    ``piece`` is the length from which a part of the secret counts as a leak; 0 means only the whole.
    ``is_code`` marks a short code, which counts only as a whole word because any number may contain it:
    plain or in base64, where a JWT's UUIDs and times contain six digits in a row by chance.
    """

    name: str
    value: str | bytes
    piece: int = 0
    is_code: bool = False

    @property
    def data(self) -> bytes:
        """Return the secret as bytes; text as UTF-8."""
        return self.value.encode() if isinstance(self.value, str) else self.value

    @property
    def text(self) -> str:
        """Return the secret as it is typed."""
        return self.data.decode()

    def forms_in(self, content: Content) -> set[str]:
        """Return the names of the forms in which the content contains the secret."""
        data, without_spaces, typed_keys = content.data, content.without_spaces, content.typed_keys
        forms = {form for form, needle in self._needles if needle in data}
        if self.is_code:
            half = len(self.data) // 2
            word_forms = {"as it is": self.data, "backwards": self.data[::-1]}
            if self.data == self.data[::-1]:
                del word_forms["backwards"]
            word_forms["a piece"] = self.data[:half] + rb"[ -]" + self.data[half:]
            if _has_word(self.data, content.from_base64):
                forms.add("base64")
            return forms | {form for form, shape in word_forms.items() if _has_word(shape, data)}
        forms |= {
            form
            for form, needle in self._pieces
            if needle in without_spaces or (_CHANGED_WITHOUT_SPACES.search(needle) and needle in data)
        }
        if typed_keys and any(
            needle.decode() in typed_keys for _, needle in self._pieces if isinstance(self.value, str)
        ):
            forms.add("key by key")
        return forms

    @cached_property
    def _pieces(self) -> tuple[tuple[str, bytes], ...]:
        whole, size = self.value, self.piece or len(self.value)
        # For a token, adjacent windows are enough; for a short secret, check every window.
        step = 1 if len(whole) < 100 else size // 2
        windows = [whole[at : at + size] for at in range(0, len(whole) - size + 1, step)]
        kinds = [("as it is", whole), *(("a piece", window) for window in windows if window != whole)]
        reversed_kinds = [
            ("a piece backwards" if self.piece else "backwards", part[::-1]) for _, part in kinds
        ]
        return tuple(
            (form, part.encode() if isinstance(part, str) else part)
            for form, part in (*kinds, *reversed_kinds)
        )

    @cached_property
    def _needles(self) -> tuple[tuple[str, bytes], ...]:
        return tuple((form, needle) for form, needle in self._encoded() if len(needle) >= 6)

    def _encoded(self) -> Iterator[tuple[str, bytes]]:
        data = self.data
        for padding in range(0 if self.is_code else 3):
            encoded = base64.b64encode(bytes(padding) + data)
            inner = encoded[-(-padding * 8 // 6) : (padding + len(data)) * 8 // 6]
            yield "base64", inner
            yield "base64 for URLs", inner.translate(bytes.maketrans(b"+/", b"-_"))
        if isinstance(self.value, str):  # a key's bytes in base32 are the key's text
            for padding in range(5):
                encoded = base64.b32encode(bytes(padding) + data)
                yield "base32", encoded[-(-padding * 8 // 5) : (padding + len(data)) * 8 // 5]
        yield "hexadecimal", data.hex().encode()
        yield "hexadecimal", data.hex().upper().encode()
        yield "hexadecimal", data.hex(" ").encode()
        if isinstance(self.value, str):
            yield from self._as_text(self.value)

    def _as_text(self, text: str) -> Iterator[tuple[str, bytes]]:
        if self.is_code:
            return
        encodings = {
            "URL-escaped": [quote(text, safe=""), quote(text), quote_plus(text)],
            "JSON-escaped": [json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]],
            "repr": [repr(text)[1:-1], ascii(text)[1:-1]],
            "HTML-escaped": [html.escape(text)],
            "in another case": [text.lower(), text.upper()],
        }
        for form, variants in encodings.items():
            yield from ((form, variant.encode()) for variant in variants if variant != text)
        yield "UTF-16", text.encode("utf-16-le")


def password(name: str = "password") -> Canary:
    """Return a password that satisfies every policy and whose encodings all differ from it.

    Six characters in a row count as a leak. Any six contain a character that neither base64 nor a token has,
    so no token contains a piece by chance.
    """
    return Canary(name, f'{_random(5)}"{_random(5)}é{_random(5)}%{_random(2)}/!A1', piece=6)


def answer(name: str = "answer") -> Canary:
    """Return an answer to a custom challenge; no token contains a piece of it by chance."""
    return Canary(name, "!".join(_random(count) for count in (5, 5, 5, 2)), piece=6)


def digits(name: str = "code", count: int = 10) -> Canary:
    """Return a code as long as Cognito may ever send, which no number can match by chance.

    No piece of it, forward or backward, occurs in a time in seconds since the epoch.
    """
    piece = 8
    while True:
        value = "".join(secrets.choice(string.digits) for _ in range(count))
        both = (value, value[::-1])
        if not any(
            is_in_timestamp(text[at : at + piece]) for text in both for at in range(count - piece + 1)
        ):
            return Canary(name, value, piece=piece)


def is_in_timestamp(text: str) -> bool:
    """Return whether eight digits occur in a timestamp from yesterday to next year."""
    first, last = int(time.time()) - 86400, int(time.time()) + 400 * 86400
    return any(
        (int(text) - first // cut) % 10**8 <= last // cut - first // cut  # without its last digits
        for cut in (1, 10, 100)
    )


def code(name: str, value: str) -> Canary:
    """Return the canary of a real code of a few digits."""
    return Canary(name, value, is_code=True)


def totp_key(value: str, name: str = "key") -> tuple[Canary, ...]:
    """Return the canaries of an authenticator key: base32 text and bytes.

    Two groups of four base32 characters count as a leak.
    """
    raw = base64.b32decode(value + "=" * (-len(value) % 8))
    return Canary(name, value, piece=8), Canary(f"{name}'s bytes", raw)


def token(name: str, value: str) -> Canary:
    """Return the canary of a token; thirty characters in a row count as a leak."""
    return Canary(name, value, piece=min(30, len(value)))


def session_canaries(stored: dict[str, object]) -> list[Canary]:
    """Return canaries for the tokens, device password or AWS credentials in a session record."""
    return [token(name, str(stored[name])) for name in STORED_SECRETS if stored.get(name)]


def _has_word(shape: bytes, data: bytes) -> bool:
    """Return whether the data contains a code that isn't part of a longer word or number.

    The decimals of a number don't count: files contain times in microseconds.
    """
    # The code comes first because the search is fast for a text that begins with it.
    word = rb"%b(?![0-9A-Za-z])(?<![0-9A-Za-z]%b)(?<![0-9]\.%b)"
    return re.search(word % (shape, shape, shape), data) is not None


def _decode_base64(text: bytes) -> bytes:
    """Decode base64 without padding; a last character that encodes no whole byte is left out."""
    whole = text[:-1] if len(text) % 4 == 1 else text
    return base64.b64decode(whole + b"==")


def _random(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
