"""What a sign-in needs on this machine: the terminal, folders, secret files, packages.

Each check of ``tui-auth doctor`` gives a finding; those of the user pool are in ``commands/doctor.py``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_auth.cli.program_facts import (
    describe_colors,
    describe_packages,
    describe_program,
    measure_terminal,
    unsupported_packages,
)
from tui_auth.cli.sign_in_now import choose_theme
from tui_auth.config.files import (
    ConfigurationError,
    SharedConfigFileError,
    display_path,
    permission_warning,
)
from tui_auth.exit_codes import ExitCode
from tui_auth.storage.files import PrivateFolder, StorageError, check_owner
from tui_auth.storage.paths import CONFIG_FILE, config_folder, runtime_folder, state_folder
from tui_auth.terminal.clipboard import find_local_tool
from tui_auth.terminal.environment import TerminalKind, find_terminal, is_in_tmux
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


SMALLEST = (80, 23)
_COLUMN = 24
"""The width of the first column, which holds the subject of each line."""


class Level(StrEnum):
    """How serious a finding is, as the mark that starts its line."""

    OK = "ok"
    PROBLEM = "!!"
    NOTE = "--"


@dataclass(frozen=True)
class Finding:
    """The result of one check: all in order, a problem with its cure, or something worth knowing.

    Attributes:
        subject: What was checked.
        level: How serious it is.
        message: What the check found.
        advice: What to do about it; empty if nothing.
        status: The exit status it leads to; 0 unless it's a problem.
    """

    subject: str
    level: Level
    message: str
    advice: str = ""
    status: int = 0

    def as_json(self) -> dict[str, Any]:
        is_ok = {Level.OK: True, Level.PROBLEM: False, Level.NOTE: None}[self.level]
        return {"about": self.subject, "ok": is_ok, "says": self.message, "do": self.advice}

    def as_text(self) -> str:
        """Return one line, and a second with the advice; on a terminal both are wrapped."""
        subject = safe_line(self.subject, limit=80)
        lines = [f"{self.level} {subject:<{_COLUMN}} {safe_line(self.message, limit=1000)}"]
        if self.advice:
            lines.append(f"   {'':<{_COLUMN}} → {safe_line(self.advice, limit=1000)}")
        if sys.stdout is not None and sys.stdout.isatty():
            width = max(shutil.get_terminal_size().columns, 2 * _COLUMN)
            indents = (" " * (_COLUMN + 4), " " * (_COLUMN + 6))
            lines = [
                textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False)
                for line, indent in zip(lines, indents, strict=False)
            ]
        return "\n".join(lines) + "\n"


def ok(subject: str, message: str) -> Finding:
    """Build a finding that all is in order."""
    return Finding(subject, Level.OK, message)


def note(subject: str, message: str, advice: str = "") -> Finding:
    """Build a finding that is worth knowing and neither right nor wrong."""
    return Finding(subject, Level.NOTE, message, advice)


def problem(subject: str, message: str, advice: str, status: int = ExitCode.CONFIGURATION) -> Finding:
    """Build a finding of something that prevents a sign-in."""
    return Finding(subject, Level.PROBLEM, message, advice, status)


def check_machine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Check everything that needs no network."""
    config, state = Path(config_folder(environ)), Path(state_folder(environ))
    yield from _check_terminal(environ)
    yield _check_clipboard(environ)
    yield _check_folder("config folder", config)
    yield _check_folder("state folder", state)
    yield from _check_runtime_folder(environ)
    yield from _check_profiles(config)
    versions = f"{describe_program()}, {describe_packages()}"
    if unsupported := "; ".join(unsupported_packages()):
        advice = "Reinstall tui-auth with its packages."
        yield problem("versions", f"{unsupported} ({versions})", advice)
    else:
        yield ok("versions", versions)


def _check_terminal(environ: Mapping[str, str]) -> Iterator[Finding]:
    terminal = find_terminal(environ)
    if terminal.kind is TerminalKind.NONE:
        advice = "Signing in needs a terminal, except with --password-stdin or --password-file."
        yield note("terminal", terminal.reason, advice)
        return
    if terminal.kind is TerminalKind.LINES:
        yield note("terminal", terminal.reason, "Signing in uses line prompts.")
    else:
        yield ok("terminal", safe_line(environ.get("TERM", ""), limit=40))
    if size := measure_terminal():
        text, fits = "×".join(map(str, size)), size[0] >= SMALLEST[0] and size[1] >= SMALLEST[1]
        advice = "At 80×23 or larger, everything fits, including QR codes."
        yield ok("size", text) if fits else note("size", text, advice)
    else:
        yield note("size", "the terminal doesn't report its size")
    yield ok("colors", describe_colors(environ))
    if theme := environ.get("TUI_AUTH_THEME"):
        try:
            choose_theme(environ)
        except ConfigurationError as error:
            yield problem("theme", str(error), "Change or unset it.")
        else:
            yield ok("theme", f"{theme} from TUI_AUTH_THEME")
    if is_in_tmux(environ):
        yield from _check_tmux()


def _check_tmux() -> Iterator[Finding]:
    version = _output(["tmux", "-V"])
    if version is None:
        yield note("tmux", "TMUX is set, but tmux can't run", "tui-auth copies through the terminal instead.")
        return
    if _output(["tmux", "show-options", "-gwv", "alternate-screen"]) == "off":
        yield note(
            "tmux history",
            "alternate-screen is off, so screens stay in the history when the width changes",
            "Run `tmux set -wg alternate-screen on`, or `tmux clear-history` afterwards.",
        )
    setting = _output(["tmux", "show-options", "-gv", "set-clipboard"])
    if setting == "off":
        advice = "Copied text stays in tmux. Paste it with prefix ], or run `tmux set -g set-clipboard on`."
        yield note("tmux", f"{version}; set-clipboard is off", advice)
    else:
        yield ok("tmux", f"{version}; set-clipboard is {setting or 'unknown'}")


def _output(command: list[str]) -> str | None:
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        ran = subprocess.run(  # noqa: S603
            [program, *command[1:]], capture_output=True, text=True, timeout=3, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return safe_line(ran.stdout, limit=60) if ran.returncode == 0 else None


def _check_clipboard(environ: Mapping[str, str]) -> Finding:
    if is_in_tmux(environ):
        return ok("clipboard", "tmux load-buffer -w")
    if tool := find_local_tool(environ):
        return ok("clipboard", f"{tool}")
    return note("clipboard", "the terminal (OSC 52), if it allows that")


def _check_folder(subject: str, folder: Path) -> Finding:
    # Path.exists raises below a folder that the user may not enter; os.path.exists doesn't.
    existing_folder = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110
    shown = display_path(existing_folder)
    flaw: tuple[str, str] | None
    if not existing_folder.is_dir():
        flaw = f"{shown} isn't a folder", f"Move it away, because {display_path(folder)} must be a folder."
    elif not _is_writable(existing_folder):
        advice = "Change its owner or mode, or choose another with XDG_CONFIG_HOME and XDG_STATE_HOME."
        flaw = f"{shown} isn't writable", advice
    elif existing_folder != folder:
        try:
            check_owner(str(existing_folder))
        except StorageError as error:
            return problem(subject, str(error), f"{display_path(folder)} is needed.", ExitCode.STORAGE)
        return ok(subject, f"{display_path(folder)}, created when needed")
    else:
        flaw = _find_flaw(folder, is_private=subject != "config folder")
    return problem(subject, *flaw, ExitCode.STORAGE) if flaw else ok(subject, shown)


def _find_flaw(folder: Path, *, is_private: bool) -> tuple[str, str] | None:
    """Return what prevents the use of a folder, and the cure; None if nothing does.

    A private folder must follow the rules of the session store.
    """
    status = folder.stat()
    if is_private and folder.is_symlink():
        return (
            f"{display_path(folder)} is a link",
            "Move it away, or choose another folder with XDG_STATE_HOME.",
        )
    if status.st_uid != os.geteuid():
        return f"{display_path(folder)} belongs to another user", "Change its owner, or move it away."
    if is_private and status.st_mode & 0o077:
        return f"other users can access {display_path(folder)}", f"chmod 700 {display_path(folder)}"
    if status.st_mode & 0o022:
        return f"other users can change {display_path(folder)}", f"chmod go-w {display_path(folder)}"
    return None


def _check_runtime_folder(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check the folder that lasts until log-out; there is other storage, so nothing here is a problem."""
    folder = runtime_folder(environ)
    if folder is None:
        yield note("runtime folder", "none: XDG_RUNTIME_DIR isn't set", "Use --storage file or keyring.")
        return
    try:
        PrivateFolder(folder, below=os.path.dirname(folder)).names()  # noqa: PTH120
    except StorageError as error:
        yield note("runtime folder", str(error), "Or use --storage file.")
        return
    finding = _check_folder("runtime folder", Path(folder))
    if finding.level is not Level.OK:
        finding = note(finding.subject, finding.message, f"{finding.advice} Or use --storage file.")
    yield finding


def _is_writable(folder: Path) -> bool:
    """Whether an unnamed temporary file can be created there; permission bits alone don't show it."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _check_profiles(folder: Path) -> Iterator[Finding]:
    """Check that no other user can change the profiles, or read their client secret files."""
    from tui_auth.config.amplify import read_secret_file
    from tui_auth.config.profiles import load_profiles

    try:
        profiles = load_profiles()
    except SharedConfigFileError as error:
        yield problem("profiles", str(error), "Look at its content too.", ExitCode.STORAGE)
        return
    except ConfigurationError as error:
        yield problem("profiles", str(error), "Correct it in an editor.")
        return
    for name in profiles.names:
        subject = f"profile {safe_line(name, limit=64)}"
        try:
            secret_file = profiles.profile(name).settings.get("client_secret_file")
        except ConfigurationError as error:
            yield problem(subject, str(error), "Correct it in an editor.")
            continue
        path = Path(secret_file) if secret_file else None
        try:
            if path:
                read_secret_file(path)
        except SharedConfigFileError as error:
            yield problem(subject, str(error), "Look at its content too.", ExitCode.STORAGE)
        except ConfigurationError:
            pass  # the checks of the pool say so
        if path and permission_warning(path):
            shown = display_path(path)
            yield problem(subject, f"other users can read {shown}", f"chmod 600 {shown}", ExitCode.STORAGE)
    if profiles.names:
        yield ok("profiles", f"{len(profiles.names)} in {display_path(folder / CONFIG_FILE)}")
