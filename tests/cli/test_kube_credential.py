"""``tui-auth kube-credential``: what kubectl's exec entry reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.programs import TerminalProgram
from tests.session.machine import Machine, flags
from tui_auth.cli.commands.kube_credential import VERSIONS


def test_it_is_an_exec_credential_with_the_id_token_and_its_expiry(machine: Machine) -> None:
    kept = machine.sign_in()
    ran = machine.run("kube-credential")
    credential = json.loads(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (credential["apiVersion"], credential["kind"]) == (VERSIONS[0], "ExecCredential")
    assert credential["status"]["token"] == kept.record.id_token.reveal()
    expires_at = datetime.strptime(credential["status"]["expirationTimestamp"], "%Y-%m-%dT%H:%M:%S%z")
    assert expires_at == datetime.fromtimestamp(kept.record.id_expires_at, UTC)


def test_a_token_that_has_nearly_run_out_is_renewed(machine: Machine) -> None:
    machine.sign_in(aged=3590)
    credential = json.loads(machine.run("kube-credential").stdout)
    assert credential["status"]["token"] == machine.stored()["id_token"]
    assert len(machine.asked("GetTokensFromRefreshToken")) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_it_speaks_the_version_that_kubectl_asks_for(machine: Machine, version: str) -> None:
    machine.sign_in()
    asked = json.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}})
    ran = machine.run("kube-credential", environ={"KUBERNETES_EXEC_INFO": asked})
    assert json.loads(ran.stdout)["apiVersion"] == version


@pytest.mark.parametrize("asked", ["", "nonsense", "[]", '{"apiVersion": 7, "spec": 7}'])
def test_what_cannot_be_understood_does_no_harm(machine: Machine, asked: str) -> None:
    machine.sign_in()
    ran = machine.run("kube-credential", environ={"KUBERNETES_EXEC_INFO": asked})
    assert json.loads(ran.stdout)["apiVersion"] == VERSIONS[0]


@pytest.mark.parametrize("interactive", [True, False])
def test_it_asks_on_the_terminal_only_where_kubectl_lets_it(
    machine: Machine, terminal_program: TerminalProgram, interactive: bool
) -> None:
    asked = json.dumps({"spec": {"interactive": interactive}})
    arguments = ["kube-credential", *flags(machine.client()), "--plain"]
    environment = {"KUBERNETES_EXEC_INFO": asked}
    with terminal_program.on_a_terminal(
        *arguments, stdout=machine.home / "out", variables=environment
    ) as program:
        if interactive:
            program.wait_for("Username:")
        else:
            assert program.wait_exit() == 4
