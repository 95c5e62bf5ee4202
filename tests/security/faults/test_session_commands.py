"""Each command that asks Cognito for a session meets faults: one line, the right status, and no harm done."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from tests.security.faults.catalogue import LOST, SLOW, SPOILED, UNANSWERED, a_share
from tests.security.faults.proxy import Fault, FaultProxy
from tests.security.faults.sequences import strangers_in
from tests.session.machine import Machine
from tests.session.machine import machine as machine
from tui_auth.auth import gateway

Record = Callable[[str, object], None]

COMMANDS: dict[str, tuple[Sequence[str], int]] = {
    "a refresh": (("token", "--force-refresh", "--login", "never"), 0),
    "an identity": (("aws-credentials", "--format", "json", "--login", "never"), 0),
    "AWS credentials": (("aws-credentials", "--format", "json", "--login", "never"), 1),
    "a look": (("status", "--online", "--json"), 0),
    "a sign-out": (("sign-out",), 0),
}
"""The words of each command, and how many calls pass before the one that meets the fault."""

STATUSES = {
    "a refresh": (5, 7),
    "an identity": (3, 5, 7),
    "AWS credentials": (3, 5, 7),
    "a look": (0, 5, 7),
    "a sign-out": (5, 7),
}
"""The exit statuses that no answer, and a refusal that proves nothing about the session, may lead to."""


class Shell:
    """A person's shell at a pool behind the proxy."""

    def __init__(self, machine: Machine, proxy: FaultProxy) -> None:
        self.machine, self.proxy = machine, proxy
        choice = replace(machine.with_identity_pool(machine.client()), endpoint_url=proxy.url)
        self.choice, self.user = choice, machine.user()

    def run(self, name: str, fault: Fault) -> subprocess.CompletedProcess[str]:
        """Run a command from a fresh session, with the fault in its way."""
        words, after = COMMANDS[name]
        self.machine.sign_in(self.choice, self.user)
        deadline = 0.7 if fault.name in SLOW else 30.0
        with self.proxy.armed(fault, after=after), pytest.MonkeyPatch.context() as patch:
            patch.setattr(gateway, "DEADLINE_SECONDS", deadline)
            return self.machine.run(*words)

    def still_works(self) -> bool:
        """Whether the session gives a token that the pool takes, once nothing is in the way."""
        ran = self.machine.run("token", "--login", "never")
        return ran.returncode == 0 and self.machine.accepts(ran.stdout.strip())


@pytest.fixture
def shell(machine: Machine) -> Iterator[Shell]:
    """The shell, and the proxy before that machine's pool."""
    with FaultProxy(machine.server.endpoint_url) as proxy:
        yield Shell(machine, proxy)


def spoken(ran: subprocess.CompletedProcess[str]) -> list[str]:
    """What is wrong with what a command said, whatever it met."""
    wrong = strangers_in(ran.stdout) + strangers_in(ran.stderr)
    wrong += ["Traceback"] * ("Traceback" in ran.stderr) + ["a fault of its own"] * (ran.returncode == 1)
    return wrong + ["said too much"] * (len(ran.stderr) > 1000 or ran.stderr.count("\n") > 2)


def are_credentials(machine: Machine, text: str) -> bool:
    """Whether this is AWS's JSON of temporary credentials, each a plain word, with a time to come."""
    value = json.loads(text)
    words = [value[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    return all(re.fullmatch(r"[\w+/=-]+", word) for word in words) and bool(value["Expiration"])


def tells_a_session(machine: Machine, text: str) -> bool:
    """Whether this is the status of that session, of whom nobody else has a say."""
    value = json.loads(text)
    return bool(value["signed_in"]) and value["username"] == "ann"


IS_GOOD: dict[str, Callable[[Machine, str], bool]] = {
    "a refresh": lambda machine, text: machine.accepts(text.strip()),
    "an identity": are_credentials,
    "AWS credentials": are_credentials,
    "a look": tells_a_session,
    "a sign-out": lambda machine, text: text == "",
}
"""What a command that ends with 0 may have printed, however the pool lied to it."""


@pytest.mark.parametrize("name", COMMANDS)
def test_lost_answer_is_one_line_and_keeps_the_session(
    name: str, shell: Shell, record_property: Record
) -> None:
    machine, proxy, failed = shell.machine, shell.proxy, []
    faults = a_share(UNANSWERED, name, COMMANDS, thinned=2)
    for fault in faults:
        met = proxy.met
        ran = shell.run(name, fault)
        wrong = spoken(ran) + ["not met"] * (proxy.met != met + 1)
        wrong += [f"status {ran.returncode}"] * (ran.returncode not in STATUSES[name])
        wrong += ["printed something"] * bool(ran.stdout and name != "a look")
        if name == "a sign-out":
            wrong += ["not forgotten"] * bool(list(machine.state.glob("?" * 64 + ".json")))
        elif not shell.still_works():
            wrong.append("the session is gone")
        wrong += ["not said"] * (ran.returncode != 0 and not ran.stderr)
        wrong += ["not said that none came"] * (fault.name in LOST and "No answer came" not in ran.stderr)
        if wrong:
            failed.append(f"{fault.name}: {wrong} {ran.stderr[-300:]}")
    record_property("cases", ("fault matrix, session commands", "commands", len(faults), len(failed)))
    assert not failed, "\n".join(failed)
    assert proxy.strangers == 0, "a redirect was followed"


@pytest.mark.parametrize("name", COMMANDS)
def test_forged_reply_never_yields_usable_credentials(
    name: str, shell: Shell, record_property: Record
) -> None:
    machine, failed = shell.machine, []
    faults = a_share(SPOILED, name, COMMANDS, thinned=2)
    for fault in faults:
        met = shell.proxy.met
        ran = shell.run(name, fault)
        wrong = spoken(ran) + ["not met"] * (shell.proxy.met != met + 1)
        wrong += [f"status {ran.returncode}"] * (ran.returncode not in (0, *STATUSES[name]))
        if ran.returncode != 0:
            wrong += ["printed something"] * bool(ran.stdout and name != "a look")
        elif not IS_GOOD[name](machine, ran.stdout):
            wrong.append("printed what is of no use")
        if wrong:
            failed.append(f"{fault.name}: {wrong} {ran.returncode} {ran.stdout[-200:]} {ran.stderr[-300:]}")
    record_property("cases", ("fault matrix, session commands", "commands", len(faults), len(failed)))
    assert not failed, "\n".join(failed)
