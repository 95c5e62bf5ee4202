"""The program, its packages, the system and the terminal, for ``--version`` and ``doctor``.

Imports no package that may be missing, so that ``tui-auth --version`` works even then.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from typing import TYPE_CHECKING

from tui_auth.cli.help import PROGRAM
from tui_auth.terminal.environment import (
    TerminalKind,
    find_terminal,
    is_in_gnu_screen,
    is_in_tmux,
    is_monochrome,
    is_no_color_set,
    is_over_ssh,
)
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REQUIRED_BY_OTHERS = ("botocore", "cryptography")
"""Packages that boto3 and PyJWT require, and whose version matters here."""

_OPTIONAL = ("keyring",)
_REQUIREMENT = re.compile(r"(?P<package>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?P<range>[^;]*)(?P<marker>;.*)?")
_BOUND = re.compile(r"(?P<sign>>=|<)\s*(?P<version>[0-9.]+)")


def version_text() -> str:
    """Return what ``--version`` prints: program and system, packages, terminal."""
    packages = textwrap.fill(describe_packages(), 79)
    return f"{describe_program()}\n{packages}\nterminal: {describe_terminal()}\n"


def describe_program() -> str:
    """Return the versions of this program and its Python, and the system."""
    import platform

    installed = _installed_version(PROGRAM) or "missing"
    python = platform.python_version()
    return f"{PROGRAM} {installed} ({_describe_build()}), Python {python}, {platform.platform()}"


def _describe_build() -> str:
    """Return whether this is the one-file build, a checkout or an installed package, and where."""
    from pathlib import Path

    archive = getattr(getattr(sys.modules["__main__"], "__loader__", None), "archive", None)
    folder = Path(__file__).resolve().parents[2]
    if archive:
        return safe_line(f"one file, {Path(archive).resolve()}")
    is_installed = folder.name in ("site-packages", "dist-packages")
    return safe_line(f"installed in {sys.prefix}" if is_installed else f"checkout in {folder}")


def describe_packages() -> str:
    """Return the versions of the packages this program needs, and of the optional ones it has."""
    required = (*(requirement["package"] for requirement in _requirements()), *_REQUIRED_BY_OTHERS)
    packages = [f"{package} {_installed_version(package) or 'missing'}" for package in required]
    optional = [
        f"{package} {installed}" for package in _OPTIONAL if (installed := _installed_version(package))
    ]
    return ", ".join(packages + optional)


def unsupported_packages() -> Iterator[str]:
    """Describe each package that is missing or of a version that this program doesn't support."""
    for requirement in _requirements():
        package = requirement["package"]
        supported = ",".join(sorted(requirement["range"].strip().split(","), reverse=True))
        installed = _installed_version(package)
        if installed is None:
            yield f"{package} is missing; tui-auth needs {supported}"
        elif not _is_supported(installed, supported):
            yield f"{package} is {safe_line(installed, limit=30)}; tui-auth needs {supported}"


def _requirements() -> list[re.Match[str]]:
    """Return what this program requires without extras; nothing if it isn't installed."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        requirements = [_REQUIREMENT.match(requirement) for requirement in requires(PROGRAM) or []]
    except PackageNotFoundError:
        return []
    return [found for found in requirements if found and "extra" not in (found["marker"] or "")]


def describe_terminal(environ: Mapping[str, str] = os.environ) -> str:
    """Return the terminal in one line: its kind, colors, size, program, and what it runs in."""
    terminal = find_terminal(environ)
    if terminal.kind is TerminalKind.NONE:
        return f"none ({terminal.reason.rstrip('.')})"
    size = measure_terminal()
    variables = ("TERM_PROGRAM", "TERM_PROGRAM_VERSION", "WT_SESSION", "LC_ALL", "LC_CTYPE", "LANG")
    surrounding = {
        "tmux": is_in_tmux(environ),
        "screen": is_in_gnu_screen(environ),
        "SSH": is_over_ssh(environ),
    }
    parts = [
        environ.get("TERM") or "TERM not set",
        f"colors: {describe_colors(environ)}",
        "×".join(map(str, size)) if size else "no size",
        *(f"{name}={environ[name]}" for name in variables if environ.get(name)),
        *(f"in {name}" for name, is_inside in surrounding.items() if is_inside),
    ]
    return safe_line(", ".join(parts), limit=300)


def describe_colors(environ: Mapping[str, str]) -> str:
    """Return how many colors the terminal shows, as far as its variables say."""
    if is_no_color_set(environ):
        return "none (NO_COLOR is set)"
    if is_monochrome(environ):
        return "none (not supported by the terminal)"
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "16 million (COLORTERM)"
    return "256" if "256" in environ.get("TERM", "") else "16"


def measure_terminal() -> tuple[int, int] | None:
    """Return the terminal's columns and rows, or None if it doesn't report them."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        size = os.get_terminal_size(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return (size.columns, size.lines) if size.columns and size.lines else None


def _is_supported(installed: str, supported: str) -> bool:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3]]

    bounds = _BOUND.finditer(supported)
    return all((numbers(installed) < numbers(bound["version"])) is (bound["sign"] == "<") for bound in bounds)


def _installed_version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None
