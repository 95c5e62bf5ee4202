"""Secret: a value that never prints itself; and whether a text can be sent at all."""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn


def is_unicode(text: str) -> bool:
    """Return False if the text has lone surrogates: bytes that aren't UTF-8, or a server's broken escapes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


class Secret:
    """A password, code, key or token.

    ``repr``, ``str`` and ``format`` don't show the value, so that a log line, a traceback or a worker's
    description can't print it. Only ``reveal()`` and ``reveal_bytes()`` return it, which is easy to search
    for. A Secret can't be pickled, and it compares in constant time.

    Args:
        value: The text or its UTF-8 bytes.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str | bytes) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the text; bytes are decoded as UTF-8.

        Raises:
            ValueError: The bytes aren't UTF-8. Unlike UnicodeDecodeError it doesn't contain them.
        """
        value = self.__value
        if isinstance(value, bytes):
            with suppress(UnicodeDecodeError):
                return value.decode()
            raise ValueError("the secret isn't UTF-8 text")
        return value

    def reveal_bytes(self) -> bytes:
        """Return the bytes; text is encoded as UTF-8.

        Raises:
            ValueError: The text has lone surrogates. Unlike UnicodeEncodeError it doesn't contain the text.
        """
        value = self.__value
        if isinstance(value, str):
            with suppress(UnicodeEncodeError):
                return value.encode()
            raise ValueError("the secret can't be encoded as UTF-8")
        return value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # Imported here because it loads OpenSSL, which the first screen doesn't need.
        import hmac

        return hmac.compare_digest(self.__comparable(), other.__comparable())

    def __comparable(self) -> bytes:
        """Return the value as bytes, also for text that isn't valid Unicode."""
        value = self.__value
        return value.encode(errors="surrogatepass") if isinstance(value, str) else value

    __hash__ = None  # type: ignore[assignment]  # a secret must not be a set member or a dict key

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled")
