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


Running = Callable[..., AbstractContextManager[tuple[subprocess.Popen[str], dict[str, Any]]]]


@pytest.fixture
def running(process: Process) -> Running:
    """Start the command and return the process and its output; SIGTERM must stop it."""

    @contextmanager
    def start(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
        started = process.start(process.command("pool", *arguments))
        assert started.stdout is not None
        yield started, json.loads(started.stdout.readline())
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
        out, err = started.communicate(timeout=PROCESS_SECONDS)
        assert (started.returncode, out, err) == (0, "", "")

    return start


def client(where: dict[str, Any]) -> Any:
    return boto3.client(
        "cognito-idp",
        region_name=where["region"],
        endpoint_url=where["endpoint_url"],
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )


def error_from_response(program: Program, *arguments: str | Path) -> tuple[int, str]:
    done = program.run("pool", *arguments)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_output_is_one_line_of_json_with_endpoint_and_ids(running: Running) -> None:
    with running() as (_, where):
        assert set(where) == {
            "endpoint_url",
            "region",
            "user_pool_id",
            "client_id",
            "identity_pool_id",
            "messages_url",
            "users",
        }
        assert where["users"] == []
        aws = client(where)
        aws.admin_create_user(
            UserPoolId=where["user_pool_id"], Username="ann", TemporaryPassword="Correct-Horse-9!"
        )
        reply = aws.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=where["client_id"],
            AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-Horse-9!"},
        )
        assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_demo_users_are_listed_and_their_messages_can_be_read(running: Running) -> None:
    with running("--demo-users") as (_, where):
        first = where["users"][0]
        assert {"username", "password", "says", "auth_flow", "user_pool_id", "client_id"} <= first.keys()
        assert (first["username"], first["totp_secret"]) == ("ann", None)
        with urllib.request.urlopen(where["messages_url"], timeout=60) as reply:
            messages = json.load(reply)
        assert "carl" in [message["username"] for message in messages]


def test_interrupt_stops_the_command(running: Running) -> None:
    with running() as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PROCESS_SECONDS) == 0


def test_triggers_from_a_file_are_used(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "triggers.py"
    path.write_text(TRIGGERS)
    with running("--triggers", path) as (_, where):
        aws = client(where)
        aws.admin_create_user(UserPoolId=where["user_pool_id"], Username="ann")
        aws.admin_set_user_password(
            UserPoolId=where["user_pool_id"], Username="ann", Password="Correct-Horse-9!", Permanent=True
        )
        reply = aws.initiate_auth(
            AuthFlow="CUSTOM_AUTH", ClientId=where["client_id"], AuthParameters={"USERNAME": "ann"}
        )
        assert reply["ChallengeParameters"]["hint"] == "say friend"
        done = aws.respond_to_auth_challenge(
            ClientId=where["client_id"],
            ChallengeName="CUSTOM_CHALLENGE",
            Session=reply["Session"],
            ChallengeResponses={"USERNAME": "ann", "ANSWER": "friend"},
        )
        assert done["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def define_auth_challenge(e, c): ...\n", "has no function create_auth_challenge"),
        ("def (:\n", "does not run: SyntaxError"),
        ("import nothing_like_that\n", "does not run: ModuleNotFoundError"),
        ("raise SystemExit(0)\n", "does not run: SystemExit"),
    ],
)
def test_unusable_triggers_file_is_reported_in_one_sentence(
    program: Program, tmp_path: Path, source: str, says: str
) -> None:
    path = tmp_path / "triggers.py"
    path.write_text(source)
    status, error = error_from_response(program, "--triggers", path)

    assert status == 3
    assert says in error
    assert error.count("\n") == 1


def test_missing_triggers_file_is_reported(program: Program, tmp_path: Path) -> None:
    status, error = error_from_response(program, "--triggers", tmp_path / "nowhere.py")

    assert status == 3
    assert "No such file" in error


def test_port_in_use_is_reported(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, error = error_from_response(program, "--port", str(port))

    assert status == 3
    cure = "Give another --port, or none for a free one."
    assert error == f"tui-auth: cannot listen on port {port}: Address already in use. {cure}\n"


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_invalid_port_is_a_usage_error(program: Program, port: str) -> None:
    assert error_from_response(program, f"--port={port}")[0] == 2
