"""What a bug report needs: versions of the program and what it stands on, the system, the terminal."""

from __future__ import annotations

import os
import platform
import re
import textwrap
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version

from tui_auth.commands.doctor.terminal_checks import colours, size
from tui_auth.terminal.environment import (
    TerminalKind,
    find_terminal,
    is_in_gnu_screen,
    is_in_tmux,
    is_over_ssh,
)
from tui_auth.terminal.safe_text import safe_line

PROGRAM = "tui-auth"
PACKAGES = ("textual", "boto3", "botocore", "pyotp", "segno", "platformdirs", "PyJWT", "cryptography")
OPTIONAL = ("keyring",)
_REQUIREMENT = re.compile(r"(?P<package>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?P<range>[^;]*)(?P<marker>;.*)?")
_BOUND = re.compile(r"(?P<sign>>=|<)\s*(?P<version>[0-9.]+)")


def version_text() -> str:
    """Three lines: this program on which system, its packages, the terminal."""
    return f"{program_text()}\n{textwrap.fill(packages_text(), 79)}\nterminal: {terminal_text()}\n"


def program_text() -> str:
    """This program, its Python, its system."""
    return f"{PROGRAM} {_version(PROGRAM)}, Python {platform.python_version()}, {platform.platform()}"


def packages_text() -> str:
    """The packages this program stands on, with their versions."""
    told = [f"{package} {_version(package)}" for package in PACKAGES]
    told += [f"{package} {found}" for package in OPTIONAL if (found := _found(package))]
    return ", ".join(told)


def unfit_packages() -> Iterator[str]:
    """What is missing or of a version this program does not go with, each with what is needed."""
    for package, needed in _needed():
        found = _found(package)
        if found is None:
            yield f"{package} is missing, {needed} is needed"
        elif not _fits(found, needed):
            yield f"{package} is {safe_line(found, limit=30)}, {needed} is needed"


def terminal_text(environ: Mapping[str, str] = os.environ) -> str:
    """The terminal in one line: its kind, its program, its size, what is around it."""
    terminal = find_terminal(environ)
    if terminal.kind is TerminalKind.NONE:
        return f"none ({terminal.reason.rstrip('.')})"
    names = ("TERM_PROGRAM", "TERM_PROGRAM_VERSION", "WT_SESSION", "LC_ALL", "LC_CTYPE", "LANG")
    told = [environ.get("TERM") or "TERM not set", f"colours {colours(environ)}"]
    told += ["×".join(map(str, found)) if (found := size()) else "no size"]
    told += [f"{name}={environ[name]}" for name in names if environ.get(name)]
    around = {"tmux": is_in_tmux(environ), "screen": is_in_gnu_screen(environ), "SSH": is_over_ssh(environ)}
    told += [f"in {name}" for name, is_so in around.items() if is_so]
    return safe_line(", ".join(told), limit=300)


def _needed() -> Iterator[tuple[str, str]]:
    """The packages that the installed metadata asks for, and the versions; extras are left out."""
    try:
        required = requires(PROGRAM) or []
    except PackageNotFoundError:
        required = []
    for each in required:
        match = _REQUIREMENT.match(each)
        if match and "extra" not in (match["marker"] or ""):
            yield match["package"], ",".join(sorted(match["range"].strip().split(","), reverse=True))


def _fits(found: str, needed: str) -> bool:
    for bound in _BOUND.finditer(needed):
        is_lower = _numbers(found) < _numbers(bound["version"])
        if is_lower is (bound["sign"] == ">="):
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3])


def _version(package: str) -> str:
    return _found(package) or "missing"


def _found(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
