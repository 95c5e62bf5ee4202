"""``tui-auth profile``: adding, importing, listing, showing and removing profiles."""

from __future__ import annotations

import errno
import json
import stat
from pathlib import Path

import pytest

from tests.programs import Program
from tui_auth.cli.commands import profile
from tui_auth.cli.output import with_status
from tui_auth.cli.parser import CommandParser
from tui_auth.config.files import ConfigurationError
from tui_auth.config.profile_editor import add_profile
from tui_auth.config.settings import SETTINGS
from tui_auth.secret import Secret

ADD = ("profile", "add", "acme", "--user-pool-id", "eu-west-1_Acme1", "--client-id", "acmeclient")


def test_profile_can_be_added_listed_used_shown_and_removed(program: Program) -> None:
    assert "Stored profile acme in ~/.config/tui-auth/config.toml" in program.run(*ADD).stderr
    program.run(
        "profile", "add", "b", "--user-pool-id", "eu-west-2_B", "--client-id", "b", "--region", "eu-west-2"
    )
    assert program.run("profile", "use", "b").returncode == 0
    assert program.run("profile", "list").stdout == (
        "  acme  eu-west-1_Acme1  acmeclient\n* b     eu-west-2_B  b\n"
    )
    settings = json.loads(program.run("profile", "show", "--json").stdout)
    assert (settings["user_pool_id"], settings["region"]) == ("eu-west-2_B", "eu-west-2")
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
def test_every_kind_of_amplify_file_can_be_imported(
    program: Program, name: str, pool: str, has_secret: bool
) -> None:
    program.put(name, program.folder / "shop" / "src")
    result = program.run("profile", "import", f"shop/src/{name}")
    assert (result.returncode, result.stdout) == (0, "")
    assert "Stored profile shop" in result.stderr
    secret = program.config.parent / "secrets" / "shop"
    assert secret.exists() is has_secret
    if has_secret:
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text() == "native-app-client-secret\n"
        assert "native-app-client-secret" not in program.config.read_text() + result.stderr
    assert f'user_pool_id = "{pool}"' in program.config.read_text()
    settings = json.loads(program.run("profile", "show", "shop", "--json").stdout)
    assert settings["password_policy"]["min_length"] >= 8
    assert program.run("profile", "import", f"shop/src/{name}").returncode == 3
    assert program.run("profile", "import", f"shop/src/{name}", "--force").returncode == 0


@pytest.mark.parametrize("name", ["amplify_outputs.json", "amplifyconfiguration.json", "aws-exports.js"])
def test_show_lists_the_resolved_settings_with_their_origins(program: Program, name: str) -> None:
    program.put(name, program.home)
    result = program.run("profile", "show", "--origin", "--region", "eu-north-1", TUI_AUTH_USERNAME="ann")
    rows = {line.split()[0]: line.split()[-1] for line in result.stdout.splitlines()}
    assert rows["user_pool_id"].startswith(f"~/{name}:")
    assert rows["region"] == "--region"
    assert rows["username"] == "TUI_AUTH_USERNAME"
    assert f"The user pool is the one in ~/{name}." in result.stderr
    assert "native-app-client-secret" not in result.stdout + result.stderr


def test_region_from_the_pool_id_has_the_id_as_origin(program: Program) -> None:
    program.run(*ADD)
    settings = json.loads(program.run("profile", "show", "--profile", "acme", "--origin", "--json").stdout)
    assert settings["region"] == {"value": "eu-west-1", "origin": "the user pool ID"}
    assert settings["client_id"]["origin"] == "profile acme, ~/.config/tui-auth/config.toml:3"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("use", "gone"), 3, "This profile doesn't exist."),
        (("remove", "gone"), 3, "This profile doesn't exist."),
        (
            ("add", "a b", "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
            3,
            "A profile name can contain",
        ),
        (
            ("add", "a", "--user-pool-id", "nonsense", "--client-id", "c"),
            3,
            "--user-pool-id: expected a user pool ID, such as",
        ),
        (
            ("import", "nowhere.json"),
            3,
            "This file doesn't exist. Specify the path of a file that Amplify wrote.",
        ),
        (("show",), 3, "No user pool is specified."),
        ((), 2, "`tui-auth profile --help`"),
    ],
)
def test_error_is_one_sentence_and_an_exit_status(
    program: Program, arguments: tuple[str, ...], status: int, message: str
) -> None:
    result = program.run("profile", *arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_error_in_the_file_has_its_line(program: Program) -> None:
    program.run(*ADD)
    with program.config.open("a") as config:
        config.write('regin = "eu-west-1"\n')
    result = program.run("profile", "show", "acme")
    assert result.returncode == 3
    assert "config.toml, line 4: unknown setting “regin”. Did you mean region?" in result.stderr
    assert "line 4" in program.run("profile", "list").stdout


def test_removing_the_default_mentions_the_only_profile(program: Program) -> None:
    program.run(*ADD)
    program.run("profile", "use", "acme")
    note = " Commands still use acme, your only profile, if nothing else specifies a pool."
    assert program.run("profile", "use", "--none").stderr == f"There is no default profile now.{note}\n"
    program.run("profile", "add", "b", "--user-pool-id", "eu-west-1_B", "--client-id", "b")
    assert program.run("profile", "use", "--none").stderr == "There is no default profile now.\n"


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Acme1",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Acme1/.well-known/jwks.json",
        " eu-west-1_Acme1 ",
    ],
)
def test_pool_id_flag_accepts_arns_and_urls(program: Program, text: str) -> None:
    result = program.run("profile", "add", "acme", "--user-pool-id", text, "--client-id", " acmeclient")
    assert result.returncode == 0, result.stderr
    assert program.run("profile", "list").stdout == "  acme  eu-west-1_Acme1  acmeclient\n"
    result = program.run("profile", "show", "--json", "--user-pool-id", text, "--client-id", "other")
    assert json.loads(result.stdout)["user_pool_id"] == "eu-west-1_Acme1"


def test_control_characters_in_a_profile_name_are_made_visible(program: Program) -> None:
    program.config.parent.mkdir(parents=True)
    secret = program.folder / "secret"
    secret.write_text("s")
    secret.chmod(0o644)
    ids = f'user_pool_id = "eu-west-1_A"\nclient_id = "c"\nclient_secret_file = "{secret}"'
    program.config.write_text(f'[profiles."a\\u001b[31mb"]\n{ids}\n')
    for arguments in (
        ("profile", "show", "--origin"),
        ("profile", "list"),
        ("doctor",),
        ("doctor", "--json"),
    ):
        result = program.run(*arguments, HTTPS_PROXY="http://127.0.0.1:1")
        assert "\x1b" not in result.stdout + result.stderr, arguments
        assert "[31mb" in result.stdout


EVERY_FLAG = {
    "--user-pool-id": ("eu-west-1_Acme1", "eu-west-1_Acme1"),
    "--client-id": ("acmeclient", "acmeclient"),
    "--region": ("eu-west-2", "eu-west-2"),
    "--endpoint-url": ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    "--identity-pool-id": ("eu-west-1:0123", "eu-west-1:0123"),
    "--username": ("ann", "ann"),
    "--auth-flow": ("USER_AUTH", "USER_AUTH"),
    "--preferred-first-factor": ("EMAIL_OTP", "EMAIL_OTP"),
    "--passkey-relying-party": ("auth.example.com", "auth.example.com"),
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
    "--domain": ("Login.acme.example/", "https://login.acme.example"),
    "--redirect-uri": ("http://localhost:47831/", "http://localhost:47831/"),
    "--logout-uri": ("https://acme.example/bye", "https://acme.example/bye"),
    "--scopes": ("openid acme/orders.read", ["openid", "acme/orders.read"]),
    "--provider": ("AcmeSSO", "AcmeSSO"),
    "--idp-identifier": ("acme.example", "acme.example"),
    "--login-hint": ("ann@acme.example", "ann@acme.example"),
    "--prompt": ("login", "login"),
    "--identity-providers": ("AcmeSSO, Google", ["AcmeSSO", "Google"]),
}


def test_every_setting_has_a_flag_and_is_shown_with_its_line(program: Program) -> None:
    secret = program.folder / "secret"
    secret.write_text("hunter2")
    flags = [word for flag, (text, _) in EVERY_FLAG.items() for word in (flag, text)]
    result = program.run("profile", "add", "acme", *flags, "--client-secret-file", "secret")
    assert (result.returncode, result.stdout) == (0, "")
    settings = json.loads(program.run("profile", "show", "acme", "--origin", "--json").stdout)
    expected = {flag[2:].replace("-", "_"): value for flag, (_, value) in EVERY_FLAG.items()}
    expected["client_secret_file"] = str(secret)
    assert {name: entry["value"] for name, entry in settings.items()} == expected
    assert set(expected) == set(SETTINGS), "every setting has a flag"
    config_lines = program.config.read_text().splitlines()
    for name, entry in settings.items():
        path, _, line = entry["origin"].rpartition(":")
        assert path == "~/.config/tui-auth/config.toml"
        assert config_lines[int(line) - 1].startswith(f"{name} = ")
    lines = program.run("profile", "show", "acme", "--origin").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(settings)
    resolved = json.loads(program.run("profile", "show", "--profile", "acme", "--json").stdout)
    assert resolved["client_metadata"] == {"team": "blue=red"}
    assert resolved["mfa_methods"] == ["SMS", "TOTP"]
    assert resolved["scopes"] == ["openid", "acme/orders.read"]
    assert "hunter2" not in program.config.read_text()


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--client-metadata", "team", "--client-metadata: expected KEY=VALUE"),
        (
            "--password-policy",
            "10",
            "--password-policy: expected RULES (the password policy, such as min_length=10,",
        ),
        ("--password-policy", "min_length=ten", "--password-policy: expected RULES"),
        ("--password-policy", "require_emoji", "--password-policy: expected RULES"),
        (
            "--mfa-methods",
            "text message",
            "--mfa-methods: expected METHODS (the pool's MFA methods, such as",
        ),
        ("--session-minutes", "60", "--session-minutes: expected a number of minutes from 1 to 15."),
        ("--endpoint-url", "http://example.com", "--endpoint-url: expected a URL"),
    ],
)
def test_invalid_setting_is_an_error_and_stores_nothing(
    program: Program, flag: str, value: str, message: str
) -> None:
    result = program.run(*ADD, flag, value)
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (3, "", 1)
    assert message in result.stderr
    assert not program.config.exists()


def test_existing_name_is_an_error_that_suggests_both_fixes(program: Program) -> None:
    program.run(*ADD)
    result = program.run(*ADD)
    assert result.returncode == 3
    assert result.stderr == (
        "tui-auth: Profile “acme” already exists. Choose another name, or replace it with --force.\n"
    )
    assert program.run(*ADD, "--force", "--username", "ann").returncode == 0
    assert program.config.read_text().count("[profiles.acme]") == 1


def test_add_warns_about_a_missing_secret_file(program: Program) -> None:
    result = program.run(*ADD, "--client-secret-file", "later")
    assert result.returncode == 0
    assert "--client-secret-file: " in result.stderr
    assert "the path" in result.stderr
    assert "later" not in result.stderr


def test_incomplete_profile_cannot_be_the_default(program: Program) -> None:
    program.write_config(
        '# mine\n[profiles.acme]\nuser_pool_id = "eu-west-1_A"\n[profiles.b]\nclient_id = "c"\n'
    )
    for name, key, line in (("acme", "client_id", 2), ("b", "user_pool_id", 4)):
        result = program.run("profile", "use", name)
        assert result.returncode == 3
        assert (
            f"config.toml, line {line}: this profile has no {key}, so it can't be the default."
            in result.stderr
        )
    assert "default_profile" not in program.config.read_text()


def test_shown_metadata_and_rules_are_written_as_the_flags_take_them(program: Program) -> None:
    program.run(*ADD, "--client-metadata", "team=blue", "--password-policy", "min_length=10,require_numbers")
    lines = program.run("profile", "show", "acme").stdout.splitlines()
    values = dict(line.split(maxsplit=1) for line in lines)
    assert values["client_metadata"] == "team=blue"
    assert values["password_policy"] == "min_length=10, require_numbers=true"


def test_no_blank_line_is_left_at_the_top_of_the_configuration(program: Program) -> None:
    program.run(*ADD)
    program.run("profile", "use", "acme")
    program.run("profile", "use", "--none")
    assert program.config.read_text().startswith("[profiles.acme]\n")
    program.run("profile", "remove", "acme")
    program.run(*ADD)
    assert program.config.read_text().startswith("[profiles.acme]\n")


def test_inline_profile_is_shown_with_its_line(program: Program) -> None:
    program.config.parent.mkdir(parents=True)
    program.config.write_text('# mine\nprofiles.acme = { user_pool_id = "eu-west-1_A", client_id = "c" }\n')
    result = program.run("profile", "show", "acme", "--origin")
    assert result.returncode == 0
    assert {line.split()[-1] for line in result.stdout.splitlines()} == {"~/.config/tui-auth/config.toml:2"}


def test_show_warns_about_a_missing_secret_file(program: Program) -> None:
    program.run(*ADD, "--client-secret-file", "later")
    for selection in (("acme",), ("--profile", "acme")):
        result = program.run("profile", "show", *selection, "--origin")
        assert result.returncode == 0
        rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines()}
        assert rows["client_secret_file"][0] == str(program.folder / "later")
        assert rows["client_id"][0] == "acmeclient"
        assert "Fix this before you sign in: ~/project/later: it can't be read: No such file" in result.stderr


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the path of config.toml for a command that runs in the test process."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    path = tmp_path / "CONFIG" / "tui-auth" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def run_in_test_process(*arguments: str) -> int:
    """Run ``tui-auth profile`` in the test process; return its exit status."""
    parser = CommandParser(prog="tui-auth profile")
    profile.add_arguments(parser)
    return with_status(lambda: profile.run(parser.parse(arguments)))


@pytest.mark.parametrize("flags", [("--profile", "nope"), ("--user-pool-id", "eu-west-1_A"), ("--region=",)])
def test_show_rejects_a_profile_name_with_pool_flags(
    config: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    config.write_text('[profiles.acme]\nuser_pool_id = "eu-west-1_A"\nclient_id = "c"\n')
    assert run_in_test_process("show", "acme", *flags) == 2
    output = capsys.readouterr()
    flag = flags[0].rstrip("=")
    assert (output.out, output.err) == (
        "",
        f"tui-auth: A profile name can't be combined with {flag}. Leave out one of them.\n",
    )


def test_list_reports_missing_settings(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(
        '[profiles.a]\nusername = "ann"\n[profiles.b]\nuser_pool_id = "eu-west-1_A"\n'
        '[profiles.c]\nclient_secret_file = "~nosuchuser/x"\n'
    )
    assert run_in_test_process("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["  a  no user pool  no app client", "  b  eu-west-1_A  no app client"]
    assert lines[2].endswith(
        "config.toml, line 6: client_secret_file: expected the path of a file; the user after ~ "
        "doesn't exist."
    )


@pytest.mark.parametrize(
    "failing_function", ["config.profile_editor.replace_file", "storage.files._replace_in"]
)
def test_failed_write_leaves_profile_and_secret_unchanged(
    config: Path, monkeypatch: pytest.MonkeyPatch, failing_function: str
) -> None:
    settings = {"user_pool_id": "eu-west-1_Ab12Cd34E", "client_id": "1example23456789"}
    add_profile("acme", settings, client_secret=Secret("old-secret"))
    original = config.read_text()
    secret_file = config.parent / "secrets" / "acme"

    def fail_write(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"tui_auth.{failing_function}", fail_write)
    with pytest.raises(ConfigurationError, match="No space left"):
        add_profile("acme", settings | {"region": "eu-west-1"}, client_secret=Secret("new"), replace=True)
    assert config.read_text() == original
    assert [path.name for path in secret_file.parent.iterdir()] == ["acme"]
    assert secret_file.read_text() == "old-secret\n"
