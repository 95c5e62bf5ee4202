"""``tui-auth pool`` prints one line of JSON and serves until it is stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.programs import PROCESS_SECONDS, Process, Program
from tests.programs import process as process
from tests.programs import program as program

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
        assert (pool_process.returncode, out, err) == (0, "", "")

    return start


def create_client(pool_info: dict[str, Any]) -> Any:
    return boto3.client(
        "cognito-idp",
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
        ("def (:\n", "does not run: SyntaxError"),
        ("import nothing_like_that\n", "does not run: ModuleNotFoundError"),
        ("raise SystemExit(0)\n", "does not run: SystemExit"),
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
    suggestion = "Give another --port, or none for a free one."
    assert error == f"tui-auth: cannot listen on port {port}: Address already in use. {suggestion}\n"


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_invalid_port_is_a_usage_error(program: Program, port: str) -> None:
    assert run_with_error(program, f"--port={port}")[0] == 2
