"""Tests that session commands report each fault in one line, with the right exit status."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from tests.security.faults.catalog import (
    FAULTS_IN_REPLY,
    FAULTS_WITHOUT_REPLY,
    LOST_REPLIES,
    fault_share,
)
from tests.security.faults.conftest import RecordProperty, deadline_for
from tests.security.faults.proxy import Fault, FaultProxy
from tests.security.faults.terminal_output import unexpected_output
from tests.session.machine import Machine
from tests.session.machine import machine as machine

COMMANDS: dict[str, tuple[Sequence[str], int]] = {
    "a refresh": (("token", "--force-refresh", "--login", "never"), 0),
    "an identity": (("aws-credentials", "--format", "json", "--login", "never"), 0),
    "AWS credentials": (("aws-credentials", "--format", "json", "--login", "never"), 1),
    "a status check": (("status", "--online", "--json"), 0),
    "a sign-out": (("sign-out",), 0),
}
"""Each command's arguments, and how many calls pass before the one that meets the fault."""

STATUSES = {
    "a refresh": (5, 7),
    "an identity": (3, 5, 7),
    "AWS credentials": (3, 5, 7),
    "a status check": (0, 5, 7),
    "a sign-out": (5, 7),
}
"""The exit statuses after a lost reply, or an error that proves nothing about the session."""


class Shell:
    """A user's shell with a pool behind the proxy."""

    def __init__(self, machine: Machine, proxy: FaultProxy) -> None:
        self.machine, self.proxy = machine, proxy
        choice = replace(machine.add_identity_pool(machine.create_client()), endpoint_url=proxy.url)
        self.choice, self.user = choice, machine.create_user()

    def run(self, name: str, fault: Fault) -> subprocess.CompletedProcess[str]:
        """Run a command in a new session with the fault armed."""
        arguments, after = COMMANDS[name]
        self.machine.sign_in(self.choice, self.user)
        with self.proxy.armed(fault, after=after), deadline_for(fault):
            return self.machine.run(*arguments)

    def can_get_token(self) -> bool:
        """Return whether the session gives a token that the pool accepts, without faults."""
        result = self.machine.run("token", "--login", "never")
        return result.returncode == 0 and self.machine.is_accepted(result.stdout.strip())


@pytest.fixture
def shell(machine: Machine) -> Iterator[Shell]:
    """Return the shell with a proxy in front of the machine's pool."""
    with FaultProxy(machine.server.endpoint_url) as proxy:
        yield Shell(machine, proxy)


def output_problems(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the problems in a command's output."""
    problems = unexpected_output(result.stdout) + unexpected_output(result.stderr)
    problems += ["Traceback"] * ("Traceback" in result.stderr)
    problems += ["an internal error"] * (result.returncode == 1)
    return problems + ["too much output"] * (len(result.stderr) > 1000 or result.stderr.count("\n") > 2)


def are_credentials(machine: Machine, text: str) -> bool:
    """Return whether the text is AWS's JSON of temporary credentials with plain values."""
    value = json.loads(text)
    credentials = [value[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    return all(re.fullmatch(r"[\w+/=-]+", text) for text in credentials) and bool(value["Expiration"])


def is_session_status(machine: Machine, text: str) -> bool:
    """Return whether the text is ann's session status."""
    value = json.loads(text)
    return bool(value["signed_in"]) and value["username"] == "ann"


IS_VALID_OUTPUT: dict[str, Callable[[Machine, str], bool]] = {
    "a refresh": lambda machine, text: machine.is_accepted(text.strip()),
    "an identity": are_credentials,
    "AWS credentials": are_credentials,
    "a status check": is_session_status,
    "a sign-out": lambda machine, text: text == "",
}
"""Valid output of a command that exits with 0, whatever the pool replied."""


@pytest.mark.parametrize("name", COMMANDS)
def test_lost_answer_is_one_line_and_keeps_the_session(
    name: str, shell: Shell, record_property: RecordProperty
) -> None:
    machine, proxy, failures = shell.machine, shell.proxy, []
    message = "Cognito didn't reply"
    faults = fault_share(FAULTS_WITHOUT_REPLY, name, COMMANDS, thinning=2)
    for fault in faults:
        hits_before = proxy.hits
        result = shell.run(name, fault)
        problems = output_problems(result) + ["the fault did not occur"] * (proxy.hits != hits_before + 1)
        problems += [f"status {result.returncode}"] * (result.returncode not in STATUSES[name])
        problems += ["unexpected output"] * bool(result.stdout and name != "a status check")
        if name == "a sign-out":
            problems += ["the session file is left"] * bool(
                list(machine.state_folder.glob("?" * 64 + ".json"))
            )
        elif not shell.can_get_token():
            problems.append("the session is gone")
        problems += ["no message"] * (result.returncode != 0 and not result.stderr)
        problems += ["the message does not say that no answer came"] * (
            fault.name in LOST_REPLIES and message not in result.stderr
        )
        if problems:
            failures.append(f"{fault.name}: {problems} {result.stderr[-300:]}")
    record_property("cases", ("fault matrix, session commands", "commands", len(faults), len(failures)))
    assert not failures, "\n".join(failures)
    assert proxy.redirected_connections == 0, "a redirect was followed"


@pytest.mark.parametrize("name", COMMANDS)
def test_forged_reply_never_yields_usable_credentials(
    name: str, shell: Shell, record_property: RecordProperty
) -> None:
    machine, failures = shell.machine, []
    faults = fault_share(FAULTS_IN_REPLY, name, COMMANDS, thinning=2)
    for fault in faults:
        hits_before = shell.proxy.hits
        result = shell.run(name, fault)
        problems = output_problems(result) + ["the fault did not occur"] * (
            shell.proxy.hits != hits_before + 1
        )
        problems += [f"status {result.returncode}"] * (result.returncode not in (0, *STATUSES[name]))
        if result.returncode != 0:
            problems += ["unexpected output"] * bool(result.stdout and name != "a status check")
        elif not IS_VALID_OUTPUT[name](machine, result.stdout):
            problems.append("invalid output")
        if problems:
            failures.append(
                f"{fault.name}: {problems} {result.returncode} {result.stdout[-200:]} {result.stderr[-300:]}"
            )
    record_property("cases", ("fault matrix, session commands", "commands", len(faults), len(failures)))
    assert not failures, "\n".join(failures)
