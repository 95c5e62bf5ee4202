"""What is wrong with a configuration: one sentence with the cure, exit status 3, and no screen before it.

Most cases run without a terminal. There the full screen can't open, which is another sentence and exit
status 4: a case that gets its own sentence gets it before the screen would open. A few run on a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import DATA, Program, TerminalProgram
from tui_auth.emulator import CognitoEmulator

IDS = ("--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "1example23456789")
GOOD = 'user_pool_id = "eu-west-1_Ab12Cd34E"\nclient_id = "1example23456789"\n'
CONFIG = "~/.config/tui-auth/config.toml"
AGAIN = "Have Amplify write it again, or name the pool with flags or a profile."


class Place:
    """A home folder, with a project in it where the program runs."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.home = program.home
        self.project = program.folder = self.home / "shop"
        self.project.mkdir()

    def config(self, text: str) -> None:
        """Write config.toml."""
        path = self.home / ".config" / "tui-auth" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def file(self, name: str, text: str | None = None, folder: str = "") -> Path:
        """Write a file of the project; one of Amplify's as its tool writes it where no text is given."""
        path = self.project / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((DATA / name).read_text() if text is None else text)
        return path

    def said(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """The exit status, and what stderr and stdout say."""
        ran = self.program.run(*arguments, **environment)
        return ran.returncode, f"{ran.stderr}{ran.stdout}".rstrip()


@pytest.fixture
def place(program: Program) -> Place:
    """A home and a project of the test's own."""
    return Place(program)


def outputs(**changes: str) -> str:
    """amplify_outputs.json with changes."""
    text = (DATA / "amplify_outputs.json").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


Prepare = Callable[[Place], object]


@pytest.mark.parametrize(
    ("prepare", "arguments", "said"),
    [
        pytest.param(
            lambda place: place.file(
                "amplify_outputs.json", '{\n "auth": {\n "user_pool_id": "eu-west-1_A"\n'
            ),
            (),
            f"~/shop/amplify_outputs.json, line 4: expected “,” or “}}”. {AGAIN}",
            id="JSON that breaks off",
        ),
        pytest.param(
            lambda place: place.file("amplify_outputs.json", "<<<<<<< HEAD\n{}\n"),
            (),
            f"~/shop/amplify_outputs.json, line 1: a merge conflict is left in it. {AGAIN}",
            id="JSON with a merge conflict",
        ),
        pytest.param(
            lambda place: place.file("amplify_outputs.json", outputs(**{"eu-west-1_Gen2Pool1": "eu-west-1"})),
            (),
            "~/shop/amplify_outputs.json, line 4: user_pool_id: expected a user pool id, such as "
            "eu-west-1_Ab12Cd34E.",
            id="a bad id in an Amplify file",
        ),
        pytest.param(
            lambda place: place.file(
                "aws-exports.js",
                "export default {\n aws_user_pools_id: env.POOL,\n aws_user_pools_web_client_id: 'c'\n}",
            ),
            (),
            "~/shop/aws-exports.js, line 2: aws_user_pools_id is not written out here, and nothing in this "
            "file is run. Use amplify_outputs.json, flags or a profile.",
            id="an expression in aws-exports.js",
        ),
        pytest.param(
            lambda place: (place.file("amplify_outputs.json"), place.file("aws-exports.js")),
            (),
            "~/shop/amplify_outputs.json and aws-exports.js beside it name different pools. Keep the one you "
            "mean with `tui-auth profile import FILE --name NAME`, and use --profile NAME.",
            id="two Amplify files",
        ),
        pytest.param(
            lambda place: place.file("amplify_outputs.json").write_bytes(b'{"auth": "\xff"}'),
            (),
            "~/shop/amplify_outputs.json, line 1: it does not hold UTF-8 text.",
            id="a file that is no text",
        ),
        pytest.param(
            lambda place: place.config(f"[profiles.acme]\n{GOOD}region = eu-west-1\n"),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: expected a value: text in quotes, a number, true or false, or a list.",
            id="broken TOML",
        ),
        pytest.param(
            lambda place: place.config(f'[profiles.acme]\n{GOOD}regin = "eu-west-1"\n'),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: “regin” is no setting of a profile. Did you mean region?",
            id="an unknown key",
        ),
        pytest.param(
            lambda place: place.config(f"[profiles.acme]\n{GOOD}session_minutes = true\n"),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: session_minutes: expected a number of minutes from 1 to 15.",
            id="a wrong type",
        ),
        pytest.param(
            lambda place: place.config(f"[profiles.acme]\n{GOOD}\n[acme]\n{GOOD}"),
            ("--profile", "acme"),
            f"{CONFIG}, line 5: expected [profiles.NAME] or default_profile.",
            id="a table that is not known",
        ),
        pytest.param(
            lambda place: place.config(f'[profiles.acme]\n{GOOD}client_secret = "hunter2"\n'),
            ("--profile", "acme"),
            f"{CONFIG}, line 4: client_secret: no secret is read from here. Put the app client's secret into "
            "a file of its own and name that with client_secret_file.",
            id="a secret in the profile",
        ),
        pytest.param(
            lambda place: place.config(f"[profiles.acme]\n{GOOD}"),
            ("--profile", "acmee"),
            "There is no profile “acmee”. Did you mean “acme”?",
            id="a profile's name misspelled",
        ),
        pytest.param(
            lambda place: None,
            ("--profile", "acme"),
            "There is no profile “acme”. None are kept yet: `tui-auth profile add NAME --user-pool-id … "
            "--client-id …`.",
            id="no profiles at all",
        ),
        pytest.param(
            lambda place: place.config(f"[profiles.acme]\n{GOOD}[profiles.b]\n{GOOD}"),
            (),
            "No user pool is named. Choose one with --profile (acme, b), make one the default "
            "(`tui-auth profile use NAME`), or name another: `tui-auth --new-pool`.",
            id="several profiles and no default",
        ),
        pytest.param(
            lambda place: place.config(f'default_profile = "gone"\n[profiles.acme]\n{GOOD}'),
            (),
            f"{CONFIG}, line 1: there is no profile “gone”. `tui-auth profile use NAME` names another.",
            id="a default that is gone",
        ),
        pytest.param(
            lambda place: (place.home / ".config" / "tui-auth" / "config.toml").mkdir(parents=True),
            ("--profile", "acme"),
            f"{CONFIG}: it cannot be read: Is a directory.",
            id="a folder in the file's place",
        ),
        pytest.param(
            lambda place: None,
            (*IDS, "--client-secret-file", "secret"),
            "~/shop/secret: it cannot be read: No such file or directory.",
            id="a secret file that is not there",
        ),
        pytest.param(
            lambda place: place.file("secret", "\n"),
            (*IDS, "--client-secret-file", "secret"),
            "~/shop/secret: it is empty. Put the app client's secret in its first line.",
            id="a secret file with nothing in it",
        ),
        pytest.param(
            lambda place: None,
            ("--user-pool-id", "staff", "--client-id", "c"),
            "--user-pool-id: expected a user pool id, such as eu-west-1_Ab12Cd34E.",
            id="a bad id in a flag",
        ),
        pytest.param(
            lambda place: None,
            (*IDS, "--endpoint-url", "http://pool.example.com"),
            "--endpoint-url: expected a URL beginning with https://, or http://127.0.0.1:PORT for a pool on "
            "this machine.",
            id="an endpoint that would send passwords in the clear",
        ),
    ],
)
def test_it_is_said_before_the_screen_would_open(
    place: Place, prepare: Prepare, arguments: tuple[str, ...], said: str
) -> None:
    prepare(place)
    assert place.said(*arguments) == (3, f"tui-auth: {said}")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TUI_AUTH_PROFILE": "acmee"}, "There is no profile “acmee”. Did you mean “acme”?"),
        (
            {"TUI_AUTH_REGION": "Ireland"},
            "TUI_AUTH_REGION: expected a region, such as eu-west-1.",
        ),
        (
            {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://pool.example.com"},
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: expected a URL beginning with https://, or "
            "http://127.0.0.1:PORT for a pool on this machine.",
        ),
        ({"TUI_AUTH_THEME": "pink"}, "TUI_AUTH_THEME is dark, light or ansi."),
    ],
)
def test_a_variable_is_named_that_cannot_be_used(
    place: Place, environment: dict[str, str], said: str
) -> None:
    place.config(f"[profiles.acme]\n{GOOD}")
    assert place.said(**environment) == (3, f"tui-auth: {said}")


ELSEWHERE = "but the user pool {} is in eu-west-1. Take the region out there, or give --region eu-west-1."


def test_a_region_that_is_not_the_pools_is_said_by_whoever_named_it(place: Place) -> None:
    elsewhere = ELSEWHERE.format("eu-west-1_Ab12Cd34E")
    said = f"tui-auth: --region says us-east-1, {elsewhere}"
    assert place.said(*IDS, "--region", "us-east-1") == (3, said)
    without_questions = ("--username", "ann", "--password-file", "none")
    assert place.said("token", *IDS, "--region", "us-east-1", *without_questions) == (3, said)
    assert place.said("profile", "add", "acme", *IDS, "--region", "us-east-1") == (3, said)
    said = f"tui-auth: TUI_AUTH_REGION says us-east-1, {elsewhere}"
    assert place.said(*IDS, TUI_AUTH_REGION="us-east-1") == (3, said)
    place.config(f'[profiles.acme]\n{GOOD}region = "us-east-1"\n')
    said = f"tui-auth: profile acme, {CONFIG}:4 says us-east-1, {elsewhere}"
    assert place.said("--profile", "acme") == (3, said)


def test_a_region_in_an_amplify_file_that_is_not_the_pools_is_said_with_its_line(place: Place) -> None:
    file = place.file(
        "amplify_outputs.json", outputs(**{'"aws_region": "eu-west-1"': '"aws_region": "us-east-1"'})
    )
    elsewhere = ELSEWHERE.format("eu-west-1_Gen2Pool1")
    said = f"tui-auth: ~/shop/amplify_outputs.json:5 says us-east-1, {elsewhere}"
    status, shown = place.said()
    assert (status, shown.splitlines()[-1]) == (3, said)
    status, shown = place.said("profile", "show")
    assert (status, shown.splitlines()[1]) == (0, f"Signing in needs this first: {said[10:]}")
    status, shown = place.said("profile", "import", str(file), "--name", "shop")
    assert (status, shown.splitlines()[0]) == (0, f"The region is left out: {said[10:]}")
    assert "\nregion" not in (place.home / ".config" / "tui-auth" / "config.toml").read_text()


def test_at_an_endpoint_of_its_own_a_region_leads_nowhere_and_stops_nobody(place: Place) -> None:
    flags = (*IDS, "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9")
    assert place.said("profile", "add", "acme", *flags)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (("demo",), {"TUI_AUTH_THEME": "pink"}, "TUI_AUTH_THEME is dark, light or ansi."),
        (IDS, {"TUI_AUTH_THEME": "pink"}, "TUI_AUTH_THEME is dark, light or ansi."),
        (
            (*IDS, "--region", "us-east-1"),
            {},
            f"--region says us-east-1, {ELSEWHERE.format('eu-west-1_Ab12Cd34E')}",
        ),
        (
            ("token", *IDS, "--region", "us-east-1"),
            {},
            f"--region says us-east-1, {ELSEWHERE.format('eu-west-1_Ab12Cd34E')}",
        ),
        (
            ("--profile", "acmee"),
            {},
            "There is no profile “acmee”. Did you mean “acme”?",
        ),
        (
            (),
            {},
            "No user pool is named. Choose one with --profile (acme, b), make one the default "
            "(`tui-auth profile use NAME`), or name another: `tui-auth --new-pool`.",
        ),
    ],
    ids=["demo", "variable", "flag", "token", "profile", "several profiles"],
)
def test_on_a_terminal_it_is_said_before_the_screen_opens(
    terminal_program: TerminalProgram, arguments: tuple[str, ...], variables: dict[str, str], said: str
) -> None:
    terminal_program.write_config(f"[profiles.acme]\n{GOOD}[profiles.b]\n{GOOD}")
    with terminal_program.on_a_terminal(*arguments, cols=400, variables=variables) as program:
        assert program.wait_exit() == 3
        assert b"\x1b[?1049h" not in program.received, "the screen was opened"
        assert program.screen_text().rstrip() == f"tui-auth: {said}"


def test_a_number_too_long_to_be_read_and_a_file_too_long_to_be_kept_are_said(place: Place) -> None:
    place.config(f"[profiles.acme]\n{GOOD}session_minutes = {'9' * 5000}\n")
    status, said = place.said("profile", "list")
    assert status == 3
    assert "config.toml" in said
    assert "a number too long to be read" in said
    place.config("".join(f"[profiles.p{number}]\n{GOOD}" for number in range(3000)))
    status, said = place.said("profile", "list")
    assert status == 3
    assert "it is longer than 65536 bytes" in said


def test_the_same_pool_in_two_files_is_nothing_to_talk_about(place: Place, server: CognitoEmulator) -> None:
    flat = '{\n"aws_user_pools_id": "eu-west-1_Same1",\n"aws_user_pools_web_client_id": "same"\n}'
    place.file("amplifyconfiguration.json", flat)
    place.file("aws-exports.js", f"const awsmobile = {flat};\nexport default awsmobile;\n")
    status, shown = place.said("profile", "show", "--origin")
    assert status == 0
    assert "The user pool is the one in ~/shop/amplifyconfiguration.json." in shown
    assert "aws-exports.js" not in shown


@pytest.mark.parametrize(
    "typed",
    ["YOUR_POOL_ID", "<pool id>", "your_pool_id", "<region>_XXXXXXXXX", "pool_id", "us-east-1_", "eu_west_1"],
)
def test_a_placeholder_is_no_pool_id_and_the_form_of_one_is_shown(place: Place, typed: str) -> None:
    said = "expected a user pool id, such as eu-west-1_Ab12Cd34E."
    flags = ("--user-pool-id", typed, "--client-id", "1example23456789")
    assert place.said(*flags) == (3, f"tui-auth: --user-pool-id: {said}")
    assert place.said(TUI_AUTH_USER_POOL_ID=typed)[1] == f"tui-auth: TUI_AUTH_USER_POOL_ID: {said}"


@pytest.mark.parametrize(
    ("setting", "typed"),
    [
        ("user_pool_id", "us-east-1_XXXXXXXXX"),
        ("user_pool_id", "eu-west-1_YourPoolId"),
        ("client_id", "xxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("client_id", "YOUR_CLIENT_ID"),
        ("client_id", "your_app_client"),
    ],
)
def test_a_placeholder_that_has_the_form_of_an_id_is_called_one(
    place: Place, setting: str, typed: str
) -> None:
    ids = {"user_pool_id": "eu-west-1_Ab12Cd34E", "client_id": "1example23456789"}
    what = {"user_pool_id": "a user pool id", "client_id": "an app client id"}[setting]
    sentence = f"expected {what}, such as {ids[setting]}, and not a placeholder for one."
    given = ids | {setting: typed}
    flag = "--" + setting.replace("_", "-")
    flags = ("--user-pool-id", given["user_pool_id"], "--client-id", given["client_id"])
    assert place.said(*flags) == (3, f"tui-auth: {flag}: {sentence}")
    assert place.said("profile", "add", "acme", *flags) == (3, f"tui-auth: {flag}: {sentence}")
    place.config(f'[profiles.acme]\n{setting} = "{typed}"\n')
    assert place.said("--profile", "acme")[1].endswith(f"line 2: {setting}: {sentence}")


@pytest.mark.parametrize(
    "pool",
    ["us-gov-west-1_Ab12", "eusc-de-east-1_A", "us-isob-east-1_Ab", "local_2aBc"],
)
def test_what_can_be_a_pool_id_is_taken(place: Place, pool: str) -> None:
    assert place.said("profile", "add", "acme", "--user-pool-id", pool, "--client-id", "c")[0] == 0


@pytest.mark.parametrize("way", ["flag", "variable", "profile", "add"])
def test_a_secret_where_the_path_of_its_file_belongs_is_never_repeated(place: Place, way: str) -> None:
    secret = "1abc2def3ghi4jkl5mno6pqr7stu8vwx9yz01abc2def3ghi4jk"
    expected = "expected the path of a file that holds the secret, not the secret itself"
    if way == "profile":
        place.config(f'[profiles.acme]\n{GOOD}client_secret_file = "{secret}"\n')
        status, said = place.said("--profile", "acme")
        name = f"{CONFIG}, line 4: client_secret_file"
    elif way == "variable":
        status, said = place.said(TUI_AUTH_CLIENT_SECRET_FILE=secret)
        name = "TUI_AUTH_CLIENT_SECRET_FILE"
    else:
        words = ("profile", "add", "acme") if way == "add" else ()
        status, said = place.said(*words, *IDS, "--client-secret-file", secret)
        name = "--client-secret-file"
    assert (status, said) == (3, f"tui-auth: {name}: {expected}.")
    assert way == "profile" or not (place.home / ".config" / "tui-auth").exists()


def test_an_aws_profile_that_is_missing_stops_nobody(
    terminal_program: TerminalProgram, server: CognitoEmulator
) -> None:
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    made = server.call("CreateUserPoolClient", {"UserPoolId": pool, "ClientName": "terminal"})
    flags = ("--user-pool-id", pool, "--client-id", made["UserPoolClient"]["ClientId"])
    told = {"AWS_PROFILE": "gone", "AWS_ENDPOINT_URL": server.endpoint_url}
    with terminal_program.on_a_terminal(*flags, variables=told) as program:
        program.wait_for("Username")
        for typed in ("ann", "not-this"):
            program.send(typed)
            program.press("enter")
        program.wait_for("Incorrect username or password")
        assert "TEST ENDPOINT" in program.screen_text()
        program.press("ctrl+q")
        assert program.wait_exit() == 6
