"""What a request may look like: the shapes of Cognito's service model, and its words for a bad one.

``check()`` answers two questions in Cognito's order. Is the JSON of the right types? If not,
SerializationException. Do the values keep the model's constraints? If not, InvalidParameterException
that names each member at fault; the value of a sensitive member is left out of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tui_auth.emulator.errors import PoolError, invalid_parameter

PRINTABLE = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"
PRINTABLE_OR_SPACE = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+"


def _only(categories: str, extra: str = "") -> Callable[[str], bool]:
    def matches(value: str) -> bool:
        return value != "" and all(c in extra or unicodedata.category(c)[0] in categories for c in value)

    return matches


# Python's re knows no \p{…}; these are the only two patterns of the model that need it.
_BY_HAND = {PRINTABLE: _only("LMSNP"), PRINTABLE_OR_SPACE: _only("LMSNP", "\t\n\r ")}


@dataclass(frozen=True)
class Text:
    """A string: its length in characters, a pattern for the whole of it, or an enumeration."""

    shortest: int = 0
    longest: int | None = None
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    sensitive: bool = False


@dataclass(frozen=True)
class Whole:
    """An integer."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Truth:
    """A boolean."""


@dataclass(frozen=True)
class Strings:
    """A map from strings to strings; entries that are null count as absent."""


@dataclass(frozen=True)
class Open:
    """A structure that the pool keeps and gives back without looking into it."""


@dataclass(frozen=True)
class ListOf:
    """A list of one shape."""

    item: Shape
    least: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Record:
    """A structure with known members; members it does not know are ignored."""

    members: Mapping[str, Shape] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


Shape = Text | Whole | Truth | Strings | Open | ListOf | Record


def check(shape: Record, request: Any) -> dict[str, Any]:
    """The request as handlers may read it: known members only, nulls left out.

    Raises PoolError: SerializationException or InvalidParameterException.
    """
    if not isinstance(request, dict):
        raise _unreadable("Start of structure or map found where not expected.")
    cleaned: dict[str, Any] = _typed(shape, request)
    faults: list[str] = []
    _constrain(shape, cleaned, "", faults)
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
        raise invalid_parameter(count + "; ".join(faults))
    return cleaned


def enum_fault(value: str, member: str, choices: tuple[str, ...]) -> PoolError:
    """The refusal of a value outside an enumeration, for members that are checked later than others."""
    fault = _say(Text(), value, member, f"Member must satisfy enum value set: [{', '.join(choices)}]")
    return invalid_parameter(f"1 validation error detected: {fault}")


def _unreadable(message: str) -> PoolError:
    return PoolError("SerializationException", message)


_KINDS = {bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE", str: "STRING_VALUE"}


def _scalar(value: Any, wanted: type, name: str) -> Any:
    if isinstance(value, list):
        raise _unreadable("Start of list found where not expected")
    if isinstance(value, dict):
        raise _unreadable("Start of structure or map found where not expected.")
    if type(value) is not wanted:
        kind = "FALSE_VALUE" if value is False else _KINDS[type(value)]
        raise _unreadable(f"{kind} can not be converted to {name}")
    if isinstance(value, str) and not _is_unicode(value):
        raise _unreadable("Invalid UTF-16 surrogate in a string")
    return value


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _typed(shape: Shape, value: Any) -> Any:  # noqa: PLR0911 - one return a shape
    match shape:
        case Text():
            return _scalar(value, str, "a String")
        case Whole():
            return _scalar(value, int, "an Integer")
        case Truth():
            return _scalar(value, bool, "a Boolean")
        case ListOf(item=item):
            if not isinstance(value, list):
                raise _unreadable("Expected list or null")
            return [_typed(item, one) for one in value if one is not None]
        case Strings():
            entries = _mapping(value)
            return {key: _scalar(one, str, "a String") for key, one in entries.items() if one is not None}
        case Record(members=members):
            entries = _mapping(value)
            return {
                name: _typed(members[name], one)
                for name, one in entries.items()
                if name in members and one is not None
            }
        case Open():
            return _mapping(value)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable("Expected null or start of structure or map")
    return value


def _constrain(shape: Shape, value: Any, path: str, faults: list[str]) -> None:
    match shape:
        case Text():
            faults.extend(_say(shape, value, path, text) for text in _text_faults(shape, value))
        case Whole(least=least, most=most):
            if least is not None and value < least:
                faults.append(
                    _say(shape, value, path, f"Member must have value greater than or equal to {least}")
                )
            if most is not None and value > most:
                faults.append(
                    _say(shape, value, path, f"Member must have value less than or equal to {most}")
                )
        case ListOf(item=item, least=least, most=most):
            if len(value) < least:
                text = f"Member must have length greater than or equal to {least}"
                faults.append(_say(shape, value, path, text))
            if most is not None and len(value) > most:
                faults.append(
                    _say(shape, value, path, f"Member must have length less than or equal to {most}")
                )
            for number, one in enumerate(value, start=1):
                _constrain(item, one, f"{path}.{number}.member", faults)
        case Record(members=members, required=required):
            for name, member in members.items():
                inner = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
                if name in value:
                    _constrain(member, value[name], inner, faults)
                elif name in required:
                    shown = "Value" if isinstance(member, Text) and member.sensitive else "Value null"
                    faults.append(
                        f"{shown} at '{inner}' failed to satisfy constraint: Member must not be null"
                    )


def _text_faults(shape: Text, value: str) -> list[str]:
    faults = []
    if shape.choices and value not in shape.choices:
        faults.append(f"Member must satisfy enum value set: [{', '.join(shape.choices)}]")
    if len(value) < shape.shortest:
        faults.append(f"Member must have length greater than or equal to {shape.shortest}")
    if shape.longest is not None and len(value) > shape.longest:
        faults.append(f"Member must have length less than or equal to {shape.longest}")
    if shape.pattern and not _matches(shape.pattern, value):
        faults.append(f"Member must satisfy regular expression pattern: {shape.pattern}")
    return faults


def _matches(pattern: str, value: str) -> bool:
    by_hand = _BY_HAND.get(pattern)
    if by_hand is not None:
        return by_hand(value)
    return re.fullmatch(pattern, value, re.ASCII) is not None


def _say(shape: Shape, value: Any, path: str, constraint: str) -> str:
    shown = "Value" if isinstance(shape, Text) and shape.sensitive else f"Value '{value}'"
    return f"{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
