"""Check what a sign-in needs on this machine: the terminal, folders, secret files, packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.cli.doctor import Finding, Level
from tui_auth.cli.full_screen import theme
from tui_auth.cli.versions import (
    describe_colors,
    describe_packages,
    describe_program,
    measure_terminal,
    unsupported_packages,
)
from tui_auth.config.files import ConfigurationError, display_path, permission_warning
from tui_auth.exit_codes import ExitCode
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.paths import CONFIG_FILE, config_folder, runtime_folder, state_folder
from tui_auth.terminal.clipboard import find_local_tool
from tui_auth.terminal.environment import TerminalKind, find_terminal, is_in_tmux
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


SMALLEST = (80, 23)


def check_terminal(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    yield from _check_kind(environ)
    yield _check_clipboard(environ)


def _check_kind(environ: Mapping[str, str]) -> Iterator[Finding]:
    terminal = find_terminal(environ)
    if terminal.kind is TerminalKind.NONE:
        yield Finding.note(
            "terminal", terminal.reason, "Signing in needs one, but for a password alone (--password-stdin)."
        )
        return
    if terminal.kind is TerminalKind.LINES:
        yield Finding.note("terminal", terminal.reason, "Signing in works with line prompts.")
    else:
        yield Finding.ok("terminal", safe_line(environ.get("TERM", ""), limit=40))
    size = measure_terminal()
    if size is None:
        yield Finding.note("size", "the terminal does not tell its size")
    else:
        columns, rows = size
        text = f"{columns}×{rows}"
        fits = columns >= SMALLEST[0] and rows >= SMALLEST[1]
        advice = "At 80×23 and more everything fits, QR pictures too."
        yield Finding.ok("size", text) if fits else Finding.note("size", text, advice)
    yield Finding.ok("colours", describe_colors(environ))
    yield from _check_theme(environ)
    yield from _check_tmux(environ)


def _check_theme(environ: Mapping[str, str]) -> Iterator[Finding]:
    if chosen := environ.get("TUI_AUTH_THEME"):
        try:
            theme(chosen)
        except ConfigurationError as error:
            yield Finding.problem("theme", str(error), "Set it to one of these, or unset it.")
        else:
            yield Finding.ok("theme", f"{chosen} from TUI_AUTH_THEME")


def _check_tmux(environ: Mapping[str, str]) -> Iterator[Finding]:
    if not is_in_tmux(environ):
        return
    version = _output(["tmux", "-V"])
    if version is None:
        yield Finding.note(
            "tmux", "TMUX is set, but tmux cannot be run", "Copying goes by the terminal then."
        )
        return
    if _output(["tmux", "show-options", "-gwv", "alternate-screen"]) == "off":
        yield Finding.note(
            "tmux history",
            "alternate-screen is off: what a screen shows stays in the history if its width changes",
            "`tmux set -wg alternate-screen on`, or `tmux clear-history` afterwards.",
        )
    setting = _output(["tmux", "show-options", "-gv", "set-clipboard"])
    if setting == "off":
        yield Finding.note(
            "tmux",
            f"{version}; set-clipboard is off",
            "What is copied stays in tmux's buffer: paste with prefix ], or `tmux set -g set-clipboard on`.",
        )
    else:
        yield Finding.ok("tmux", f"{version}; set-clipboard is {setting or 'unknown'}")


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
        return Finding.ok("clipboard", "by tmux load-buffer -w")
    if tool := find_local_tool(environ):
        return Finding.ok("clipboard", f"by {tool}")
    return Finding.note("clipboard", "by the terminal itself (OSC 52), if it lets programs do that")


def check_machine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Check everything that needs no network."""
    yield from check_terminal(environ)
    yield _check_folder("config folder", Path(config_folder(environ)))
    yield _check_folder("state folder", Path(state_folder(environ)))
    yield from _check_runtime_folder(environ)
    yield from _check_profiles(Path(config_folder(environ)))
    yield _check_versions()


def _check_folder(subject: str, folder: Path) -> Finding:
    # Path.exists raises below a folder that the user may not enter; os.path.exists doesn't.
    existing_folder = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110
    if not existing_folder.is_dir():
        return Finding.problem(
            subject,
            f"{display_path(existing_folder)} is no folder",
            f"Move it away: {display_path(folder)} is needed.",
            ExitCode.STORAGE,
        )
    if not _is_writable(existing_folder):
        return Finding.problem(
            subject,
            f"{display_path(existing_folder)} cannot be written",
            "Make it yours, or name another with XDG_CONFIG_HOME and XDG_STATE_HOME.",
            ExitCode.STORAGE,
        )
    if existing_folder != folder:
        return Finding.ok(subject, f"{display_path(folder)}, made when it is needed")
    flaw = _find_flaw(folder, is_private=subject != "config folder")
    if flaw:
        return Finding.problem(subject, *flaw, ExitCode.STORAGE)
    return Finding.ok(subject, display_path(folder))


def _find_flaw(folder: Path, *, is_private: bool) -> tuple[str, str] | None:
    """Return what prevents the use of a folder, and the cure; None if nothing does.

    A private folder must follow the rules of the session store.
    """
    status = folder.stat()
    if is_private and folder.is_symlink():
        return f"{display_path(folder)} is a link", f"rm {display_path(folder)}"
    if status.st_uid != os.geteuid():
        return f"{display_path(folder)} belongs to another user", "Remove it, or make it yours."
    if is_private and status.st_mode & 0o077:
        return f"{display_path(folder)} is open to others", f"chmod 700 {display_path(folder)}"
    return None


def _check_runtime_folder(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check the folder that lasts until log-out; there is other storage, so nothing here is a problem."""
    folder = runtime_folder(environ)
    if folder is None:
        yield Finding.note(
            "runtime folder", "none: XDG_RUNTIME_DIR is not set", "Choose --storage file or keyring."
        )
        return
    try:
        PrivateFolder(folder, below=os.path.dirname(folder)).names()  # noqa: PTH120
    except StorageError as error:
        yield Finding.note("runtime folder", str(error), "Or choose --storage file.")
        return
    finding = _check_folder("runtime folder", Path(folder))
    if finding.level is not Level.OK:
        finding = Finding.note(finding.subject, finding.message, f"{finding.advice} Or --storage file.")
    yield finding


def _is_writable(folder: Path) -> bool:
    """Whether an unnamed temporary file can be created there; permission bits alone don't show it."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _check_profiles(folder: Path) -> Iterator[Finding]:
    """Check that no other user can read the client secret files of the profiles."""
    from tui_auth.config.profiles import load_profiles

    try:
        profiles = load_profiles()
    except ConfigurationError as error:
        yield Finding.problem("profiles", str(error), "Put that right in an editor.")
        return
    for name in profiles.names:
        subject = f"profile {safe_line(name, limit=64)}"
        try:
            secret_file = profiles.profile(name).settings.get("client_secret_file")
        except ConfigurationError as error:
            yield Finding.problem(subject, str(error), "Put that right in an editor.")
            continue
        path = Path(secret_file) if secret_file else None
        if path and permission_warning(path):
            yield Finding.problem(
                subject,
                f"others can read {display_path(path)}",
                f"chmod 600 {display_path(path)}",
                ExitCode.STORAGE,
            )
    if profiles.names:
        yield Finding.ok("profiles", f"{len(profiles.names)} in {display_path(folder / CONFIG_FILE)}")


def _check_versions() -> Finding:
    versions = f"{describe_program()}, {describe_packages()}"
    if unsupported := "; ".join(unsupported_packages()):
        return Finding.problem(
            "versions", f"{unsupported} ({versions})", "Install tui-auth again: its packages come with it."
        )
    return Finding.ok("versions", versions)
