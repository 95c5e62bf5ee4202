"""``tui-auth kube-credential``: the ExecCredential for kubectl's exec entry."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.programs import TerminalProgram
from tests.session.machine import Machine, pool_flags
from tui_auth.session.fast_path import KUBERNETES_VERSIONS


def test_exec_credential_has_the_id_token_and_its_expiration(machine: Machine) -> None:
    session = machine.sign_in()
    result = machine.run("kube-credential")
    credential = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert (credential["apiVersion"], credential["kind"]) == (KUBERNETES_VERSIONS[0], "ExecCredential")
    assert credential["status"]["token"] == session.record.id_token.reveal()
    expires_at = datetime.strptime(credential["status"]["expirationTimestamp"], "%Y-%m-%dT%H:%M:%S%z")
    assert expires_at == datetime.fromtimestamp(session.record.id_expires_at, UTC)


def test_token_that_expires_soon_is_refreshed(machine: Machine) -> None:
    machine.sign_in(aged=3590)
    credential = json.loads(machine.run("kube-credential").stdout)
    assert credential["status"]["token"] == machine.read_session_file()["id_token"]
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
def test_api_version_is_the_one_kubectl_requests(machine: Machine, version: str) -> None:
    machine.sign_in()
    kubectl_request = json.dumps(
        {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    )
    result = machine.run("kube-credential", environ={"KUBERNETES_EXEC_INFO": kubectl_request})
    assert json.loads(result.stdout)["apiVersion"] == version


@pytest.mark.parametrize("kubectl_request", ["", "nonsense", "[]", '{"apiVersion": 7, "spec": 7}'])
def test_invalid_kubectl_request_is_ignored(machine: Machine, kubectl_request: str) -> None:
    machine.sign_in()
    result = machine.run("kube-credential", environ={"KUBERNETES_EXEC_INFO": kubectl_request})
    assert json.loads(result.stdout)["apiVersion"] == KUBERNETES_VERSIONS[0]


@pytest.mark.parametrize("interactive", [True, False])
def test_sign_in_opens_only_if_kubectl_allows_prompts(
    machine: Machine, terminal_program: TerminalProgram, interactive: bool
) -> None:
    kubectl_request = json.dumps({"spec": {"interactive": interactive}})
    arguments = ["kube-credential", *pool_flags(machine.create_client()), "--plain"]
    environment = {"KUBERNETES_EXEC_INFO": kubectl_request}
    with terminal_program.on_a_terminal(
        *arguments, stdout=machine.home / "out", variables=environment
    ) as program:
        if interactive:
            program.wait_for("Username:")
        else:
            assert program.wait_exit() == 4
