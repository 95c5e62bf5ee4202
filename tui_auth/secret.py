"""A value that does not show itself."""

from __future__ import annotations

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
        """The text itself; bytes are taken as UTF-8."""
        value = self.__value
        return value.decode() if isinstance(value, bytes) else value

    def reveal_bytes(self) -> bytes:
        """The bytes themselves; text is given as UTF-8."""
        value = self.__value
        return value.encode() if isinstance(value, str) else value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # Brings OpenSSL with it, and a first screen compares nothing.
        import hmac

        return hmac.compare_digest(self.reveal_bytes(), other.reveal_bytes())

    __hash__ = None  # type: ignore[assignment]  # a secret has no place in a set or as a key

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")
