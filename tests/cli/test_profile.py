"""``tui-auth profile``."""

from __future__ import annotations

import errno
import json
import stat
from pathlib import Path

import pytest

from tests.programs import Program
from tui_auth.cli.commands import profile
from tui_auth.cli.exit_status import with_status
from tui_auth.cli.parser import CommandParser
from tui_auth.config import profile_editor
from tui_auth.config.errors import ConfigurationError
from tui_auth.config.profile_editor import add_profile
from tui_auth.config.settings import SETTINGS
from tui_auth.secret import Secret

ADD = ("profile", "add", "acme", "--user-pool-id", "eu-west-1_Acme1", "--client-id", "acmeclient")


def test_a_profile_is_added_listed_used_shown_and_removed(program: Program) -> None:
    assert "Kept as acme in ~/.config/tui-auth/config.toml" in program.run(*ADD).stderr
    program.run(
        "profile", "add", "b", "--user-pool-id", "eu-west-2_B", "--client-id", "b", "--region", "eu-west-2"
    )
    assert program.run("profile", "use", "b").returncode == 0
    assert program.run("profile", "list").stdout == (
        "  acme  eu-west-1_Acme1  acmeclient\n* b     eu-west-2_B  b\n"
    )
    shown = json.loads(program.run("profile", "show", "--json").stdout)
    assert (shown["user_pool_id"], shown["region"]) == ("eu-west-2_B", "eu-west-2")
    assert program.run("profile", "remove", "b").returncode == 0
    assert program.run("profile", "list", "--names").stdout == "acme\n"
    assert "default_profile" not in program.config.read_text()


@pytest.mark.parametrize(
    ("name", "pool", "has_secret"),
    [
        ("amplify_outputs.json", "eu-west-1_Gen2Pool1", False),
        ("amplifyconfiguration.json", "us-east-2_NativeP1x", True),
        ("aws-exports.js", "ap-south-1_FlatPool1", False),
    ],
)
def test_each_of_amplifys_files_becomes_a_profile(
    program: Program, name: str, pool: str, has_secret: bool
) -> None:
    program.put(name, program.folder / "shop" / "src")
    ran = program.run("profile", "import", f"shop/src/{name}")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "Kept as shop" in ran.stderr
    secret = program.config.parent / "secrets" / "shop"
    assert secret.exists() is has_secret
    if has_secret:
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text() == "native-app-client-secret\n"
        assert "native-app-client-secret" not in program.config.read_text() + ran.stderr
    assert f'user_pool_id = "{pool}"' in program.config.read_text()
    shown = json.loads(program.run("profile", "show", "shop", "--json").stdout)
    assert shown["password_policy"]["min_length"] >= 8
    assert program.run("profile", "import", f"shop/src/{name}").returncode == 3
    assert program.run("profile", "import", f"shop/src/{name}", "--force").returncode == 0


@pytest.mark.parametrize("name", ["amplify_outputs.json", "amplifyconfiguration.json", "aws-exports.js"])
def test_what_a_command_would_use_here_is_shown_with_where_it_came_from(program: Program, name: str) -> None:
    program.put(name, program.home)
    ran = program.run("profile", "show", "--origin", "--region", "eu-north-1", TUI_AUTH_USERNAME="ann")
    rows = {line.split()[0]: line.split()[-1] for line in ran.stdout.splitlines()}
    assert rows["user_pool_id"].startswith(f"~/{name}:")
    assert rows["region"] == "--region"
    assert rows["username"] == "TUI_AUTH_USERNAME"
    assert f"The user pool is the one in ~/{name}." in ran.stderr
    assert "native-app-client-secret" not in ran.stdout + ran.stderr


def test_what_the_pool_id_says_is_told_as_such(program: Program) -> None:
    program.run(*ADD)
    shown = json.loads(program.run("profile", "show", "--profile", "acme", "--origin", "--json").stdout)
    assert shown["region"] == {"value": "eu-west-1", "origin": "the user pool id"}
    assert shown["client_id"]["origin"] == "profile acme, ~/.config/tui-auth/config.toml:3"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("use", "gone"), 3, "There is no profile “gone”."),
        (("remove", "gone"), 3, "There is no profile “gone”."),
        (
            ("add", "a b", "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
            3,
            "A profile's name is made of",
        ),
        (
            ("add", "a", "--user-pool-id", "nonsense", "--client-id", "c"),
            3,
            "--user-pool-id: expected a user pool id, such as",
        ),
        (("import", "nowhere.json"), 3, "nowhere.json: it cannot be read: No such file"),
        (("show",), 3, "No user pool is named."),
        ((), 2, "`tui-auth profile --help`"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_status(
    program: Program, arguments: tuple[str, ...], status: int, said: str
) -> None:
    ran = program.run("profile", *arguments)
    assert (ran.returncode, ran.stdout) == (status, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_mistake_in_the_file_is_told_with_its_line(program: Program) -> None:
    program.run(*ADD)
    with program.config.open("a") as config:
        config.write('regin = "eu-west-1"\n')
    ran = program.run("profile", "show", "acme")
    assert ran.returncode == 3
    assert "config.toml, line 4: “regin” is no setting of a profile. Did you mean region?" in ran.stderr
    assert "line 4" in program.run("profile", "list").stdout


def test_no_default_any_more_says_what_the_only_profile_does_then(program: Program) -> None:
    program.run(*ADD)
    program.run("profile", "use", "acme")
    only = " acme, the only one, is used where nothing else names a pool."
    assert program.run("profile", "use", "--none").stderr == f"No profile is the default now.{only}\n"
    program.run("profile", "add", "b", "--user-pool-id", "eu-west-1_B", "--client-id", "b")
    assert program.run("profile", "use", "--none").stderr == "No profile is the default now.\n"


@pytest.mark.parametrize(
    "pasted",
    [
        "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Acme1",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Acme1/.well-known/jwks.json",
        " eu-west-1_Acme1 ",
    ],
)
def test_a_flag_takes_what_a_pools_id_stands_in(program: Program, pasted: str) -> None:
    ran = program.run("profile", "add", "acme", "--user-pool-id", pasted, "--client-id", " acmeclient")
    assert ran.returncode == 0, ran.stderr
    assert program.run("profile", "list").stdout == "  acme  eu-west-1_Acme1  acmeclient\n"
    shown = program.run("profile", "show", "--json", "--user-pool-id", pasted, "--client-id", "other")
    assert json.loads(shown.stdout)["user_pool_id"] == "eu-west-1_Acme1"


def test_a_name_that_a_terminal_would_obey_is_made_safe_wherever_it_is_told(program: Program) -> None:
    program.config.parent.mkdir(parents=True)
    secret = program.folder / "secret"
    secret.write_text("s")
    secret.chmod(0o644)
    ids = f'user_pool_id = "eu-west-1_A"\nclient_id = "c"\nclient_secret_file = "{secret}"'
    program.config.write_text(f'[profiles."a\\u001b[31mb"]\n{ids}\n')
    for words in (("profile", "show", "--origin"), ("profile", "list"), ("doctor",), ("doctor", "--json")):
        ran = program.run(*words, HTTPS_PROXY="http://127.0.0.1:1")
        assert "\x1b" not in ran.stdout + ran.stderr, words
        assert "[31mb" in ran.stdout


EVERY_FLAG = {
    "--user-pool-id": ("eu-west-1_Acme1", "eu-west-1_Acme1"),
    "--client-id": ("acmeclient", "acmeclient"),
    "--region": ("eu-west-2", "eu-west-2"),
    "--endpoint-url": ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    "--identity-pool-id": ("eu-west-1:0123", "eu-west-1:0123"),
    "--username": ("ann", "ann"),
    "--auth-flow": ("USER_AUTH", "USER_AUTH"),
    "--preferred-first-factor": ("EMAIL_OTP", "EMAIL_OTP"),
    "--app-name": ("Acme “Corp”", "Acme “Corp”"),
    "--session-minutes": ("5", 5),
    "--storage": ("none", "none"),
    "--client-metadata": ("team=blue=red", {"team": "blue=red"}),
    "--password-policy": (
        "min_length=10, require_numbers, require_symbols=false",
        {"min_length": 10, "require_numbers": True, "require_symbols": False},
    ),
    "--username-attributes": ("email,phone_number", ["email", "phone_number"]),
    "--required-attributes": ("email, name", ["email", "name"]),
    "--mfa-methods": ("sms,TOTP", ["SMS", "TOTP"]),
}


def test_every_setting_goes_in_by_a_flag_and_comes_out_with_its_line(program: Program) -> None:
    secret = program.folder / "secret"
    secret.write_text("hunter2")
    flags = [word for flag, (text, _) in EVERY_FLAG.items() for word in (flag, text)]
    ran = program.run("profile", "add", "acme", *flags, "--client-secret-file", "secret")
    assert (ran.returncode, ran.stdout) == (0, "")
    shown = json.loads(program.run("profile", "show", "acme", "--origin", "--json").stdout)
    wanted = {flag[2:].replace("-", "_"): value for flag, (_, value) in EVERY_FLAG.items()}
    wanted["client_secret_file"] = str(secret)
    assert {name: each["value"] for name, each in shown.items()} == wanted
    assert set(wanted) == set(SETTINGS), "every setting there is"
    written = program.config.read_text().splitlines()
    for name, each in shown.items():
        place, _, line = each["origin"].rpartition(":")
        assert place == "~/.config/tui-auth/config.toml"
        assert written[int(line) - 1].startswith(f"{name} = ")
    told = program.run("profile", "show", "acme", "--origin").stdout.splitlines()
    assert [line.split()[0] for line in told] == list(shown)
    used = json.loads(program.run("profile", "show", "--profile", "acme", "--json").stdout)
    assert used["client_metadata"] == {"team": "blue=red"}
    assert used["mfa_methods"] == ["SMS", "TOTP"]
    assert "hunter2" not in program.config.read_text()


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--client-metadata", "team", "--client-metadata: expected KEY=VALUE"),
        ("--password-policy", "10", "--password-policy: expected RULES (such as min_length=10,"),
        ("--password-policy", "min_length=ten", "--password-policy: expected RULES"),
        ("--password-policy", "require_emoji", "--password-policy: expected RULES"),
        (
            "--mfa-methods",
            "text message",
            "--mfa-methods: expected METHODS (the pool's second factors, such as",
        ),
        ("--session-minutes", "60", "--session-minutes: expected a number of minutes from 1 to 15."),
        ("--endpoint-url", "http://example.com", "--endpoint-url: expected a URL beginning with https://"),
    ],
)
def test_a_setting_that_cannot_be_is_said_and_nothing_is_kept(
    program: Program, flag: str, value: str, said: str
) -> None:
    ran = program.run(*ADD, flag, value)
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (3, "", 1)
    assert said in ran.stderr
    assert not program.config.exists()


def test_a_name_that_is_taken_is_said_with_both_cures(program: Program) -> None:
    program.run(*ADD)
    ran = program.run(*ADD)
    assert ran.returncode == 3
    assert ran.stderr == (
        "tui-auth: There is a profile “acme” already. Choose another name, or --force to replace it.\n"
    )
    assert program.run(*ADD, "--force", "--username", "ann").returncode == 0
    assert program.config.read_text().count("[profiles.acme]") == 1


def test_a_secret_file_that_is_not_there_yet_is_told(program: Program) -> None:
    ran = program.run(*ADD, "--client-secret-file", "later")
    assert ran.returncode == 0
    assert "Signing in needs this first: ~/project/later: it cannot be read: No such file" in ran.stderr


def test_a_profile_on_one_line_is_shown_with_that_line(program: Program) -> None:
    program.config.parent.mkdir(parents=True)
    program.config.write_text('# mine\nprofiles.acme = { user_pool_id = "eu-west-1_A", client_id = "c" }\n')
    ran = program.run("profile", "show", "acme", "--origin")
    assert ran.returncode == 0
    assert {line.split()[-1] for line in ran.stdout.splitlines()} == {"~/.config/tui-auth/config.toml:2"}


def test_a_secret_file_that_is_gone_is_shown_and_told(program: Program) -> None:
    program.run(*ADD, "--client-secret-file", "later")
    for which in (("acme",), ("--profile", "acme")):
        ran = program.run("profile", "show", *which, "--origin")
        assert ran.returncode == 0
        rows = {line.split()[0]: line.split()[1:] for line in ran.stdout.splitlines()}
        assert rows["client_secret_file"][0] == str(program.folder / "later")
        assert rows["client_id"][0] == "acmeclient"
        assert "Signing in needs this first: ~/project/later: it cannot be read: No such file" in ran.stderr


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A config.toml for a command that runs in this process."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    path = tmp_path / "CONFIG" / "tui-auth" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def ran_here(*words: str) -> int:
    """The exit status of ``tui-auth profile`` in this process."""
    parser = CommandParser(prog="tui-auth profile")
    profile.add_arguments(parser)
    return with_status(lambda: profile.run(parser.parse(words)))


@pytest.mark.parametrize("flags", [("--profile", "nope"), ("--user-pool-id", "eu-west-1_A"), ("--region=",)])
def test_a_profile_and_flags_for_a_pool_are_two_questions(
    config: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    config.write_text('[profiles.acme]\nuser_pool_id = "eu-west-1_A"\nclient_id = "c"\n')
    assert ran_here("show", "acme", *flags) == 2
    said = capsys.readouterr()
    flag = flags[0].rstrip("=")
    assert (said.out, said.err) == (
        "",
        "tui-auth: profile show PROFILE tells what is written there; "
        f"leave out {flag}, or the profile's name.\n",
    )


def test_what_a_profile_lacks_is_listed_as_lacking(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(
        '[profiles.a]\nusername = "ann"\n[profiles.b]\nuser_pool_id = "eu-west-1_A"\n'
        '[profiles.c]\nclient_secret_file = "~nosuchuser/x"\n'
    )
    assert ran_here("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["  a  no user pool  no app client", "  b  eu-west-1_A  no app client"]
    assert lines[2].endswith(
        "config.toml, line 6: client_secret_file: expected the path of a file; "
        "there is no user of the name after ~."
    )


@pytest.mark.parametrize("fails", ["replace_file", "create_file"])
def test_a_new_secret_comes_with_its_profile_or_not_at_all(
    config: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    settings = {"user_pool_id": "eu-west-1_Ab12Cd34E", "client_id": "1example23456789"}
    add_profile("acme", settings, client_secret=Secret("old-secret"))
    before = config.read_text()
    kept = config.parent / "secrets" / "acme"

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(profile_editor, fails, full)
    with pytest.raises(ConfigurationError, match="No space left"):
        add_profile("acme", settings | {"region": "eu-west-1"}, client_secret=Secret("new"), replace=True)
    assert config.read_text() == before
    assert [path.name for path in kept.parent.iterdir()] == ["acme"]
    assert kept.read_text() == "old-secret\n"
