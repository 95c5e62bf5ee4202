"""``tui-auth pool`` prints one line of JSON and a summary, and serves until it is stopped."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from pycognito import Cognito

from tests.emulator.web_client import OAuthClient, WebClient
from tests.programs import PROCESS_SECONDS, Process, Program
from tests.programs import process as process
from tests.programs import program as program
from tests.waiting import wait_until

TRIGGERS = """
def define_auth_challenge(event, context):
    rounds = event["request"]["session"]
    done = bool(rounds) and rounds[-1]["challengeResult"]
    event["response"].update(
        challengeName="CUSTOM_CHALLENGE", issueTokens=done, failAuthentication=bool(rounds) and not done
    )
    return event

def create_auth_challenge(event, context):
    event["response"]["publicChallengeParameters"] = {"hint": "say friend"}
    event["response"]["privateChallengeParameters"] = {}
    return event

def verify_auth_challenge_response(event, context):
    event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == "friend"
    return event
"""


StartPool = Callable[..., AbstractContextManager[tuple[subprocess.Popen[str], dict[str, Any]]]]


@pytest.fixture
def start_pool(process: Process) -> StartPool:
    """Return a context manager that starts the command and later stops it with SIGTERM."""

    @contextmanager
    def start(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
        pool_process = process.start(process.command("pool", *arguments))
        assert pool_process.stdout is not None
        yield pool_process, json.loads(pool_process.stdout.readline())
        if pool_process.poll() is None:
            pool_process.send_signal(signal.SIGTERM)
        out, err = pool_process.communicate(timeout=PROCESS_SECONDS)
        assert (pool_process.returncode, out) == (0, "")
        assert "Traceback" not in err

    return start


def create_client(pool_info: dict[str, Any], service: str = "cognito-idp") -> Any:
    return boto3.client(
        service,
        region_name=pool_info["region"],
        endpoint_url=pool_info["endpoint_url"],
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )


def run_with_error(program: Program, *arguments: str | Path) -> tuple[int, str]:
    result = program.run("pool", *arguments)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.returncode, result.stderr


def test_output_is_one_line_of_json_with_endpoint_and_ids(start_pool: StartPool) -> None:
    with start_pool() as (_, pool_info):
        assert set(pool_info) == {
            "endpoint_url",
            "region",
            "user_pool_id",
            "client_id",
            "identity_pool_id",
            "messages_url",
            "domain",
            "users",
        }
        assert pool_info["users"] == []
        aws = create_client(pool_info)
        aws.admin_create_user(
            UserPoolId=pool_info["user_pool_id"], Username="ann", TemporaryPassword="Correct-Horse-9!"
        )
        reply = aws.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=pool_info["client_id"],
            AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-Horse-9!"},
        )
        assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_demo_users_are_listed_and_their_messages_can_be_read(start_pool: StartPool) -> None:
    with start_pool("--demo-users") as (_, pool_info):
        first = pool_info["users"][0]
        assert {
            "username",
            "password",
            "description",
            "auth_flow",
            "user_pool_id",
            "client_id",
        } <= first.keys()
        assert (first["username"], first["totp_secret"]) == ("ann", None)
        with urllib.request.urlopen(pool_info["messages_url"], timeout=60) as reply:
            messages = json.load(reply)
        assert "carl" in [message["username"] for message in messages]


def test_interrupt_stops_the_command(start_pool: StartPool) -> None:
    with start_pool() as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PROCESS_SECONDS) == 0


def test_signal_at_any_moment_stops_the_command(process: Process) -> None:
    for _ in range(5):
        run_and_stop(process)


def test_triggers_from_a_file_are_used(start_pool: StartPool, tmp_path: Path) -> None:
    path = tmp_path / "triggers.py"
    path.write_text(TRIGGERS)
    with start_pool("--triggers", path) as (_, pool_info):
        aws = create_client(pool_info)
        aws.admin_create_user(UserPoolId=pool_info["user_pool_id"], Username="ann")
        aws.admin_set_user_password(
            UserPoolId=pool_info["user_pool_id"], Username="ann", Password="Correct-Horse-9!", Permanent=True
        )
        reply = aws.initiate_auth(
            AuthFlow="CUSTOM_AUTH", ClientId=pool_info["client_id"], AuthParameters={"USERNAME": "ann"}
        )
        assert reply["ChallengeParameters"]["hint"] == "say friend"
        result = aws.respond_to_auth_challenge(
            ClientId=pool_info["client_id"],
            ChallengeName="CUSTOM_CHALLENGE",
            Session=reply["Session"],
            ChallengeResponses={"USERNAME": "ann", "ANSWER": "friend"},
        )
        assert result["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def define_auth_challenge(e, c): ...\n", "has no function create_auth_challenge"),
        ("def (:\n", "doesn't run: SyntaxError"),
        ("import nothing_like_that\n", "doesn't run: ModuleNotFoundError"),
        ("raise SystemExit(0)\n", "doesn't run: SystemExit"),
    ],
)
def test_unusable_triggers_file_is_reported_in_one_sentence(
    program: Program, tmp_path: Path, source: str, message: str
) -> None:
    path = tmp_path / "triggers.py"
    path.write_text(source)
    status, error = run_with_error(program, "--triggers", path)

    assert status == 3
    assert message in error
    assert error.count("\n") == 1


def test_missing_triggers_file_is_reported(program: Program, tmp_path: Path) -> None:
    status, error = run_with_error(program, "--triggers", tmp_path / "nowhere.py")

    assert status == 3
    assert "No such file" in error


def test_port_in_use_is_reported(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, error = run_with_error(program, "--port", str(port))

    assert status == 3
    suggestion = "Use another --port, or none for a free one."
    assert error == f"tui-auth: can't listen on port {port}: Address already in use. {suggestion}\n"


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_invalid_port_is_a_usage_error(program: Program, port: str) -> None:
    assert run_with_error(program, f"--port={port}")[0] == 2


# The summary


def run_and_stop(process: Process, *arguments: str | Path) -> tuple[dict[str, Any], str]:
    """Start the command, stop it, and return its JSON and what it printed on stderr."""
    pool_process = process.start(process.command("pool", *arguments))
    assert pool_process.stdout is not None
    line = pool_process.stdout.readline()
    pool_process.send_signal(signal.SIGTERM)
    out, err = pool_process.communicate(timeout=PROCESS_SECONDS)
    assert (pool_process.returncode, out) == (0, "")
    return json.loads(line), err


def test_summary_has_addresses_ids_users_and_how_to_stop(process: Process) -> None:
    pool_info, summary = run_and_stop(process, "--demo-users")

    for key in ("endpoint_url", "messages_url", "user_pool_id", "client_id", "identity_pool_id", "domain"):
        assert pool_info[key] in summary
    for user in pool_info["users"]:
        assert [user["username"], user["password"]] in [line.split()[:2] for line in summary.splitlines()]
        assert user["description"] in summary
        assert user["user_pool_id"] in summary
    assert f"tui-auth sign-in --endpoint-url {pool_info['endpoint_url']}" in summary
    assert f"--browser --domain {pool_info['domain']}" in summary
    assert "Ctrl+C" in summary
    assert max(map(len, summary.splitlines())) <= 150


def test_summary_of_an_empty_pool_says_how_to_get_users(process: Process) -> None:
    _, summary = run_and_stop(process)

    assert "--demo-users" in summary


def test_control_characters_of_a_path_do_not_reach_the_terminal(program: Program, tmp_path: Path) -> None:
    name = "triggers\x1b]0;x\x07a.py"
    for flag in ("--triggers", "--state"):
        path = tmp_path / name
        path.write_text("raise ValueError('\x1b[2J')\n")
        status, error = run_with_error(program, flag, path)
        path.unlink()

        assert status == 3
        assert "\x1b" not in error
        assert "\x07" not in error
        assert "triggers" in error


# The same IDs


def ids_of(pool_info: dict[str, Any]) -> list[Any]:
    users = [(user["username"], user["totp_secret"], user["client_id"]) for user in pool_info["users"]]
    return [pool_info["user_pool_id"], pool_info["client_id"], pool_info["identity_pool_id"], users]


def test_seed_gives_the_same_ids_and_secrets_in_every_run(process: Process) -> None:
    first, second = (run_and_stop(process, "--demo-users", "--seed", "shop")[0] for _ in range(2))
    other = run_and_stop(process, "--demo-users", "--seed", "other")[0]

    assert ids_of(first) == ids_of(second)
    assert ids_of(first)[0] != ids_of(other)[0]
    assert any(user["totp_secret"] for user in first["users"])


def test_ids_without_a_seed_differ_from_run_to_run(process: Process) -> None:
    first, second = (run_and_stop(process)[0] for _ in range(2))

    assert first["user_pool_id"] != second["user_pool_id"]


def test_port_gives_the_same_ids_in_every_run(process: Process) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    first, second = (run_and_stop(process, "--port", port)[0] for _ in range(2))

    assert ids_of(first) == ids_of(second)


def test_seed_makes_client_secrets_and_users_repeatable(process: Process, start_pool: StartPool) -> None:
    seen = []
    for _ in range(2):
        with start_pool("--seed", "shop") as (_, pool_info):
            aws = create_client(pool_info)
            client = aws.create_user_pool_client(
                UserPoolId=pool_info["user_pool_id"], ClientName="web", GenerateSecret=True
            )["UserPoolClient"]
            user = aws.admin_create_user(UserPoolId=pool_info["user_pool_id"], Username="ann")["User"]
            seen.append((client["ClientId"], client["ClientSecret"], user["Attributes"]))

    assert seen[0] == seen[1]


# The state file


def sign_in(pool_info: dict[str, Any], name: str = "ann") -> dict[str, Any]:
    result: dict[str, Any] = create_client(pool_info).initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=pool_info["client_id"],
        AuthParameters={"USERNAME": name, "PASSWORD": "Correct-Horse-9!"},
    )["AuthenticationResult"]
    return result


def create_user(pool_info: dict[str, Any], name: str = "ann") -> None:
    aws, target = create_client(pool_info), {"UserPoolId": pool_info["user_pool_id"], "Username": name}
    aws.admin_create_user(**target, MessageAction="SUPPRESS")
    aws.admin_set_user_password(**target, Password="Correct-Horse-9!", Permanent=True)


def test_state_file_keeps_users_and_sessions_between_runs(start_pool: StartPool, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with start_pool("--state", path) as (_, first):
        create_user(first)
        tokens = sign_in(first)
    with start_pool("--state", path) as (_, second):
        sign_in(second)
        aws = create_client(second)
        assert aws.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ann"
        aws.get_tokens_from_refresh_token(ClientId=second["client_id"], RefreshToken=tokens["RefreshToken"])

    assert ids_of(first) == ids_of(second)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir() if "state" in entry.name] == ["state.json"]


@pytest.mark.parametrize("arguments", [(), ("--demo-users",)])
def test_pool_has_a_login_page_in_every_run(
    start_pool: StartPool, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    for _ in range(2):
        with start_pool("--state", tmp_path / "state.json", *arguments) as (_, pool_info):
            app = OAuthClient(pool_info["client_id"], WebClient(pool_info["domain"]))
            page = app.browser.open(app.url())
            assert list(page.page.links) == ["Continue with AcmeSSO"]
            page = app.browser.open(page.page.links["Continue with AcmeSSO"])
            tokens = app.exchange(app.browser.send(page, email="dana@acme.example").answer["code"])
            scopes = jwt.decode(tokens.json["access_token"], options={"verify_signature": False})["scope"]
            assert {"openid", "orders/read"} <= set(scopes.split())


def test_state_is_written_while_the_emulator_runs(start_pool: StartPool, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with start_pool("--state", path) as (running, first):
        create_user(first)
        wait_until(lambda: '"username": "ann"' in path.read_text())
        running.kill()
        running.wait(timeout=PROCESS_SECONDS)
        running.returncode = 0
    with start_pool("--state", path) as (_, second):
        sign_in(second)


def test_state_of_a_second_emulator_is_not_overwritten(process: Process, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first, second = (process.start(process.command("pool", "--state", path)) for _ in range(2))
    infos = []
    for started in (first, second):
        assert started.stdout is not None
        infos.append(started.stdout.readline())
    # One of the two may have found the other's file; then it ended at once.
    running = [
        (started, json.loads(line)) for started, line in zip((first, second), infos, strict=True) if line
    ]
    for number, (_, pool_info) in enumerate(running):
        create_user(pool_info, f"user{number}")
    for started, _ in running:
        started.send_signal(signal.SIGTERM)
    results = [started.communicate(timeout=PROCESS_SECONDS)[1] for started in (first, second)]

    assert sorted(started.returncode for started in (first, second)) == [0, 9]
    assert sum("another program wrote to it" in error for error in results) == 1


def test_hangup_stops_the_command_and_stores_the_state(process: Process, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    pool_process = process.start(process.command("pool", "--state", path))
    assert pool_process.stdout is not None
    create_user(json.loads(pool_process.stdout.readline()))
    pool_process.send_signal(signal.SIGHUP)

    assert pool_process.wait(timeout=PROCESS_SECONDS) == 0
    assert '"username": "ann"' in path.read_text()


def test_nohup_protects_the_command_from_a_hangup(process: Process) -> None:
    command = process.command("pool")
    pool_process = process.start(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command])
    assert pool_process.stdout is not None
    pool_info = json.loads(pool_process.stdout.readline())
    pool_process.send_signal(signal.SIGHUP)
    create_user(pool_info)
    pool_process.send_signal(signal.SIGINT)

    assert pool_process.wait(timeout=PROCESS_SECONDS) == 0


def test_summary_counts_the_users_of_the_state_file(process: Process, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    pool_process = process.start(process.command("pool", "--state", path))
    assert pool_process.stdout is not None
    create_user(json.loads(pool_process.stdout.readline()))
    pool_process.send_signal(signal.SIGTERM)
    pool_process.wait(timeout=PROCESS_SECONDS)
    _, summary = run_and_stop(process, "--state", path)

    assert "1 user of the state file" in summary


def test_state_of_demo_users_keeps_their_triggers(start_pool: StartPool, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with start_pool("--demo-users", "--state", path) as (_, first):
        pass
    with start_pool("--demo-users", "--state", path) as (_, second):
        reply = create_client(second).initiate_auth(
            AuthFlow="CUSTOM_AUTH", ClientId=second["client_id"], AuthParameters={"USERNAME": "quinn"}
        )

    assert reply["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert ids_of(first) == ids_of(second)


def test_state_takes_the_triggers_and_the_issuer_of_the_run(start_pool: StartPool, tmp_path: Path) -> None:
    path, triggers = tmp_path / "state.json", tmp_path / "triggers.py"
    triggers.write_text(TRIGGERS)
    with start_pool("--state", path, "--triggers", triggers) as (_, first):
        create_user(first)
    with start_pool("--state", path, "--issuer") as (_, second):
        with pytest.raises(ClientError, match="trigger is not configured"):
            create_client(second).initiate_auth(
                AuthFlow="CUSTOM_AUTH", ClientId=second["client_id"], AuthParameters={"USERNAME": "ann"}
            )
        id_token = sign_in(second)["IdToken"]
        provider = f"{second['endpoint_url'].partition('://')[2]}/{second['user_pool_id']}"
        identities = create_client(second, "cognito-identity")
        identity = identities.get_id(IdentityPoolId=second["identity_pool_id"], Logins={provider: id_token})[
            "IdentityId"
        ]

    assert identity
    claims = jwt.decode(id_token, options={"verify_signature": False})
    assert claims["iss"] == f"{second['endpoint_url']}/{second['user_pool_id']}"


def test_pycognito_verifies_tokens_of_the_command(start_pool: StartPool) -> None:
    with start_pool("--issuer") as (_, pool_info):
        create_user(pool_info)
        keywords = {"endpoint_url": pool_info["endpoint_url"], "config": Config(signature_version=UNSIGNED)}
        user = Cognito(
            pool_info["user_pool_id"], pool_info["client_id"], username="ann", boto3_client_kwargs=keywords
        )
        user.authenticate("Correct-Horse-9!")
        user.verify_tokens()

    assert user.id_claims["cognito:username"] == "ann"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "isn't a state file"),
        ("[" * 100_000, "isn't a state file"),
        ('{"users": []}', "isn't a state file"),
        ('{"pools": {"users": []}, "snapshot": {"version": 1}}', "It is damaged."),
        ('{"pools": {"users": []}, "snapshot": {"version": 99}}', "another version"),
        ('{"pools": [], "snapshot": []}', "It is damaged."),
        ('{"pools": {"users": [{}]}, "snapshot": {}}', "It has the demo's users."),
    ],
)
def test_unusable_state_file_is_reported_and_left_alone(
    program: Program, tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "state.json"
    path.touch(0o600)
    path.write_text(content)
    status, error = run_with_error(program, "--state", path)

    assert status == 3
    assert message in error
    assert error.count("\n") == 1
    assert path.read_text() == content


def test_state_file_that_others_can_read_is_not_used(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}")
    path.chmod(0o644)
    status, error = run_with_error(program, "--state", path)

    assert status == 3
    assert f"chmod 600 {path}" in error


def test_state_that_cannot_be_written_is_reported_at_once(program: Program, tmp_path: Path) -> None:
    status, error = run_with_error(program, "--state", tmp_path / "missing" / "state.json")

    assert status == 9
    assert "can't write the state file" in error
    assert error.count("\n") == 1


def test_state_that_can_no_longer_be_written_is_reported_once(process: Process, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    pool_process = process.start(process.command("pool", "--state", folder / "state.json"))
    assert pool_process.stdout is not None
    pool_info = json.loads(pool_process.stdout.readline())
    shutil.rmtree(folder)
    create_user(pool_info)
    pool_process.send_signal(signal.SIGTERM)
    _, err = pool_process.communicate(timeout=PROCESS_SECONDS)

    assert pool_process.returncode == 9
    assert err.count("can't write the state file") == 1


def test_triggers_file_without_any_trigger_is_reported(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "triggers.py"
    path.write_text("def lambda_handler(event, context): ...\n")
    status, error = run_with_error(program, "--triggers", path)

    assert status == 3
    assert "none of the functions" in error
    assert "pre_sign_up" in error
