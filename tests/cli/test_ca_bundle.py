"""An invalid CA bundle is reported with its setting before a screen opens."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore
import pytest

from tests.programs import Program, TerminalProgram
from tui_auth.emulator import CognitoEmulator

IDS = ("--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "1example23456789")
BUNDLE_ADVICE = "Set it to a file with PEM certificates, or remove the setting."
VALID_BUNDLE = str(Path(botocore.__file__).with_name("cacert.pem"))


def write_aws_config(program: Program, bundle: str, section: str = "default") -> None:
    """Write ~/.aws/config with a ca_bundle."""
    folder = program.home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(f"[{section}]\nca_bundle = {bundle}\n")


def read_bundle_check(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the check of the CA bundle in the report of ``doctor --json``."""
    checks: list[dict[str, Any]] = json.loads(result.stdout)["checks"]
    return next(check for check in checks if check["about"] == "CA")


@pytest.mark.parametrize(
    ("variables", "configured_bundle", "message"),
    [
        pytest.param(
            {"AWS_CA_BUNDLE": "gone.pem"},
            "",
            "AWS_CA_BUNDLE is set to gone.pem, which doesn't exist.",
            id="AWS_CA_BUNDLE",
        ),
        pytest.param(
            {"REQUESTS_CA_BUNDLE": "text"},
            "",
            "REQUESTS_CA_BUNDLE is set to text, which has no certificates.",
            id="REQUESTS_CA_BUNDLE",
        ),
        pytest.param(
            {},
            "gone.pem",
            "ca_bundle in ~/.aws/config is set to gone.pem, which doesn't exist.",
            id="the config file",
        ),
        pytest.param(
            {"AWS_CA_BUNDLE": "gone.pem", "REQUESTS_CA_BUNDLE": VALID_BUNDLE},
            VALID_BUNDLE,
            "AWS_CA_BUNDLE is set to gone.pem, which doesn't exist.",
            id="AWS_CA_BUNDLE before the others",
        ),
        pytest.param(
            {"REQUESTS_CA_BUNDLE": "text"},
            "gone.pem",
            "ca_bundle in ~/.aws/config is set to gone.pem, which doesn't exist.",
            id="the config file before REQUESTS_CA_BUNDLE",
        ),
        pytest.param(
            {"AWS_CA_BUNDLE": "pipe"},
            "",
            "AWS_CA_BUNDLE is set to pipe, which isn't a regular file.",
            id="a FIFO",
        ),
        pytest.param(
            {"AWS_CA_BUNDLE": "."},
            "",
            "AWS_CA_BUNDLE is set to ., which isn't a regular file.",
            id="a folder",
        ),
        pytest.param({"AWS_CA_BUNDLE": ""}, "", "AWS_CA_BUNDLE is empty.", id="an empty variable"),
    ],
)
@pytest.mark.parametrize("command", ["sign-in", "token"])
def test_invalid_bundle_is_reported_first(
    program: Program, command: str, variables: Mapping[str, str], configured_bundle: str, message: str
) -> None:
    (program.folder / "text").write_text("no certificate\n")
    os.mkfifo(program.folder / "pipe")
    if configured_bundle:
        write_aws_config(program, configured_bundle)
    result = program.run(command, *IDS, "--username", "ann", "--password-file", "none", **variables)
    assert (result.returncode, result.stdout, result.stderr) == (
        3,
        "",
        f"tui-auth: {message} {BUNDLE_ADVICE}\n",
    )


@pytest.mark.parametrize("command", ["sign-in", "token"])
def test_sign_in_screen_does_not_open(terminal_program: TerminalProgram, command: str) -> None:
    variables = {"AWS_CA_BUNDLE": "gone.pem"}
    with terminal_program.on_a_terminal(command, *IDS, cols=300, variables=variables) as running:
        assert running.wait_exit() == 3
        assert b"\x1b[?1049h" not in running.received, "the screen was opened"
        message = f"tui-auth: AWS_CA_BUNDLE is set to gone.pem, which doesn't exist. {BUNDLE_ADVICE}"
        assert running.screen_text().strip() == message


def test_first_run_screen_does_not_open(terminal_program: TerminalProgram) -> None:
    with terminal_program.on_a_terminal(cols=300, variables={"AWS_CA_BUNDLE": "gone.pem"}) as running:
        assert running.wait_exit() == 3
        assert b"\x1b[?1049h" not in running.received
        assert "AWS_CA_BUNDLE is set to gone.pem" in running.screen_text()


@pytest.mark.parametrize("variables", [{"AWS_CA_BUNDLE": "gone.pem"}, {"REQUESTS_CA_BUNDLE": "gone.pem"}, {}])
def test_doctor_reports_an_invalid_bundle(program: Program, variables: dict[str, str]) -> None:
    if not variables:
        write_aws_config(program, "gone.pem", "profile default")
    name = next(iter(variables), "ca_bundle in ~/.aws/config")
    result = program.run("doctor", "--json", **variables)
    check = read_bundle_check(result)
    assert (check["ok"], check["says"]) == (False, f"{name} is set to gone.pem, which doesn't exist.")
    assert check["do"] == BUNDLE_ADVICE


def test_doctor_reports_the_setting_with_precedence(program: Program) -> None:
    write_aws_config(program, VALID_BUNDLE)
    result = program.run("doctor", "--json", REQUESTS_CA_BUNDLE="gone.pem")
    check = read_bundle_check(result)
    assert check["ok"] is True
    assert check["says"].endswith("cacert.pem from ca_bundle in ~/.aws/config")


def test_unused_aws_profile_is_not_checked(program: Program) -> None:
    write_aws_config(program, "gone.pem", "profile work")
    result = program.run("doctor", "--json", AWS_PROFILE="work")
    check = read_bundle_check(result)
    assert (check["ok"], check["says"]) == (True, "the default certificate authorities")


def test_local_pool_needs_no_certificates(program: Program, server: CognitoEmulator) -> None:
    (program.folder / "password").write_text("secret\n")
    flags = (*IDS, "--endpoint-url", server.endpoint_url, "--username", "ann", "--password-file", "password")
    result = program.run("sign-in", *flags, AWS_CA_BUNDLE="gone.pem")
    assert "gone.pem" not in result.stderr
    assert result.returncode != 7, "Cognito answered"
