"""Configuration errors: one sentence with advice, exit status 3, and no screen.

Most cases run without a terminal. There the full screen can't open, which is a different error with exit
status 4, so status 3 shows that the configuration was checked first. A few cases run on a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import DATA, Program, TerminalProgram
from tui_auth.emulator import CognitoEmulator

IDS = ("--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "1example23456789")
VALID_IDS = 'user_pool_id = "eu-west-1_Ab12Cd34E"\nclient_id = "1example23456789"\n'
CONFIG = "~/.config/tui-auth/config.toml"
ADVICE = "Generate it again with Amplify, or specify the pool with flags or a profile."


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


@pytest.mark.parametrize(
    ("prepare", "arguments", "message"),
    [
        pytest.param(
            lambda project: project.write_file(
                "amplify_outputs.json", '{\n "auth": {\n "user_pool_id": "eu-west-1_A"\n'
            ),
            (),
            f"~/shop/amplify_outputs.json, line 4: expected “,” or “}}”. {ADVICE}",
            id="truncated JSON",
        ),
        pytest.param(
            lambda project: project.write_file("amplify_outputs.json", "<<<<<<< HEAD\n{}\n"),
            (),
            f"~/shop/amplify_outputs.json, line 1: it has a merge conflict. {ADVICE}",
            id="JSON with a merge conflict",
        ),
        pytest.param(
            lambda project: project.write_file(
                "amplify_outputs.json", change_outputs(**{"eu-west-1_Gen2Pool1": "eu-west-1"})
            ),
            (),
            "~/shop/amplify_outputs.json, line 4: user_pool_id: expected a user pool ID, such as "
            "eu-west-1_Ab12Cd34E.",
            id="an invalid ID in an Amplify file",
        ),
        pytest.param(
            lambda project: project.write_file(
                "aws-exports.js",
                "export default {\n aws_user_pools_id: env.POOL,\n aws_user_pools_web_client_id: 'c'\n}",
            ),
            (),
            "~/shop/aws-exports.js, line 2: aws_user_pools_id isn't a literal value, and "
            "nothing in this file is run. Use amplify_outputs.json, flags or a profile.",
            id="an expression in aws-exports.js",
        ),
        pytest.param(
            lambda project: (
                project.write_file("amplify_outputs.json"),
                project.write_file("aws-exports.js"),
            ),
            (),
            "~/shop/amplify_outputs.json and aws-exports.js specify different pools. Run `tui-auth profile "
            "import FILE --name NAME` with the one you mean, then use --profile NAME.",
            id="two Amplify files",
        ),
        pytest.param(
            lambda project: project.write_file("amplify_outputs.json").write_bytes(b'{"auth": "\xff"}'),
            (),
            "~/shop/amplify_outputs.json, line 1: it isn't UTF-8 text.",
            id="a file that is not UTF-8",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}region = eu-west-1\n"),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: expected a value: text in quotes, a number, true or false, or a list.",
            id="invalid TOML",
        ),
        pytest.param(
            lambda project: project.write_config(f'[profiles.acme]\n{VALID_IDS}regin = "eu-west-1"\n'),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: unknown setting “regin”. Did you mean region?",
            id="an unknown key",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}session_minutes = true\n"),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: session_minutes: expected a number of minutes from 1 to 15.",
            id="a wrong type",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}\n[acme]\n{VALID_IDS}"),
            ("--profile", "acme"),
            f"{CONFIG}, line 5: expected [profiles.NAME] or default_profile.",
            id="an unknown table",
        ),
        pytest.param(
            lambda project: project.write_config(f'[profiles.acme]\n{VALID_IDS}client_secret = "hunter2"\n'),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: client_secret: secrets aren't read from this file. Put the client "
            "secret in a separate file and set client_secret_file to its path.",
            id="a secret in the profile",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}"),
            ("--profile", "acmee"),
            "--profile: this profile doesn't exist. Did you mean “acme”?",
            id="a misspelled profile",
        ),
        pytest.param(
            lambda project: None,
            ("--profile", "acme"),
            "--profile: this profile doesn't exist. Add one with `tui-auth profile add NAME --user-pool-id … "
            "--client-id …`.",
            id="no profiles",
        ),
        pytest.param(
            lambda project: project.write_config(f"[profiles.acme]\n{VALID_IDS}[profiles.b]\n{VALID_IDS}"),
            (),
            "No user pool is specified. Choose one with --profile (acme, b), make one the default "
            "(`tui-auth profile use NAME`), or choose another with `tui-auth --new-pool`.",
            id="several profiles and no default",
        ),
        pytest.param(
            lambda project: project.write_config(f'default_profile = "gone"\n[profiles.acme]\n{VALID_IDS}'),
            (),
            f"{CONFIG}, line 1: there is no profile “gone”. `tui-auth profile use NAME` selects another.",
            id="a missing default",
        ),
        pytest.param(
            lambda project: (project.home / ".config" / "tui-auth" / "config.toml").mkdir(parents=True),
            ("--profile", "acme"),
            f"{CONFIG}: it can't be read: Is a directory.",
            id="a folder in place of the file",
        ),
        pytest.param(
            lambda project: None,
            (*IDS, "--client-secret-file", "secret"),
            "--client-secret-file: this file doesn't exist. Give the path of a file that contains the "
            "secret, not the secret.",
            id="a missing secret file",
        ),
        pytest.param(
            lambda project: project.write_file("secret", "\n"),
            (*IDS, "--client-secret-file", "secret"),
            "--client-secret-file: ~/shop/secret: it is empty. Put the client secret in its first line.",
            id="an empty secret file",
        ),
        pytest.param(
            lambda project: None,
            ("--user-pool-id", "staff", "--client-id", "c"),
            "--user-pool-id: expected a user pool ID, such as eu-west-1_Ab12Cd34E.",
            id="an invalid ID in a flag",
        ),
        pytest.param(
            lambda project: None,
            (*IDS, "--endpoint-url", "http://pool.example.com"),
            "--endpoint-url: expected a URL that starts with https://, or http://127.0.0.1:PORT for a "
            "local emulator.",
            id="an endpoint without TLS",
        ),
    ],
)
def test_configuration_error_is_reported_without_a_screen(
    project: Project, prepare: Prepare, arguments: tuple[str, ...], message: str
) -> None:
    prepare(project)
    assert project.run(*arguments) == (3, f"tui-auth: {message}")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"TUI_AUTH_PROFILE": "acmee"}, "TUI_AUTH_PROFILE: this profile doesn't exist. Did you mean “acme”?"),
        (
            {"TUI_AUTH_REGION": "Ireland"},
            "TUI_AUTH_REGION: expected a region, such as eu-west-1.",
        ),
        (
            {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://pool.example.com"},
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: expected a URL that starts with https://, or "
            "http://127.0.0.1:PORT for a "
            "local emulator.",
        ),
        ({"TUI_AUTH_THEME": "pink"}, "TUI_AUTH_THEME must be dark, light or ansi."),
    ],
)
def test_error_names_the_invalid_variable(
    project: Project, environment: dict[str, str], message: str
) -> None:
    project.write_config(f"[profiles.acme]\n{VALID_IDS}")
    assert project.run(**environment) == (3, f"tui-auth: {message}")


REGION_ADVICE = "but the user pool {} is in eu-west-1. Remove the region there, or give --region eu-west-1."


def test_error_names_the_source_of_a_wrong_region(project: Project) -> None:
    region_advice = REGION_ADVICE.format("eu-west-1_Ab12Cd34E")
    message = f"tui-auth: --region specifies us-east-1, {region_advice}"
    assert project.run(*IDS, "--region", "us-east-1") == (3, message)
    non_interactive = ("--username", "ann", "--password-file", "none")
    assert project.run("token", *IDS, "--region", "us-east-1", *non_interactive) == (3, message)
    assert project.run("profile", "add", "acme", *IDS, "--region", "us-east-1") == (3, message)
    message = f"tui-auth: TUI_AUTH_REGION specifies us-east-1, {region_advice}"
    assert project.run(*IDS, TUI_AUTH_REGION="us-east-1") == (3, message)
    project.write_config(f'[profiles.acme]\n{VALID_IDS}region = "us-east-1"\n')
    message = f"tui-auth: profile acme, {CONFIG}:4 specifies us-east-1, {region_advice}"
    assert project.run("--profile", "acme") == (3, message)


def test_error_has_the_line_of_a_wrong_region_in_an_amplify_file(project: Project) -> None:
    file = project.write_file(
        "amplify_outputs.json", change_outputs(**{'"aws_region": "eu-west-1"': '"aws_region": "us-east-1"'})
    )
    region_advice = REGION_ADVICE.format("eu-west-1_Gen2Pool1")
    message = f"tui-auth: ~/shop/amplify_outputs.json:5 specifies us-east-1, {region_advice}"
    status, output = project.run()
    assert (status, output.splitlines()[-1]) == (3, message)
    status, output = project.run("profile", "show")
    assert (status, output.splitlines()[1]) == (0, f"Fix this before you sign in: {message[10:]}")
    status, output = project.run("profile", "import", str(file), "--name", "shop")
    assert (status, output.splitlines()[0]) == (0, f"Ignoring the region: {message[10:]}")
    assert "\nregion" not in (project.home / ".config" / "tui-auth" / "config.toml").read_text()


def test_any_region_is_accepted_with_a_custom_endpoint(project: Project) -> None:
    flags = (*IDS, "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9")
    assert project.run("profile", "add", "acme", *flags)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (("demo",), {"TUI_AUTH_THEME": "pink"}, "TUI_AUTH_THEME must be dark, light or ansi."),
        (IDS, {"TUI_AUTH_THEME": "pink"}, "TUI_AUTH_THEME must be dark, light or ansi."),
        (
            (*IDS, "--region", "us-east-1"),
            {},
            f"--region specifies us-east-1, {REGION_ADVICE.format('eu-west-1_Ab12Cd34E')}",
        ),
        (
            ("token", *IDS, "--region", "us-east-1"),
            {},
            f"--region specifies us-east-1, {REGION_ADVICE.format('eu-west-1_Ab12Cd34E')}",
        ),
        (
            ("--profile", "acmee"),
            {},
            "--profile: this profile doesn't exist. Did you mean “acme”?",
        ),
        (
            (),
            {},
            "No user pool is specified. Choose one with --profile (acme, b), make one the default "
            "(`tui-auth profile use NAME`), or choose another with `tui-auth --new-pool`.",
        ),
    ],
    ids=["demo", "variable", "flag", "token", "profile", "several profiles"],
)
def test_configuration_error_on_a_terminal_opens_no_screen(
    terminal_program: TerminalProgram, arguments: tuple[str, ...], variables: dict[str, str], message: str
) -> None:
    terminal_program.write_config(f"[profiles.acme]\n{VALID_IDS}[profiles.b]\n{VALID_IDS}")
    with terminal_program.on_a_terminal(*arguments, cols=400, variables=variables) as program:
        assert program.wait_exit() == 3
        assert b"\x1b[?1049h" not in program.received, "the screen was opened"
        assert program.screen_text().rstrip() == f"tui-auth: {message}"


def test_too_long_numbers_and_files_are_errors(project: Project) -> None:
    project.write_config(f"[profiles.acme]\n{VALID_IDS}session_minutes = {'9' * 5000}\n")
    status, message = project.run("profile", "list")
    assert status == 3
    assert "config.toml" in message
    assert "it has a number that is too long" in message
    project.write_config("".join(f"[profiles.p{number}]\n{VALID_IDS}" for number in range(3000)))
    status, message = project.run("profile", "list")
    assert status == 3
    assert "it is longer than 65536 bytes" in message


def test_same_pool_in_two_files_is_not_mentioned(project: Project, server: CognitoEmulator) -> None:
    flat = '{\n"aws_user_pools_id": "eu-west-1_Same1",\n"aws_user_pools_web_client_id": "same"\n}'
    project.write_file("amplifyconfiguration.json", flat)
    project.write_file("aws-exports.js", f"const awsmobile = {flat};\nexport default awsmobile;\n")
    status, output = project.run("profile", "show", "--origin")
    assert status == 0
    assert "The user pool is the one in ~/shop/amplifyconfiguration.json." in output
    assert "aws-exports.js" not in output


@pytest.mark.parametrize(
    "value",
    ["YOUR_POOL_ID", "<pool id>", "your_pool_id", "<region>_XXXXXXXXX", "pool_id", "us-east-1_", "eu_west_1"],
)
def test_placeholder_without_the_form_of_a_pool_id_is_an_error(project: Project, value: str) -> None:
    message = "expected a user pool ID, such as eu-west-1_Ab12Cd34E."
    flags = ("--user-pool-id", value, "--client-id", "1example23456789")
    assert project.run(*flags) == (3, f"tui-auth: --user-pool-id: {message}")
    assert project.run(TUI_AUTH_USER_POOL_ID=value)[1] == f"tui-auth: TUI_AUTH_USER_POOL_ID: {message}"


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
    ids = {"user_pool_id": "eu-west-1_Ab12Cd34E", "client_id": "1example23456789"}
    kind = {"user_pool_id": "a user pool ID", "client_id": "an app client ID"}[setting]
    sentence = f"expected {kind}, such as {ids[setting]}, not a placeholder."
    values = ids | {setting: value}
    flag = "--" + setting.replace("_", "-")
    flags = ("--user-pool-id", values["user_pool_id"], "--client-id", values["client_id"])
    assert project.run(*flags) == (3, f"tui-auth: {flag}: {sentence}")
    assert project.run("profile", "add", "acme", *flags) == (3, f"tui-auth: {flag}: {sentence}")
    project.write_config(f'[profiles.acme]\n{setting} = "{value}"\n')
    assert project.run("--profile", "acme")[1].endswith(f"line 2: {setting}: {sentence}")


@pytest.mark.parametrize(
    "pool",
    ["us-gov-west-1_Ab12", "eusc-de-east-1_A", "us-isob-east-1_Ab", "local_2aBc"],
)
def test_every_form_of_pool_id_is_accepted(project: Project, pool: str) -> None:
    assert project.run("profile", "add", "acme", "--user-pool-id", pool, "--client-id", "c")[0] == 0


@pytest.mark.parametrize("source", ["flag", "variable", "profile", "add"])
def test_secret_in_place_of_its_path_is_not_shown(project: Project, source: str) -> None:
    secret = "1abc2def3ghi4jkl5mno6pqr7stu8vwx9yz01abc2def3ghi4jk"
    expected = "expected the path of a file that contains the secret, not the secret itself"
    if source == "profile":
        project.write_config(f'[profiles.acme]\n{VALID_IDS}client_secret_file = "{secret}"\n')
        status, message = project.run("--profile", "acme")
        name = f"{CONFIG}, line 4: client_secret_file"
    elif source == "variable":
        status, message = project.run(TUI_AUTH_CLIENT_SECRET_FILE=secret)
        name = "TUI_AUTH_CLIENT_SECRET_FILE"
    else:
        arguments = ("profile", "add", "acme") if source == "add" else ()
        status, message = project.run(*arguments, *IDS, "--client-secret-file", secret)
        name = "--client-secret-file"
    assert (status, message) == (3, f"tui-auth: {name}: {expected}.")
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
        program.wait_for("Incorrect username or password")
        assert "TEST ENDPOINT" in program.screen_text()
        program.press("ctrl+q")
        assert program.wait_exit() == 6
