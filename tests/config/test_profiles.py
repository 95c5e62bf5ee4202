"""Profiles: reading, errors and edits."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.config.conftest import Home
from tests.processes import PythonProcess
from tui_auth.config.files import ConfigurationError
from tui_auth.config.profile_editor import add_profile, remove_profile, use_profile
from tui_auth.config.profiles import load_profiles
from tui_auth.secret import Secret

ACME = """\
[profiles.acme]
user_pool_id = "eu-west-1_Acme1"
client_id = "acmeclient"
session_minutes = 5
"""


def read_error(home: Home, name: str = "acme") -> str:
    """Return the error that loading a profile raises."""
    with pytest.raises(ConfigurationError) as error:
        load_profiles(home.environ).profile(name)
    return str(error.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'user_pol_id = "eu-west-1_A"',
            "line 5: unknown setting “user_pol_id”. Did you mean user_pool_id?",
        ),
        ("session_minutes = 500", "line 5: session_minutes: expected a number of minutes from 1 to 15"),
        ("auth_flow = true", "line 5: auth_flow: expected one of USER_SRP_AUTH"),
        ('identity_pool_id = "pool"', "line 5: identity_pool_id: expected an identity pool ID, such as"),
        (
            'endpoint_url = "http://example.com"',
            "line 5: endpoint_url: expected a URL",
        ),
        ('username_attributes = "email"', "line 5: username_attributes: expected a list of attribute names"),
        (
            "password_policy = { min_length = true }",
            "line 5: password_policy.min_length: expected a number from 1 to 99",
        ),
        ('client_secret = "hunter2"', "line 5: client_secret: secrets aren't read from this file. Put the"),
        (
            "[profiles.acme.password_policy]\nmin_length = 8\nmin_lenght = 9",
            "line 7: password_policy.min_lenght: expected one of min_length, ",
        ),
        ('client_metadata = { team = "a", n = 1 }', "line 5: client_metadata.n: expected text in quotes"),
        ('client_secret_file = "~nosuchuser/x"', "line 5: client_secret_file: expected the path of a file; "),
        ("region = 2020-01-01", "line 5: region: expected a region, such as eu-west-1"),
    ],
)
def test_profile_error_has_its_line_and_not_its_value(home: Home, line: str, message: str) -> None:
    home.write_config(ACME.replace("session_minutes = 5\n", "\n" + line + "\n"))
    text = read_error(home)
    assert message in text
    assert str(home.config) in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("[profiles.acme\n", "line 1: expected the ] that ends the table's name"),
        (ACME + "x = [1,\n", "line 6: expected a value"),
        ("[profiles.acme]\nregion = eu-west-1\n", "line 2: expected a value: text in quotes"),
        ('[profiles.acme]\nregion = "eu-west-1\n', "line 2: expected the quote that ends the text"),
        ("[profiles.acme]\nregion\n", "line 2: expected = after the key"),
        ("[profiles.acme]\nregion = 1\nregion = 2\n", "line 3: this key is already set"),
        ("[profiles.acme]\n[profiles.acme]\n", "line 2: this table already exists"),
        ("[profiles.acme]\nregion = 1 2\n", "line 2: expected the end of the line after the value"),
        ("[profiles.acme]\n= 2\n", "line 2: expected KEY = VALUE or a [table]"),
        ('\ndefault_profil = "acme"\n', "line 2: expected [profiles.NAME] or default_profile"),
        ("[profile.acme]\n", "line 1: expected [profiles.NAME] or default_profile"),
        ("\n[acme]\nregion = 1\n", "line 2: expected [profiles.NAME] or default_profile"),
        ("[profiles.b]\n\n[[later]]\nx = 1\n", "line 3: expected [profiles.NAME] or default_profile"),
        ("[profiles.b]\n\n[ui.colours]\nx = 1\n", "line 3: expected [profiles.NAME] or default_profile"),
        ("default_profile = 1\n", "line 1: expected the name of a profile, in quotes"),
        ("[profiles]\nacme = 1\n", "line 2: expected a table [profiles.NAME]"),
    ],
)
def test_file_error_has_its_line(home: Home, config: str, message: str) -> None:
    home.write_config(config)
    assert message in read_error(home)


def test_unknown_name_suggests_existing_ones(home: Home) -> None:
    home.write_config(ACME)
    assert "Did you mean “acme”?" in read_error(home, "acne")
    assert "This profile doesn't exist. Your only profile is “acme”." in read_error(home, "other")


def test_one_broken_profile_does_not_break_another(home: Home) -> None:
    home.write_config(ACME + '[profiles.b]\nuser_pool_id = "no"\n')
    assert load_profiles(home.environ).profile("acme").settings["client_id"] == "acmeclient"
    assert "line 6" in read_error(home, "b")


def test_secret_path_is_relative_to_the_config_file(home: Home) -> None:
    home.write_config(ACME + 'client_secret_file = "acme.secret"\n')
    settings = load_profiles(home.environ).profile("acme").settings
    assert settings["client_secret_file"] == str(home.config.parent / "acme.secret")


def test_dangling_config_symlink_is_an_error(home: Home, tmp_path: Path) -> None:
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(tmp_path / "missing" / "config.toml")
    assert read_error(home) == f"{home.config}: it can't be read: No such file or directory."


def test_inaccessible_config_folder_is_an_error(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "stat", _deny)
    assert read_error(home) == f"{home.config}: it can't be read: Permission denied."


def _deny(path: Path) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def test_edits_leave_the_rest_of_the_file_unchanged(home: Home) -> None:
    original = "# mine\n\n[profiles]  # all of them\n\n" + ACME
    home.write_config(original)
    add_profile("new", {"user_pool_id": "eu-west-1_N", "client_id": "n"}, environ=home.environ)
    use_profile("new", home.environ)
    profiles = load_profiles(home.environ)
    assert (profiles.default, profiles.names) == ("new", ["acme", "new"])
    remove_profile("new", home.environ)
    assert home.config.read_text().strip() == original.strip()


def test_profile_is_replaced_only_on_request(home: Home) -> None:
    home.write_config(ACME)
    new = {"user_pool_id": "eu-west-1_N", "client_id": "n"}
    with pytest.raises(ConfigurationError, match="Choose another name"):
        add_profile("acme", new, environ=home.environ)
    add_profile("acme", new, replace=True, environ=home.environ)
    assert dict(load_profiles(home.environ).profile("acme").settings) == new


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 65, "ä"])
def test_name_that_needs_quotes_is_an_error(home: Home, name: str) -> None:
    with pytest.raises(ConfigurationError, match="letters, digits"):
        add_profile(name, {}, environ=home.environ)
    assert not home.config.exists()


def test_secret_has_its_own_file_that_is_removed_with_the_profile(home: Home) -> None:
    add_profile("acme", {"client_id": "c"}, client_secret=Secret("hunter2"), environ=home.environ)
    secret = home.config.parent / "secrets" / "acme"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert secret.read_text() == "hunter2\n"
    assert "hunter2" not in home.config.read_text()
    assert load_profiles(home.environ).profile("acme").settings["client_secret_file"] == str(secret)
    assert remove_profile("acme", home.environ) == secret
    assert not secret.exists()


def test_replacing_a_profile_replaces_its_secret(home: Home) -> None:
    secret = home.config.parent / "secrets" / "acme"
    add_profile("acme", {"client_id": "c"}, client_secret=Secret("hunter2"), environ=home.environ)
    add_profile("acme", {"client_id": "c"}, replace=True, environ=home.environ)
    assert not secret.exists()
    add_profile("acme", {}, client_secret=Secret("hunter2"), replace=True, environ=home.environ)
    add_profile("acme", {}, client_secret=Secret("hunter3"), replace=True, environ=home.environ)
    assert secret.read_text() == "hunter3\n"


@pytest.mark.parametrize("secret_path", ["{secret}", "secrets/acme"])
def test_secret_used_by_another_profile_is_kept(home: Home, secret_path: str) -> None:
    secret = home.config.parent / "secrets" / "acme"
    add_profile("acme", {"client_id": "c"}, client_secret=Secret("hunter2"), environ=home.environ)
    add_profile("b", {"client_secret_file": secret_path.format(secret=secret)}, environ=home.environ)
    add_profile("acme", {"client_id": "c"}, replace=True, environ=home.environ)
    assert secret.exists()
    add_profile("acme", {}, client_secret=Secret("hunter2"), replace=True, environ=home.environ)
    assert remove_profile("acme", home.environ) is None
    assert secret.exists()


def test_file_in_place_of_the_secrets_folder_is_an_error(home: Home) -> None:
    home.write_config(ACME)
    folder = home.config.parent / "secrets"
    folder.write_text("")
    with pytest.raises(ConfigurationError) as error:
        add_profile("b", {}, client_secret=Secret("hunter2"), environ=home.environ)
    cure = f"Move it: mv {folder} {folder}.old"
    assert str(error.value) == f"{folder} is a link or a file where a folder should be. {cure}"
    assert home.config.read_text() == ACME


def test_byte_order_mark_is_kept(home: Home) -> None:
    home.write_config("\ufeff" + ACME)
    use_profile("acme", home.environ)
    assert home.config.read_text() == '\ufeffdefault_profile = "acme"\n\n' + ACME
    assert load_profiles(home.environ).default == "acme"


def test_symlink_in_place_of_the_secret_is_not_followed(home: Home, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    secret = home.config.parent / "secrets" / "acme"
    secret.parent.mkdir(parents=True, mode=0o700)
    secret.symlink_to(victim)
    with pytest.raises(ConfigurationError, match=f"is a link.*mv {secret}"):
        add_profile("acme", {"client_id": "c"}, client_secret=Secret("hunter2"), environ=home.environ)
    assert victim.read_text() == "mine"
    assert not home.config.exists()


def test_custom_secret_file_is_not_removed_with_the_profile(home: Home, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("s")
    add_profile("acme", {"client_id": "c", "client_secret_file": str(own)}, environ=home.environ)
    assert remove_profile("acme", home.environ) is None
    assert own.exists()


def test_symlinked_config_stays_a_symlink(home: Home, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "config.toml"
    real.parent.mkdir()
    real.write_text(ACME)
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(real)
    real.chmod(0o640)
    use_profile("acme", home.environ)
    assert home.config.is_symlink()
    assert 'default_profile = "acme"' in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_concurrent_edits_are_all_stored(home: Home, python_process: PythonProcess) -> None:
    program = (
        "import sys; from tui_auth.config.profile_editor import add_profile;"
        "[add_profile(f'p{sys.argv[1]}-{i}', {'client_id': 'c'}) for i in range(5)]"
    )
    with ThreadPoolExecutor(3) as pool:
        futures = [
            pool.submit(python_process, program, str(number), environ=home.environ) for number in range(3)
        ]
    assert [future.result().returncode for future in futures] == [0, 0, 0]
    assert len(load_profiles(home.environ).names) == 15
    assert not [path for path in home.config.parent.iterdir() if path.name.startswith(".")]


def test_missing_default_is_an_error_and_can_be_changed(home: Home) -> None:
    home.write_config('default_profile = "gone"\n' + ACME)
    with pytest.raises(ConfigurationError, match="line 1: there is no profile “gone”"):
        load_profiles(home.environ).default_profile()
    use_profile("acme", home.environ)
    assert load_profiles(home.environ).default == "acme"


def give_to_another_user(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can change a file's owner")
    os.chown(path, 12345, 12345)


SHARED: dict[str, Callable[[Path], object]] = {
    "file of another user": give_to_another_user,
    "file everyone can write": lambda config: config.chmod(0o666),
    "file the group can write": lambda config: config.chmod(0o620),
    "folder of another user": lambda config: give_to_another_user(config.parent),
    "folder everyone can write": lambda config: config.parent.chmod(0o777),
    "folder the group can write": lambda config: config.parent.chmod(0o770),
}


@pytest.mark.parametrize("kind", SHARED)
def test_configuration_that_others_can_change_is_rejected(home: Home, kind: str) -> None:
    home.write_config(ACME)
    load_profiles(home.environ)
    SHARED[kind](home.config)
    place = home.config.parent if kind.startswith("folder") else home.config
    cure = "Run tui-auth as that user" if "another" in kind else f"chmod go-w {place}"
    for attempt in (
        partial(load_profiles, home.environ),
        home.resolve,
        partial(add_profile, "new", {"client_id": "c"}, environ=home.environ),
        partial(use_profile, None, home.environ),
    ):
        with pytest.raises(ConfigurationError, match=rf"{place}[ ,].*{cure}"):
            attempt()
    assert home.config.read_text().startswith(ACME)


def test_linked_configuration_in_a_shared_folder_is_rejected(home: Home, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "config.toml").write_text(ACME)
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(shared / "config.toml")
    load_profiles(home.environ)
    shared.chmod(0o777)
    with pytest.raises(ConfigurationError, match=f"^Other users can change {shared}"):
        load_profiles(home.environ)
    shared.chmod(0o1777)  # nobody can replace the file of another there
    load_profiles(home.environ)


def test_configuration_of_root_is_accepted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_config(ACME)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    if os.getuid() == 0:
        load_profiles(home.environ)


SHARED_SECRETS: dict[str, Callable[[Path, Path], object]] = {
    "a link": lambda secrets, moved: secrets.symlink_to(secrets.rename(moved)),
    "open to others": lambda secrets, moved: secrets.chmod(0o777),
    "readable by the group": lambda secrets, moved: secrets.chmod(0o750),
    "a file that others can write": lambda secrets, moved: (secrets / "acme").chmod(0o602),
}


@pytest.mark.parametrize("kind", SHARED_SECRETS)
def test_secrets_that_others_can_change_are_rejected(home: Home, tmp_path: Path, kind: str) -> None:
    ids = {"user_pool_id": "eu-west-1_Acme", "client_id": "c"}
    add_profile("acme", ids, client_secret=Secret("hunter2"), environ=home.environ)
    assert home.resolve("--profile", "acme").client_secret == Secret("hunter2")
    secrets = home.config.parent / "secrets"
    SHARED_SECRETS[kind](secrets, tmp_path / "moved")
    with pytest.raises(ConfigurationError, match=rf"{secrets}.*(chmod|mv) "):
        home.resolve("--profile", "acme")
    with pytest.raises(ConfigurationError, match=rf"{secrets}.*(chmod|mv) "):
        add_profile("acme", ids, client_secret=Secret("new"), replace=True, environ=home.environ)


def test_failed_change_restores_the_former_secret(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_disk_full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    ids, secret = {"user_pool_id": "eu-west-1_Acme", "client_id": "c"}, Secret("x")
    add_profile("acme", ids, client_secret=Secret("hunter2"), environ=home.environ)
    monkeypatch.setattr("tui_auth.config.profile_editor.replace_file", raise_disk_full)
    for name in ("acme", "new"):
        changed = ids | {"client_id": "d"}
        with pytest.raises(ConfigurationError, match="No space left"):
            add_profile(name, changed, client_secret=secret, replace=True, environ=home.environ)
    assert (home.config.parent / "secrets" / "acme").read_text() == "hunter2\n"
    assert not (home.config.parent / "secrets" / "new").exists()
