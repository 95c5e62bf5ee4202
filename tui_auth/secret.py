"""A value that does not show itself."""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn


class Secret:
    """A password, code, key or token on its way through the program.

    Its ``repr``, ``str`` and ``format`` say nothing, so that a log line, a traceback or a worker's
    description cannot print it; ``reveal()`` is the one door out, easy to search for. It cannot be
    pickled or copied into a message by accident, and compares in constant time.
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
            raise ValueError("the secret is not UTF-8 text")
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
        # Brings OpenSSL with it, and a first screen compares nothing.
        import hmac

        return hmac.compare_digest(self.__comparable(), other.__comparable())

    def __comparable(self) -> bytes:
        """Return the value as bytes, also for text that isn't valid Unicode."""
        value = self.__value
        return value.encode(errors="surrogatepass") if isinstance(value, str) else value

    __hash__ = None  # type: ignore[assignment]  # a secret has no place in a set or as a key

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")
