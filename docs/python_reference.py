"""Write the reference in docs/python-api.md from the docstrings: ``python docs/python_reference.py``."""

from __future__ import annotations

import inspect
import os
import re
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).with_name("python-api.md")
BEGIN, END = (
    "<!-- The reference is written by docs/python_reference.py. -->\n",
    "<!-- End of the reference. -->\n",
)

WHOLE = {
    "Signing in": (
        "tui_auth",
        "Auth AsyncAuth SignInResult Done Tokens Claims SignUpResult BrowserSignIn AsyncBrowserSignIn "
        "DeliveryDetails describe_step StepDescription Secret",
    ),
    "Sessions": ("tui_auth", "open_session list_sessions Session SessionInfo AwsCredentials"),
    "The account": ("tui_auth", "Account AsyncAccount"),
    "httpx": ("tui_auth.integrations.httpx", "BearerAuth"),
    "requests": ("tui_auth.integrations.requests", "BearerAuth"),
    "boto3": ("tui_auth.integrations.boto3", "boto3_session credential_provider"),
}
"""The names that are described whole, by heading, and the module they are imported from."""

TABLES = {
    "Next steps": "NEXT_STEPS",
    "Choices": "MFAType AuthFactorType",
    "Errors": "ERRORS",
    "What an error is about": "ErrorKind ErrorField PasskeyProblem",
}
"""The names that are described in a line, by heading."""

LEFT_OUT = {"fork", "fresh", "from_json", "gateway", "locate", "name_for", "to_json", "trace"}
"""Methods and parameters for tests and for tui-auth itself."""

WITHOUT_METHODS = {"AsyncAccount"}
"""Classes whose methods are those of another one, as their docstring says."""

ELSEWHERE = {"Claims": "tui_auth.auth.tokens"}
"""Names that no module exports, of values that programs get."""

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$", re.MULTILINE)
_TITLES = {"Args": "Arguments", "Attributes": "Attributes", "Returns": "Returns", "Raises": "Raises"}


def main() -> None:
    """Replace the reference in the page."""
    page = PAGE.read_text()
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    PAGE.write_text(page[:start] + reference() + page[end:])


def reference() -> str:
    """Return the whole reference in Markdown."""
    parts = []
    for heading, (module_name, names) in WHOLE.items():
        module = import_module(module_name)
        if module_name != "tui_auth":
            heading = f"`{module_name}`"
        parts.append(f"\n### {heading}\n\n")
        for name in names.split():
            owner = import_module(ELSEWHERE[name]) if name in ELSEWHERE else module
            parts.append(describe(name, getattr(owner, name)))
    for heading, names in TABLES.items():
        parts.append(f"\n### {heading}\n\n| name | what it is |\n|---|---|\n")
        parts += [_row(name) for name in names_in(names)]
    return "".join(parts) + "\n"


def names_in(names: str) -> list[str]:
    """Return the names of a table."""
    import tui_auth

    public: dict[str, Any] = {name: getattr(tui_auth, name) for name in tui_auth.__all__}
    if names == "ERRORS":
        errors = [
            name for name, value in public.items() if inspect.isclass(value) and issubclass(value, Exception)
        ]
        return sorted(errors, key=lambda name: (len(public[name].__mro__), name))
    if names == "NEXT_STEPS":
        from tui_auth.auth.next_step import NEXT_STEPS

        steps = {*(step.__name__ for step in NEXT_STEPS), "ContinueSignInWithBrowser"}
        return [name for name in public if name in steps]
    return names.split()


def _row(name: str) -> str:
    import tui_auth

    value = getattr(tui_auth, name)
    text = _plain(inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")
    if issubclass(value, Exception):
        base = value.__mro__[1].__name__
        text += f" Subclass of `{base}`." if value is not tui_auth.TuiAuthError else ""
    return f"| `{name}` | {text} |\n"


def describe(name: str, value: Any) -> str:
    """Return a class with its public methods and properties, or a function."""
    if not inspect.isclass(value):
        return f"#### `{name}{_signature(value)}`\n\n{_markdown(inspect.getdoc(value) or '')}\n"
    text = _markdown(inspect.getdoc(value) or "", _attribute_types(value))
    parts = [f"#### `{name}{_class_signature(value)}`\n\n{text}\n"]
    for member, attribute in _members(value).items() if name not in WITHOUT_METHODS else ():
        text = _markdown(inspect.getdoc(attribute) or "")
        if isinstance(attribute, property):
            parts.append(f"**`{name}.{member}`**\n\n{text}\n")
            continue
        function = attribute.__func__ if isinstance(attribute, classmethod) else attribute
        word = "await " if inspect.iscoroutinefunction(function) else ""
        parts.append(f"**`{word}{name}.{member}{_signature(function, is_method=True)}`**\n\n{text}\n")
    return "".join(parts)


def _attribute_types(owner: type) -> dict[str, str]:
    """Return the types of the attributes of a dataclass, as they are written."""
    types = {
        name: text
        for base in reversed(owner.__mro__)
        for name, text in vars(base).get("__annotations__", {}).items()
    }
    return {name: text for name, text in types.items() if isinstance(text, str)}


def _members(owner: type) -> dict[str, Any]:
    """Return the public methods and properties with a docstring, those of base classes last."""
    members: dict[str, Any] = {}
    for base in owner.__mro__:
        if not base.__module__.startswith("tui_auth"):
            continue
        for name, value in vars(base).items():
            is_member = isinstance(value, property | classmethod) or inspect.isfunction(value)
            if (
                is_member
                and not name.startswith("_")
                and name not in {*members, *LEFT_OUT}
                and inspect.getdoc(value)
            ):
                members[name] = value
    return members


def _class_signature(owner: type) -> str:
    if not (inspect.getdoc(owner) or "").count("Args:"):
        return ""
    return _signature(vars(owner)["__init__"], is_method=True).partition(" ->")[0]


def _signature(function: Any, *, is_method: bool = False) -> str:
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())[1 if is_method else 0 :]
    shown = [
        parameter.replace(annotation=parameter.empty, default=_default(parameter))
        for parameter in parameters
        if parameter.name not in LEFT_OUT
    ]
    text = str(signature.replace(parameters=shown, return_annotation=signature.empty))
    returned = signature.return_annotation
    return text if returned is signature.empty else f"{text} -> {returned}"


class _Name:
    """A default that is shown by its name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


def _default(parameter: inspect.Parameter) -> Any:
    """Return a default as it is shown: never the values of this machine's variables."""
    if inspect.isfunction(parameter.default):
        return _Name("...")
    return _Name("os.environ") if parameter.default is os.environ else parameter.default


def _markdown(doc: str, types: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a docstring in Google's style as Markdown, with the types of attributes."""
    pieces = _SECTION.split(_plain(doc))
    parts = [_with_code(pieces[0].strip())]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        items = _items(
            inspect.cleandoc(body),
            is_list=title != "Returns",
            types=types if title == "Attributes" else {},
        )
        parts.append(f"{_TITLES[title]}:\n\n{items}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _items(body: str, *, is_list: bool, types: Mapping[str, str]) -> str:
    if not is_list:
        return " ".join(body.split())
    items = re.split(r"\n(?=\S)", body)
    lines = []
    for item in items:
        name, colon, text = " ".join(item.split()).partition(": ")
        if name not in LEFT_OUT:
            kind = f" (`{types[name]}`)" if name in types else ""
            lines.append(f"- `{name}`{kind}: {text}" if colon else f"- {name}")
    return "\n".join(lines)


def _with_code(text: str) -> str:
    """Return a text whose indented blocks after ``::`` are fenced."""

    def fenced(match: re.Match[str]) -> str:
        return f":\n\n```python\n{dedent(match[1]).strip()}\n```"

    return re.sub(r"::\n\n((?: {4}.*(?:\n|\Z)|\n)+)", fenced, text).strip()


def _plain(doc: str) -> str:
    return doc.replace("``", "`")


if __name__ == "__main__":
    main()
