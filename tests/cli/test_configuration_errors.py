"""Configuration errors: one sentence with advice, exit status 3, and no screen.

Most cases run without a terminal. There the full screen can't open, which is a different error with exit
status 4, so status 3 shows that the configuration was checked first. A few cases run on a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.error_texts import WRONG_PASSWORD
from tests.programs import DATA, Program, TerminalProgram
from tui_auth.emulator import CognitoEmulator

IDS = ("--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "1example23456789")
VALID_IDS = 'user_pool_id = "eu-west-1_Ab12Cd34E"\nclient_id = "1example23456789"\n'
CONFIG = "~/.config/tui-auth/config.toml"
POOL_ID, CLIENT_ID = IDS[1], IDS[3]


def assert_error(result: tuple[int, str], source: str, *names: str) -> None:
    """Check exit status 3 and one sentence or two: where the error is, then what it mentions, in this order.

    Args:
        result: What ``Project.run`` returns.
        source: The flag, variable, or file and line; empty if there is none.
        names: Values, commands and files that the message must repeat or recommend.
    """
    status, message = result
    assert status == 3, message
    pattern = re.escape(f"tui-auth: {source}") + "".join(f".*{re.escape(name)}" for name in names)
    assert re.match(pattern, message), message
    assert message.endswith((".", "?")), message
    assert "\n" not in message


class Project:
    """A project folder in a home folder; the program runs in it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.home = program.home
        self.folder = program.folder = self.home / "shop"
        self.folder.mkdir()

    def write_config(self, text: str) -> None:
        """Write config.toml."""
        path = self.home / ".config" / "tui-auth" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write_file(self, name: str, text: str | None = None, folder: str = "") -> Path:
        """Write a file to the project; without text, copy the sample Amplify file of that name."""
        path = self.folder / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((DATA / name).read_text() if text is None else text)
        return path

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run the program; return the exit status and its output."""
        result = self.program.run(*arguments, **environment)
        return result.returncode, f"{result.stderr}{result.stdout}".rstrip()


@pytest.fixture
def project(program: Program) -> Project:
    """Return an empty project in its own home folder."""
    return Project(program)


def change_outputs(**changes: str) -> str:
    """Return the sample amplify_outputs.json with changes."""
    text = (DATA / "amplify_outputs.json").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


Prepare = Callable[[Project], object]
SEVERAL_PROFILES = ("", "--profile (acme, b)", "`tui-auth profile use NAME`", "`tui-auth --new-pool`")


@pytest.mark.parametrize(
    ("prepare", "arguments", "error"),
    [
        pytest.param(
            lambda project: project.write_file(
                "amplify_outputs.json", '{\n "auth": {\n "user_pool_id": "eu-west-1_A"\n'
            ),
            (),
            ("~/shop/amplify_outputs.json, line 4: ", "“,”", "“}”", "Amplify"),
            id="truncated JSON",
        ),
        pytest.param(
            lambda project: project.write_file("amplify_outputs.json", "<<<<<<< HEAD\n{}\n"),
            (),
            ("~/shop/amplify_outputs.json, line 1: ", "merge conflict", "Amplify"),
            id="JSON with a merge conflict",
        ),
        pytest.param(
            lambda project: project.write_file(
                "amplify_outputs.json", change_outputs(**{"eu-west-1_Gen2Pool1": "eu-west-1"})
            ),
            (),
            ("~/shop/amplify_outputs.json, line 4: user_pool_id: ", POOL_ID),
            id="an invalid ID in an Amplify file",
        ),
        pytest.param(
            lambda project: project.write_file(
                "aws-exports.js",
                "export default {\n aws_user_pools_id: env.POOL,\n aws_user_pools_web_client_id: 'c'\n}",
            ),
            (),
            ("~/shop/aws-exports.js, line 2: aws_user_pools_id ", "amplify_outputs.json", "profile"),
            id="an expression in aws-exports.js",
        ),
        pytest.param(
            lambda project: (
                project.write_file("amplify_outputs.json"),
                project.write_file("aws-exports.js"),
            ),
            (),
            (
                "~/shop/amplify_outputs.json and aws-exports.js ",
                "`tui-auth profile import FILE --name NAME`",
                "--profile NAME",
            ),
            id="two Amplify files",
        ),
        pytest.param(
            lambda project: project.write_file("amplify_outputs.json").write_bytes(b'{"auth": "\xff"}'),
            (),
            ("~/shop/amplify_outputs.json, line 1: ", "UTF-8"),
            id="a file that is not UTF-8",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}region = eu-west-1\n"),
            ("--profile", "acme"),
            (f"{CONFIG}, line 4: ", "text in quotes"),
            id="invalid TOML",
        ),
        pytest.param(
            lambda project: project.write_config(f'[profiles.acme]\n{VALID_IDS}regin = "eu-west-1"\n'),
            ("--profile", "acme"),
            (f"{CONFIG}, line 4: ", "“regin”", " region?"),
            id="an unknown key",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}session_minutes = true\n"),
            ("--profile", "acme"),
            (f"{CONFIG}, line 4: session_minutes: ", "1", "15"),
            id="a wrong type",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}\n[acme]\n{VALID_IDS}"),
            ("--profile", "acme"),
            (f"{CONFIG}, line 5: ", "[profiles.NAME]", "default_profile"),
            id="an unknown table",
        ),
        pytest.param(
            lambda project: project.write_config(f'[profiles.acme]\n{VALID_IDS}client_secret = "hunter2"\n'),
            ("--profile", "acme"),
            (f"{CONFIG}, line 4: client_secret: ", "client_secret_file"),
            id="a secret in the profile",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}"),
            ("--profile", "acmee"),
            ("--profile: ", "“acme”?"),
            id="a misspelled profile",
        ),
        pytest.param(
            lambda project: None,
            ("--profile", "acme"),
            ("--profile: ", "`tui-auth profile add NAME --user-pool-id … --client-id …`"),
            id="no profiles",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}[profiles.b]\n{VALID_IDS}"),
            (),
            SEVERAL_PROFILES,
            id="several profiles and no default",
        ),
        pytest.param(
            lambda project: project.write_config(f'default_profile = "gone"\n[profiles.acme]\n{VALID_IDS}'),
            (),
            (f"{CONFIG}, line 1: ", "“gone”", "`tui-auth profile use NAME`"),
            id="a missing default",
        ),
        pytest.param(
            lambda project: (project.home / ".config" / "tui-auth" / "config.toml").mkdir(parents=True),
            ("--profile", "acme"),
            (f"{CONFIG}: ", "Is a directory"),
            id="a folder in place of the file",
        ),
        pytest.param(
            lambda project: None,
            (*IDS, "--client-secret-file", "secret"),
            ("--client-secret-file: ", "path"),
            id="a missing secret file",
        ),
        pytest.param(
            lambda project: project.write_file("secret", "\n"),
            (*IDS, "--client-secret-file", "secret"),
            ("--client-secret-file: ~/shop/secret: ", "first line"),
            id="an empty secret file",
        ),
        pytest.param(
            lambda project: None,
            ("--user-pool-id", "staff", "--client-id", "c"),
            ("--user-pool-id: ", POOL_ID),
            id="an invalid ID in a flag",
        ),
        pytest.param(
            lambda project: None,
            (*IDS, "--endpoint-url", "http://pool.example.com"),
            ("--endpoint-url: ", "https://", "http://127.0.0.1:PORT"),
            id="an endpoint without TLS",
        ),
    ],
)
def test_configuration_error_is_reported_without_a_screen(
    project: Project, prepare: Prepare, arguments: tuple[str, ...], error: tuple[str, ...]
) -> None:
    prepare(project)
    assert_error(project.run(*arguments), *error)


@pytest.mark.parametrize(
    ("variable", "value", "names"),
    [
        ("TUI_AUTH_PROFILE", "acmee", ["“acme”?"]),
        ("TUI_AUTH_REGION", "Ireland", ["eu-west-1"]),
        (
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
            "http://pool.example.com",
            ["https://", "http://127.0.0.1:PORT"],
        ),
        ("TUI_AUTH_THEME", "pink", ["dark", "light", "ansi"]),
    ],
)
def test_error_names_the_invalid_variable(
    project: Project, variable: str, value: str, names: list[str]
) -> None:
    project.write_config(f"[profiles.acme]\n{VALID_IDS}")
    assert_error(project.run(**{variable: value}), variable, *names)


def region_error(pool: str = POOL_ID) -> tuple[str, ...]:
    """Return what the error of the region us-east-1 mentions: it, the pool, the pool's region, the cure."""
    return "us-east-1", pool, "eu-west-1", "--region eu-west-1"


def test_error_names_the_source_of_a_wrong_region(project: Project) -> None:
    non_interactive = ("--username", "ann", "--password-file", "none")
    for arguments in (IDS, ("token", *IDS, *non_interactive)):
        assert_error(
            project.run(*arguments, TUI_AUTH_REGION="us-east-1"), "TUI_AUTH_REGION ", *region_error()
        )


def test_region_of_a_replica_is_accepted_with_the_pool(project: Project) -> None:
    note = f"specifies us-east-1, but the user pool {POOL_ID} is in eu-west-1. Requests go to its replica"
    status, output = project.run("profile", "add", "acme", *IDS, "--region", "us-east-1")
    assert (status, note in output) == (0, True)
    status, output = project.run("profile", "show", "--profile", "acme")
    assert (status, f"profile acme, {CONFIG}:" in output, note in output) == (0, True, True)
    assert note in project.run(*IDS, "--region", "us-east-1")[1]


def test_error_has_the_line_of_a_wrong_region_in_an_amplify_file(project: Project) -> None:
    file = project.write_file(
        "amplify_outputs.json", change_outputs(**{'"aws_region": "eu-west-1"': '"aws_region": "us-east-1"'})
    )
    names = region_error("eu-west-1_Gen2Pool1")
    status, output = project.run()
    message = output.splitlines()[-1]
    assert_error((status, message), "~/shop/amplify_outputs.json:5 ", *names)
    reason = message.removeprefix("tui-auth: ")
    status, output = project.run("profile", "show")
    assert status == 0
    assert output.splitlines()[1].endswith(f": {reason}")
    status, output = project.run("profile", "import", str(file), "--name", "shop")
    assert status == 0
    assert output.splitlines()[0].endswith(f": {reason}")
    assert "\nregion" not in (project.home / ".config" / "tui-auth" / "config.toml").read_text()


def test_any_region_is_accepted_with_a_custom_endpoint(project: Project) -> None:
    flags = (*IDS, "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9")
    assert project.run("profile", "add", "acme", *flags)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "error"),
    [
        (("demo",), {"TUI_AUTH_THEME": "pink"}, ("TUI_AUTH_THEME ",)),
        (IDS, {"TUI_AUTH_THEME": "pink"}, ("TUI_AUTH_THEME ",)),
        (IDS, {"TUI_AUTH_REGION": "us-east-1"}, ("TUI_AUTH_REGION ", *region_error())),
        (("token", *IDS), {"TUI_AUTH_REGION": "us-east-1"}, ("TUI_AUTH_REGION ", *region_error())),
        (("--profile", "acmee"), {}, ("--profile: ", "“acme”?")),
        ((), {}, SEVERAL_PROFILES),
    ],
    ids=["demo", "variable", "region", "token", "profile", "several profiles"],
)
def test_configuration_error_on_a_terminal_opens_no_screen(
    terminal_program: TerminalProgram,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    error: tuple[str, ...],
) -> None:
    terminal_program.write_config(f"[profiles.acme]\n{VALID_IDS}[profiles.b]\n{VALID_IDS}")
    with terminal_program.on_a_terminal(*arguments, cols=400, variables=variables) as program:
        status = program.wait_exit()
        assert b"\x1b[?1049h" not in program.received, "the screen was opened"
        assert_error((status, program.screen_text().rstrip()), *error)


def test_too_long_numbers_and_files_are_errors(project: Project) -> None:
    project.write_config(f"[profiles.acme]\n{VALID_IDS}session_minutes = {'9' * 5000}\n")
    assert_error(project.run("profile", "list"), CONFIG, "number")
    project.write_config("".join(f"[profiles.p{number}]\n{VALID_IDS}" for number in range(3000)))
    assert_error(project.run("profile", "list"), CONFIG, "65536 bytes")


def test_same_pool_in_two_files_is_not_mentioned(project: Project, server: CognitoEmulator) -> None:
    flat = '{\n"aws_user_pools_id": "eu-west-1_Same1",\n"aws_user_pools_web_client_id": "same"\n}'
    project.write_file("amplifyconfiguration.json", flat)
    project.write_file("aws-exports.js", f"const awsmobile = {flat};\nexport default awsmobile;\n")
    status, output = project.run("profile", "show", "--origin")
    assert status == 0
    assert "~/shop/amplifyconfiguration.json" in output
    assert "aws-exports.js" not in output


@pytest.mark.parametrize(
    "value",
    ["YOUR_POOL_ID", "<pool id>", "your_pool_id", "<region>_XXXXXXXXX", "pool_id", "us-east-1_", "eu_west_1"],
)
def test_placeholder_without_the_form_of_a_pool_id_is_an_error(project: Project, value: str) -> None:
    flags = ("--user-pool-id", value, "--client-id", CLIENT_ID)
    assert_error(project.run(*flags), "--user-pool-id: ", POOL_ID)
    assert_error(project.run(TUI_AUTH_USER_POOL_ID=value), "TUI_AUTH_USER_POOL_ID: ", POOL_ID)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("user_pool_id", "us-east-1_XXXXXXXXX"),
        ("user_pool_id", "eu-west-1_YourPoolId"),
        ("client_id", "xxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("client_id", "YOUR_CLIENT_ID"),
        ("client_id", "your_app_client"),
    ],
)
def test_placeholder_with_the_form_of_an_id_is_an_error(project: Project, setting: str, value: str) -> None:
    ids = {"user_pool_id": POOL_ID, "client_id": CLIENT_ID}
    names = (ids[setting], "placeholder")
    values = ids | {setting: value}
    flag = "--" + setting.replace("_", "-")
    flags = ("--user-pool-id", values["user_pool_id"], "--client-id", values["client_id"])
    assert_error(project.run(*flags), f"{flag}: ", *names)
    assert_error(project.run("profile", "add", "acme", *flags), f"{flag}: ", *names)
    project.write_config(f'[profiles.acme]\n{setting} = "{value}"\n')
    assert_error(project.run("--profile", "acme"), f"{CONFIG}, line 2: {setting}: ", *names)


@pytest.mark.parametrize(
    "pool",
    ["us-gov-west-1_Ab12", "eusc-de-east-1_A", "us-isob-east-1_Ab", "local_2aBc"],
)
def test_every_form_of_pool_id_is_accepted(project: Project, pool: str) -> None:
    assert project.run("profile", "add", "acme", "--user-pool-id", pool, "--client-id", "c")[0] == 0


@pytest.mark.parametrize("source", ["flag", "variable", "profile", "add"])
def test_secret_in_place_of_its_path_is_not_shown(project: Project, source: str) -> None:
    secret = "1abc2def3ghi4jkl5mno6pqr7stu8vwx9yz01abc2def3ghi4jk"
    if source == "profile":
        project.write_config(f'[profiles.acme]\n{VALID_IDS}client_secret_file = "{secret}"\n')
        result = project.run("--profile", "acme")
        name = f"{CONFIG}, line 4: client_secret_file"
    elif source == "variable":
        result = project.run(TUI_AUTH_CLIENT_SECRET_FILE=secret)
        name = "TUI_AUTH_CLIENT_SECRET_FILE"
    else:
        arguments = ("profile", "add", "acme") if source == "add" else ()
        result = project.run(*arguments, *IDS, "--client-secret-file", secret)
        name = "--client-secret-file"
    assert_error(result, f"{name}: ", "path", "not the secret")
    assert secret not in result[1]
    assert source == "profile" or not (project.home / ".config" / "tui-auth").exists()


def test_missing_aws_profile_does_not_prevent_signing_in(
    terminal_program: TerminalProgram, server: CognitoEmulator
) -> None:
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    request = {"UserPoolId": pool, "ClientName": "terminal"}
    client = server.call("CreateUserPoolClient", request)["UserPoolClient"]
    flags = ("--user-pool-id", pool, "--client-id", client["ClientId"])
    variables = {"AWS_PROFILE": "gone", "AWS_ENDPOINT_URL": server.endpoint_url}
    with terminal_program.on_a_terminal(*flags, variables=variables) as program:
        program.wait_for("Username")
        for value in ("ann", "not-this"):
            program.send(value)
            program.press("enter")
        program.wait_for(WRONG_PASSWORD)
        assert "TEST ENDPOINT" in program.screen_text()
        program.press("ctrl+q")
        assert program.wait_exit() == 6
