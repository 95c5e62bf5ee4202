"""Validate requests against botocore's service model, with Cognito's error texts.

``parse_request`` answers two questions in Cognito's order. Does the JSON have the model's types? If not, the
error is SerializationException. Do the values satisfy the model's constraints? If not, the error is
InvalidParameterException, which lists every invalid member and leaves out the values of sensitive ones.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

from tui_auth.emulator.errors import CognitoError, invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

USER_POOLS = "cognito-idp"
IDENTITY_POOLS = "cognito-identity"

Shape = dict[str, Any]

_INTEGER = {"min": 1, "max": 18, "pattern": "-?[0-9]+"}
_SUPPLEMENT: dict[str, Shape] = {
    # Cognito checks the length of every password but the previous one; the model has no minimum. A password
    # may contain spaces, but not at its ends (user pool password requirements).
    "PasswordType": {"min": 6, "pattern": r"^[\S]+.*[\S]+$"},
    "ChangePasswordRequest.PreviousPassword": {"min": 0},
    # A define trigger may name a challenge that the model doesn't know. The handler checks the name.
    "ChallengeNameType": {"enum": (), "min": 1, "max": 64},
    # The model takes any text for these. The emulator reads them as integers.
    "NumberAttributeConstraintsType.MinValue": _INTEGER,
    "NumberAttributeConstraintsType.MaxValue": _INTEGER,
    "StringAttributeConstraintsType.MinLength": _INTEGER,
    "StringAttributeConstraintsType.MaxLength": _INTEGER,
    # A custom domain has dots, which the model doesn't allow. The handler checks those of a prefix.
    "DomainType": {"pattern": r"^[a-z0-9](?:[a-z0-9\-.]{0,61}[a-z0-9])?$"},
    # Without SOFTWARE_TOKEN, which the emulator doesn't serve as a first factor.
    "AuthFactorType": {"enum": ("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN")},
}
"""Constraints by shape, or by structure and member, that replace the model's."""

# Python's re doesn't know \p{…}. Printable characters of a value that aren't ASCII are replaced by an ASCII
# letter before matching, so the range of printable ASCII characters is enough.
_PRINTABLE = (r"\p{L}\p{M}\p{S}\p{N}\p{P}", "!-~")
_SEPARATORS = (r"\p{Z}", " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000")
_LINEAR = re.compile(r"(-\?)?\[[^\]]*\][+*]")
_LONGEST_BACKTRACKING = 4096


@cache
def _model(service: str) -> dict[str, Any]:
    """Read a service's model from botocore's data files, ten times as fast as botocore's own loader."""
    package = find_spec("botocore")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("botocore is not installed.")
    versions = Path(package.origin).parent / "data" / service
    file = max(versions.iterdir()) / "service-2.json.gz"
    content = gzip.decompress(file.read_bytes()) if file.exists() else file.with_suffix("").read_bytes()
    model: dict[str, Any] = json.loads(content)
    return model


def challenge_names() -> list[str]:
    """Return the challenges that the model knows."""
    names: list[str] = _model(USER_POOLS)["shapes"]["ChallengeNameType"]["enum"]
    return names


def unknown_challenge(name: str) -> CognitoError:
    """Build the validation error for a ChallengeName that isn't in the model."""
    violation = _violation({}, name, "challengeName", _enum_constraint(challenge_names()))
    return invalid_parameter(f"1 validation error detected: {violation}")


def parse_request(service: str, operation: str, request: Any) -> dict[str, Any]:
    """Return a request's known members without nulls, or raise CognitoError."""
    if not isinstance(request, dict):
        raise _serialization_error("Start of structure or map found where not expected.")
    reader = _Reader(_model(service)["shapes"])
    shape = reader.shape(_model(service)["operations"][operation]["input"]["shape"])
    parsed: dict[str, Any] = reader.parse(shape, request)
    violations = list(reader.violations(shape, parsed))
    if violations:
        count = f"{len(violations)} validation error{'s' if len(violations) > 1 else ''} detected: "
        raise invalid_parameter(count + "; ".join(violations))
    return parsed


@dataclass(frozen=True)
class _Reader:
    """Reads values by the shapes of one service's model."""

    shapes: dict[str, Shape]

    def shape(self, name: str, member: str = "") -> Shape:
        """Return the shape of this name, for a member written as ``Structure.Member``."""
        supplement = {**_SUPPLEMENT.get(name, {}), **_SUPPLEMENT.get(member, {})}
        return {**self.shapes[name], **supplement, "name": name}

    def members(self, structure: Shape) -> Iterator[tuple[str, Shape]]:
        for name, reference in structure["members"].items():
            yield name, self.shape(reference["shape"], f"{structure['name']}.{name}")

    def parse(self, shape: Shape, value: Any) -> Any:
        """Return a value without unknown members and nulls; raise SerializationException."""
        match shape["type"]:
            case "structure" if shape.get("document"):
                return value  # any JSON
            case "structure":
                members = dict(self.members(shape))
                return {
                    name: self.parse(members[name], element)
                    for name, element in _mapping(value).items()
                    if name in members and element is not None
                }
            case "map":
                item = self.shape(shape["value"]["shape"])
                return {
                    key: self.parse(item, element)
                    for key, element in _mapping(value).items()
                    if element is not None
                }
            case "list":
                if not isinstance(value, list):
                    raise _serialization_error("Expected list or null")
                item = self.shape(shape["member"]["shape"])
                return [self.parse(item, element) for element in value if element is not None]
        return _scalar(value, *_SCALARS[shape["type"]])

    def violations(self, shape: Shape, value: Any, path: str = "") -> Iterator[str]:
        """Yield the violations of constraints in a parsed value. The entries of maps aren't checked."""
        for constraint in _violated_constraints(shape, value):
            yield _violation(shape, value, path, constraint)
        if shape["type"] == "list":
            item = self.shape(shape["member"]["shape"])
            for number, element in enumerate(value, start=1):
                yield from self.violations(item, element, f"{path}.{number}.member")
        elif shape["type"] == "structure" and not shape.get("document"):
            for name, member in self.members(shape):
                member_path = f"{path}.{name[:1].lower()}{name[1:]}".removeprefix(".")
                if name in value:
                    yield from self.violations(member, value[name], member_path)
                elif name in shape.get("required", ()):
                    yield _violation(member, None, member_path, "Member must not be null")


_SCALARS = {"string": (str, "a String"), "integer": (int, "an Integer"), "boolean": (bool, "a Boolean")}
_TOKENS = {
    True: "TRUE_VALUE",
    False: "FALSE_VALUE",
    int: "NUMBER_VALUE",
    float: "DECIMAL_VALUE",
    str: "STRING_VALUE",
}


def _scalar(value: Any, expected: type, description: str) -> Any:
    if isinstance(value, list):
        raise _serialization_error("Start of list found where not expected")
    if isinstance(value, dict):
        raise _serialization_error("Start of structure or map found where not expected.")
    if type(value) is not expected:
        token = _TOKENS[value if isinstance(value, bool) else type(value)]
        raise _serialization_error(f"{token} can not be converted to {description}")
    if (
        isinstance(value, str)
        and not value.isascii()
        and any("\ud800" <= character <= "\udfff" for character in value)
    ):
        raise _serialization_error("Invalid UTF-16 surrogate in a string")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _serialization_error("Expected null or start of structure or map")
    return value


def _serialization_error(message: str) -> CognitoError:
    return CognitoError("SerializationException", message)


def _violated_constraints(shape: Shape, value: Any) -> Iterator[str]:
    if shape["type"] in ("structure", "map", "boolean"):
        return
    if (values := shape.get("enum")) and value not in values:
        yield _enum_constraint(values)
    size, measure = (value, "value") if shape["type"] == "integer" else (len(value), "length")
    if size < shape.get("min", size):
        yield f"Member must have {measure} greater than or equal to {shape['min']}"
    if size > shape.get("max", size):
        yield f"Member must have {measure} less than or equal to {shape['max']}"
    if "pattern" in shape and not _matches(shape["pattern"], value):
        yield f"Member must satisfy regular expression pattern: {shape['pattern']}"


def _enum_constraint(values: Iterable[str]) -> str:
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


def _violation(shape: Shape, value: Any, path: str, constraint: str) -> str:
    shown = "Value" if shape.get("sensitive") else "Value null" if value is None else f"Value '{value}'"
    return f"{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _matches(pattern: str, value: str) -> bool:
    if len(value) > _LONGEST_BACKTRACKING and not _LINEAR.fullmatch(pattern):
        return True  # A long value can keep any other pattern busy for minutes.
    if r"\p{" in pattern:
        pattern = pattern.replace(*_PRINTABLE).replace(*_SEPARATORS)
        value = "".join("x" if not c.isascii() and category(c)[0] in "LMNPS" else c for c in value)
    return re.fullmatch(pattern, value, re.ASCII) is not None
