"""What on this machine a sign-in depends on: the terminal, folders, versions."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tui_auth.commands.doctor.findings import Finding, Mark, good, note, wrong
from tui_auth.commands.doctor.terminal_checks import check_terminal
from tui_auth.commands.doctor.versions import packages_text, program_text, unfit_packages
from tui_auth.config.client_secret import open_to_others
from tui_auth.config.errors import shown
from tui_auth.exit_codes import ExitCode
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.paths import CONFIG_FILE, config_folder, runtime_folder, state_folder
from tui_auth.terminal.safe_text import safe_line


def check_machine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Everything that can be looked at without a network."""
    yield from check_terminal(environ)
    yield _storage("config folder", Path(config_folder(environ)))
    yield _storage("state folder", Path(state_folder(environ)))
    yield from _storage_until_log_out(environ)
    yield from _secret_files(Path(config_folder(environ)))
    yield _versions()


def _storage(about: str, folder: Path) -> Finding:
    # os.path's own, since Path's raises below a folder that one may not enter.
    nearest = next(each for each in (folder, *folder.parents) if os.path.exists(each))  # noqa: PTH110
    if not nearest.is_dir():
        return wrong(
            about,
            f"{shown(nearest)} is no folder",
            f"Move it away: {shown(folder)} is needed.",
            ExitCode.STORAGE,
        )
    if not _can_be_written(nearest):
        return wrong(
            about,
            f"{shown(nearest)} cannot be written",
            "Make it yours, or name another with XDG_CONFIG_HOME and XDG_STATE_HOME.",
            ExitCode.STORAGE,
        )
    if nearest != folder:
        return good(about, f"{shown(folder)}, made when it is needed")
    unfit = _unfit(folder, is_private=about != "config folder")
    return wrong(about, *unfit, ExitCode.STORAGE) if unfit else good(about, shown(folder))


def _unfit(folder: Path, *, is_private: bool) -> tuple[str, str] | None:
    """What keeps a folder from being used, and what to do; a private one has the rules of kept sessions."""
    found = folder.stat()
    if is_private and folder.is_symlink():
        return f"{shown(folder)} is a link", f"rm {shown(folder)}"
    if found.st_uid != os.geteuid():
        return f"{shown(folder)} belongs to another user", "Remove it, or make it yours."
    if is_private and found.st_mode & 0o077:
        return f"{shown(folder)} is open to others", f"chmod 700 {shown(folder)}"
    return None


def _storage_until_log_out(environ: Mapping[str, str]) -> Iterator[Finding]:
    """The folder that ends with the log-in: where it is of no use there are others, so that is no fault."""
    folder = runtime_folder(environ)
    if folder is None:
        yield note("runtime folder", "none: XDG_RUNTIME_DIR is not set", "Choose --storage file or keyring.")
        return
    try:
        PrivateFolder(folder, below=os.path.dirname(folder)).names()  # noqa: PTH120
    except StorageError as error:
        yield note("runtime folder", str(error), "Or choose --storage file.")
        return
    found = _storage("runtime folder", Path(folder))
    yield found if found.mark is Mark.OK else note(found.about, found.says, f"{found.do} Or --storage file.")


def _can_be_written(folder: Path) -> bool:
    """Whether a file can be made there: tried, since permissions do not tell; it has no name and goes."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _secret_files(folder: Path) -> Iterator[Finding]:
    """Secrets that others can read: of the profiles, the files they name."""
    from tui_auth.config.errors import ConfigurationError
    from tui_auth.config.profiles import load_profiles

    try:
        profiles = load_profiles()
    except ConfigurationError as error:
        yield wrong("profiles", str(error), "Put that right in an editor.", ExitCode.CONFIGURATION)
        return
    for name in profiles.names:
        about = f"profile {safe_line(name, limit=64)}"
        try:
            named = profiles.profile(name).settings.get("client_secret_file")
        except ConfigurationError as error:
            yield wrong(
                about,
                str(error),
                "Put that right in an editor.",
                ExitCode.CONFIGURATION,
            )
            continue
        path = Path(named) if named else None
        if path and open_to_others(path):
            yield wrong(
                about,
                f"others can read {shown(path)}",
                f"chmod 600 {shown(path)}",
                ExitCode.STORAGE,
            )
    if profiles.names:
        yield good("profiles", f"{len(profiles.names)} in {shown(folder / CONFIG_FILE)}")


def _versions() -> Finding:
    says = f"{program_text()}, {packages_text()}"
    if unfit := "; ".join(unfit_packages()):
        return wrong(
            "versions",
            f"{unfit} ({says})",
            "Install tui-auth again: its packages come with it.",
            ExitCode.CONFIGURATION,
        )
    return good("versions", says)
