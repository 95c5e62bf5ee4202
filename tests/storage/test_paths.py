"""The folders are the same as those of platformdirs, which isn't imported."""

from __future__ import annotations

import os
import pwd

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from tui_auth.storage import paths

ENVIRONMENTS = [
    {"HOME": "/home/ann"},
    {"HOME": "/home/ann/"},
    {"HOME": "/home/ann", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c", "XDG_CONFIG_HOME": "/k"},
    {"HOME": "/home/ann", "XDG_STATE_HOME": "", "XDG_CACHE_HOME": "relative", "XDG_CONFIG_HOME": "~/x"},
]


@pytest.mark.parametrize("environ", ENVIRONMENTS)
@pytest.mark.parametrize(("platform", "directories"), [("linux", Unix), ("darwin", MacOS)])
def test_folders_equal_those_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    platform: str,
    directories: type[Unix] | type[MacOS],
) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    expected = directories(paths.PROGRAM, appauthor=False)
    assert paths.state_folder(environ, platform) == os.path.normpath(expected.user_state_dir)
    assert paths.cache_folder(environ, platform) == os.path.normpath(expected.user_cache_dir)
    assert paths.config_folder(environ, platform) == os.path.normpath(expected.user_config_dir)


def test_runtime_folder_comes_from_its_variable() -> None:
    assert paths.runtime_folder({"XDG_RUNTIME_DIR": "/run/user/7"}) == "/run/user/7/tui-auth"
    assert paths.runtime_folder({"XDG_RUNTIME_DIR": "relative"}) is None
    assert paths.runtime_folder({}) is None


def test_missing_home_falls_back_to_the_password_file_then_the_root(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = pwd.getpwuid(os.getuid()).pw_dir
    assert paths.state_folder({}, "linux") == f"{home}/.local/state/tui-auth"

    def raise_unknown_user(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", raise_unknown_user)
    assert paths.state_folder({}, "linux") == "/.local/state/tui-auth"
