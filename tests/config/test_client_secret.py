"""Secret and password files: reading, errors, and the warning about permissions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tui_auth.config.amplify import read_secret_file
from tui_auth.config.files import (
    ConfigurationError,
    looks_like_secret,
    permission_warning,
    read_password_file,
    resolve_secret_path,
)
from tui_auth.secret import Secret

SECRET = "1abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmn"


def write_file(folder: Path, content: str, name: str = "secret", mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", ["s3cret", "s3cret\n", "\n  s3cret \nmore\n"])
def test_secret_is_the_first_nonempty_line(tmp_path: Path, content: str) -> None:
    assert read_secret_file(write_file(tmp_path, content)) == Secret("s3cret")
    assert read_secret_file(str(write_file(tmp_path, content))) == Secret("s3cret")


@pytest.mark.parametrize("content", ["", " \n\n"])
def test_empty_secret_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = write_file(tmp_path, content)
    with pytest.raises(ConfigurationError) as error:
        read_secret_file(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "first line" in str(error.value)


def test_secret_of_an_amplify_file_is_its_app_client_secret(tmp_path: Path) -> None:
    pool = {
        "PoolId": "eu-west-1_Ab12Cd34E",
        "AppClientId": "client1client1client1",
        "AppClientSecret": SECRET,
    }
    plugin = {"awsCognitoAuthPlugin": {"CognitoUserPool": {"Default": pool}}}
    path = write_file(tmp_path, json.dumps({"auth": {"plugins": plugin}}), "amplifyconfiguration.json")
    assert read_secret_file(path) == Secret(SECRET)
    del pool["AppClientSecret"]
    path.write_text(json.dumps({"auth": {"plugins": plugin}}))
    with pytest.raises(ConfigurationError, match=r"configuration.json: .*AppClientSecret"):
        read_secret_file(path)


@pytest.mark.parametrize(
    ("content", "password"),
    [("pass word", "pass word"), (" pw \n", " pw "), ("pw\r\nmore", "pw"), ("pw\n\n", "pw")],
)
def test_password_is_the_first_line_with_its_spaces(tmp_path: Path, content: str, password: str) -> None:
    assert read_password_file(write_file(tmp_path, content)) == Secret(password)


@pytest.mark.parametrize("content", ["", "\npw", "\r\n"])
def test_empty_password_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = write_file(tmp_path, content)
    with pytest.raises(ConfigurationError) as error:
        read_password_file(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "first line" in str(error.value)


def test_password_in_place_of_its_path_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_password_file("hunter2-hunter2")
    assert "hunter2" not in str(error.value)
    assert "path" in str(error.value)


@pytest.mark.parametrize("read", [read_secret_file, read_password_file])
def test_too_large_file_is_an_error(tmp_path: Path, read: object) -> None:
    assert callable(read)
    read(write_file(tmp_path, "x" * 4096))
    with pytest.raises(ConfigurationError, match="longer than 4096 bytes"):
        read(write_file(tmp_path, "x" * 4097))


@pytest.mark.parametrize(
    ("text", "is_secret"),
    [(SECRET, True), ("a" * 40, True), ("a" * 39, False), (f"~/{SECRET}", False), (f"{SECRET}.txt", False)],
)
def test_secret_is_distinguished_from_a_path(text: str, is_secret: bool) -> None:
    assert looks_like_secret(text) is is_secret


def test_name_of_an_existing_file_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_file(tmp_path, "s3cret", SECRET)
    assert not looks_like_secret(SECRET)
    assert resolve_secret_path(SECRET) == tmp_path / SECRET


def test_secret_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    assert resolve_secret_path("secret.txt") == tmp_path / "secret.txt"
    assert resolve_secret_path("~/secret.txt") == Path("/home/ann/secret.txt")


def test_secret_in_place_of_its_path_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as error:
        resolve_secret_path(SECRET)
    assert SECRET not in str(error.value)
    assert "path" in str(error.value)


def test_path_that_cannot_be_resolved_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"user after ~ .*full path"):
        resolve_secret_path("~no-such-user/secret")
    removed = tmp_path / "gone"
    removed.mkdir()
    monkeypatch.chdir(removed)
    removed.rmdir()
    with pytest.raises(ConfigurationError, match=r"current folder .*full path"):
        resolve_secret_path("secret")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_warning_about_a_readable_file_suggests_chmod(tmp_path: Path, mode: int) -> None:
    path = write_file(tmp_path, "s3cret", "my secret", mode)
    assert permission_warning(path) == (
        f"Other users of this computer can read {path}. Make it private: chmod 600 '{path}'"
    )


@pytest.mark.parametrize(("name", "mode"), [("secret", 0o600), ("secret", 0o622), ("aws-exports.js", 0o644)])
def test_private_and_project_files_cause_no_warning(tmp_path: Path, name: str, mode: int) -> None:
    assert permission_warning(write_file(tmp_path, "s3cret", name, mode)) == ""


def test_missing_files_and_folders_cause_no_warning(tmp_path: Path) -> None:
    assert permission_warning(tmp_path / "absent") == ""
    assert permission_warning("a\0b") == ""
    tmp_path.chmod(0o755)
    assert permission_warning(tmp_path) == ""
