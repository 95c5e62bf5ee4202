"""``tui-auth pool`` as a process: one line of JSON, then it serves until it is stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

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


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tui_auth", "pool", *arguments]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The process, and what its one line says; it must end well when it is told to."""
    process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")
    finally:
        process.kill()
        process.communicate()


def client(where: dict[str, Any]) -> Any:
    return boto3.client(
        "cognito-idp",
        region_name=where["region"],
        endpoint_url=where["endpoint_url"],
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )


def refusal(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_one_line_says_where_the_pool_is_and_an_empty_pool_has_a_client() -> None:
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


def test_the_demo_users_are_listed_and_their_messages_can_be_read() -> None:
    with running("--demo-users") as (_, where):
        first = where["users"][0]
        assert {"username", "password", "says", "auth_flow", "user_pool_id", "client_id"} <= first.keys()
        assert (first["username"], first["totp_secret"]) == ("ann", None)
        with urllib.request.urlopen(where["messages_url"], timeout=60) as reply:
            messages = json.load(reply)
        assert "carl" in [message["username"] for message in messages]


def test_an_interrupt_ends_it_too() -> None:
    with running() as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_triggers_from_a_file_are_used(tmp_path: Path) -> None:
    path = tmp_path / "triggers.py"
    path.write_text(TRIGGERS)
    with running("--triggers", str(path)) as (_, where):
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
def test_a_triggers_file_that_cannot_be_used_is_said_in_a_sentence(
    tmp_path: Path, source: str, says: str
) -> None:
    path = tmp_path / "triggers.py"
    path.write_text(source)
    status, error = refusal("--triggers", str(path))

    assert status == 3
    assert says in error
    assert error.count("\n") == 1


def test_a_triggers_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    status, error = refusal("--triggers", str(tmp_path / "nowhere.py"))

    assert status == 3
    assert "No such file" in error


def test_a_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, error = refusal("--port", str(port))

    assert status == 3
    cure = "Give another --port, or none for a free one."
    assert error == f"tui-auth: cannot listen on port {port}: Address already in use. {cure}\n"


@pytest.mark.parametrize("port", ["x", "-1", "65536"])
def test_what_is_no_port_is_a_usage_error(port: str) -> None:
    assert refusal(f"--port={port}")[0] == 2
