"""Changes to config.toml: one at a time, all at once, and everything that is not meant left as it is."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tui_auth.config.errors import ConfigurationError, fault_in
from tui_auth.config.files import BYTE_ORDER_MARK, locked, read_marked_text
from tui_auth.config.profiles import (
    DEFAULT_KEY,
    LARGEST_CONFIG,
    TABLE,
    Profiles,
    load_profiles,
    parse_profiles,
)
from tui_auth.config.toml_text import NotEditable, with_table, with_value, without_key, without_table
from tui_auth.secret import Secret
from tui_auth.storage.files import create_file, make_private_folder, move_into_place, replace_file
from tui_auth.storage.paths import CONFIG_FILE, SECRETS_FOLDER, config_folder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class NameTaken(ConfigurationError):
    """There is a profile of that name already."""


def check_name(name: str) -> str:
    """The name, if a profile can have it. Raises ConfigurationError."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "A profile's name is made of letters, digits, - and _, and begins with a letter or digit."
        )
    return name


def add_profile(
    name: str,
    settings: Mapping[str, Any],
    *,
    comment: str = "",
    client_secret: Secret | None = None,
    replace: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """Keep settings as a profile, the app client's secret in a file of its own; the path of config.toml.

    ``settings`` are checked ones. A profile that is replaced goes whole, with its own secret's file. Raises
    ConfigurationError where there is such a profile already, unless it is to be replaced, and where a file
    cannot be written.
    """
    check_name(name)
    values = dict(settings)
    left_over: Path | None = None

    def change(text: str, profiles: Profiles) -> str:
        nonlocal left_over
        secret_path = _secret_path(profiles.path.parent, name)
        if client_secret is not None:
            values["client_secret_file"] = str(secret_path)
        if name in profiles.written:
            if not replace:
                raise NameTaken(f"There is a profile “{name}” already. Choose another name.")
            text = without_table(text, (TABLE, name))
            if str(values.get("client_secret_file")) != str(secret_path):
                left_over = _own_secret(profiles, name)
        return with_table(text, (TABLE, name), values, comment)

    path = _changed(change, environ, secret=(name, client_secret) if client_secret is not None else None)
    _remove(left_over)
    return path


def use_profile(name: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Make a profile the default, or none. Raises ConfigurationError where there is no such profile."""

    def change(text: str, profiles: Profiles) -> str:
        if name is None:
            return without_key(text, (DEFAULT_KEY,))
        return with_value(text, (DEFAULT_KEY,), profiles.profile(name).name)

    return _changed(change, environ)


def remove_profile(name: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Forget a profile; the path of the secret file that went with it, if tui-auth had made one.

    Raises ConfigurationError where there is no such profile, or a file cannot be written.
    """
    left_over: Path | None = None

    def change(text: str, profiles: Profiles) -> str:
        nonlocal left_over
        if name not in profiles.written:
            profiles.profile(name)
        left_over = _own_secret(profiles, name)
        if profiles.default == name:
            text = without_key(text, (DEFAULT_KEY,))
        return without_table(text, (TABLE, name))

    _changed(change, environ)
    _remove(left_over)
    return left_over


def _changed(
    change: Callable[[str, Profiles], str],
    environ: Mapping[str, str],
    secret: tuple[str, Secret] | None = None,
) -> Path:
    """Change config.toml and, with it, the ``secret`` of a profile: both are there in full, or as before."""
    path = Path(config_folder(environ), CONFIG_FILE)
    with _locked_folder(path), ExitStack() as prepared:
        content = read_marked_text(path, largest=LARGEST_CONFIG) if path.exists() else ""
        text = content.removeprefix(BYTE_ORDER_MARK)
        try:
            new = content[: len(content) - len(text)] + change(text, parse_profiles(path, text))
        except NotEditable:
            raise fault_in(
                path, None, "it is written in a way that cannot be changed from here. Change it in an editor."
            ) from None
        put_secret_in_place = prepared.enter_context(_new_secret(path, *secret)) if secret else None
        if new != content:
            replace_file(path, new)
        if put_secret_in_place:
            put_secret_in_place()
    load_profiles(environ)  # makes the index anew
    return path


@contextmanager
def _locked_folder(path: Path) -> Iterator[None]:
    try:
        make_private_folder(path.parent)
        with locked(path.parent):
            yield
    except OSError as error:
        raise fault_in(path, None, f"it cannot be written: {error.strerror}.") from None
    except UnicodeEncodeError:
        raise fault_in(path, None, "a value has characters that no file can hold.") from None


def _secret_path(folder: Path, name: str) -> Path:
    return folder / SECRETS_FOLDER / name


def _own_secret(profiles: Profiles, name: str) -> Path | None:
    """The secret's file that was made for a profile and that it names; None where another names it too."""
    own = _secret_path(profiles.path.parent, name)
    if profiles.secret_file(name) != own or own.is_symlink() or not own.is_file():
        return None
    others = (profiles.secret_file(other) for other in profiles.written if other != name)
    return None if any(os.path.realpath(each) == os.path.realpath(own) for each in others if each) else own


@contextmanager
def _new_secret(config: Path, name: str, secret: Secret) -> Iterator[Callable[[], None]]:
    """A profile's new secret on the disk, beside the one that still holds; the callable puts it in place."""
    path = _secret_path(config.parent, name)
    new = path.with_name(f".{name}.{secrets.token_hex(6)}")
    try:
        make_private_folder(path.parent)
        create_file(new, secret.reveal() + "\n")
    except OSError as error:
        place = path if path.parent.is_dir() else path.parent
        raise fault_in(place, None, f"the secret cannot be kept there: {error.strerror}.") from None
    try:
        yield lambda: move_into_place(new, path)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()


def _remove(secret: Path | None) -> None:
    if secret is None:
        return
    try:
        secret.unlink()
    except OSError as error:
        raise fault_in(secret, None, f"it cannot be removed: {error.strerror}.") from None
