"""The doctor's checks with scripted Cognito replies and with settings of the machine."""

from __future__ import annotations

import errno
import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from botocore.utils import get_environ_proxies

from tests.error_texts import INTERNAL_ERROR, TOO_MANY_REQUESTS
from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.cli.commands import doctor
from tui_auth.cli.commands.doctor import check_network, exit_status
from tui_auth.cli.machine_checks import Finding, Level, check_machine
from tui_auth.config.profile_editor import add_profile
from tui_auth.config.resolver import ResolvedPool
from tui_auth.endpoint import cognito_url
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

ALLOWED = challenge("PASSWORD_VERIFIER")
FIREWALL = error_from_response("ForbiddenException", "Request not allowed due to WAF block.")
TOO_MANY = error_from_response("TooManyRequestsException", "Too many requests")
INTERNAL = error_from_response("InternalErrorException", "An internal error occurred.")
NO_TRIGGERS = error_from_response(
    "InvalidLambdaResponseException", "Custom auth lambda trigger is not configured."
)
NOT_ENABLED = "{} flow not enabled for this client"


def build_flow_error(flow: str) -> AuthError:
    """Return the error for a flow that the app client doesn't allow."""
    return error_from_response("InvalidParameterException", NOT_ENABLED.format(flow))


def run_checks(
    monkeypatch: pytest.MonkeyPatch, *replies: Reply, auth_flow: str | None = None
) -> dict[str, Finding]:
    """Return the findings by subject for a pool with these replies to the probes."""
    monkeypatch.setattr(doctor, "fetch_keys", lambda url: {"keys": [{}]})
    choice = ResolvedPool("eu-west-1_Ab12Cd34E", "1example23456789", auth_flow=auth_flow)
    findings = doctor.check_pool(choice, ScriptedGateway(*replies), cognito_url("eu-west-1"))
    return {finding.subject: finding for finding in findings}


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (FIREWALL, 5, "The user pool's web firewall (AWS WAF) rejected the request."),
        (TOO_MANY, 8, TOO_MANY_REQUESTS),
        (INTERNAL, 5, INTERNAL_ERROR),
    ],
)
def test_unclear_answer_about_the_client_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, reply: AuthError, status: int, message: str
) -> None:
    findings = run_checks(monkeypatch, *[reply] * 4)
    assert findings["client"].level is Level.PROBLEM
    assert findings["client"].message.startswith("couldn't check if the app client exists: " + message)
    assert findings["client"].advice
    assert exit_status(list(findings.values())) == status


def test_unclear_answer_about_the_chosen_flow_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    findings = run_checks(monkeypatch, TOO_MANY, ALLOWED, ALLOWED, INTERNAL)
    assert findings["client"].level is Level.OK
    assert (findings["flow USER_SRP_AUTH"].level, findings["flow USER_SRP_AUTH"].status) == (Level.PROBLEM, 8)
    assert findings["flow CUSTOM_AUTH"] == Finding(
        "flow CUSTOM_AUTH", Level.NOTE, f"couldn't be checked: {INTERNAL_ERROR}"
    )
    assert exit_status(list(findings.values())) == 8


def test_suggested_flows_are_accepted_by_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [build_flow_error("USER_SRP_AUTH"), build_flow_error("USER_PASSWORD_AUTH")]
    advice = run_checks(monkeypatch, *errors, ALLOWED, ALLOWED)["flow USER_SRP_AUTH"].advice
    flows = advice.partition("--auth-flow: ")[2].rstrip(".").split(", ")
    assert flows == ["USER_AUTH", "CUSTOM_WITH_SRP", "CUSTOM_WITHOUT_SRP"]
    parser = ArgumentParser()
    doctor.add_arguments(parser)
    for flow in flows:
        assert parser.parse_args(["--auth-flow", flow]).auth_flow == flow


def test_flow_without_triggers_is_not_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [build_flow_error(flow) for flow in ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH")]
    findings = run_checks(monkeypatch, *errors, NO_TRIGGERS)
    assert findings["flow USER_SRP_AUTH"].advice.startswith("Add ALLOW_USER_SRP_AUTH to")
    assert "--auth-flow" not in findings["flow USER_SRP_AUTH"].advice
    findings = run_checks(monkeypatch, *errors[:2], ALLOWED, NO_TRIGGERS, auth_flow="CUSTOM_WITH_SRP")
    assert findings["flow CUSTOM_AUTH"].advice == (
        "Add the custom authentication triggers to the pool. "
        "Or use an allowed one with --auth-flow: USER_AUTH."
    )


SECRET_REJECTED = error_from_response("NotAuthorizedException", "Unable to verify secret hash for client 1")
SECRET_MISSING = error_from_response(
    "NotAuthorizedException", "Client 1 is configured with secret but SECRET_HASH was not received"
)
NO_SECRET = error_from_response("NotAuthorizedException", "Client 1 does not have a secret")


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ([SECRET_REJECTED, SECRET_MISSING], "the secret is wrong for this app client"),
        ([SECRET_REJECTED, ALLOWED], "this app client has none, so the secret must be left out"),
        (
            [SECRET_REJECTED, build_flow_error("USER_SRP_AUTH")],
            "this app client has none, so the secret must be left out",
        ),
        (
            [SECRET_REJECTED, TOO_MANY],
            "the secret is wrong, or this app client has none",
        ),
        ([NO_SECRET], "this app client has none, so the secret must be left out"),
    ],
)
def test_rejected_secret_is_wrong_or_unneeded(
    monkeypatch: pytest.MonkeyPatch, replies: list[Reply], message: str
) -> None:
    monkeypatch.setattr(doctor, "fetch_keys", lambda url: {"keys": [{}]})
    choice = ResolvedPool("eu-west-1_Ab12Cd34E", "1example23456789", Secret("s"))
    gateway = ScriptedGateway(*replies)
    finding = {
        finding.subject: finding for finding in doctor.check_pool(choice, gateway, cognito_url("eu-west-1"))
    }["secret"]
    assert (finding.level, finding.message) == (Level.PROBLEM, message)
    assert finding.advice
    assert not gateway.replies


PROXY, OTHER = "http://proxy.example:3128", "http://other.example:3128"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"HTTPS_PROXY": PROXY}, f"{PROXY} from HTTPS_PROXY"),
        ({"HTTPS_PROXY": OTHER, "https_proxy": PROXY}, f"{PROXY} from https_proxy"),
        ({"HTTPS_PROXY": PROXY, "https_proxy": ""}, "none"),
        ({"ALL_PROXY": PROXY}, "none: ALL_PROXY is ignored"),
        ({"HTTP_PROXY": PROXY}, "none"),
        (
            {"HTTPS_PROXY": PROXY, "NO_PROXY": ".amazonaws.com"},
            "none for cognito-idp.eu-west-1.amazonaws.com, because of NO_PROXY",
        ),
    ],
)
def test_reported_proxy_is_the_one_boto3_uses(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    url = cognito_url("eu-west-1")
    expected_proxy = get_environ_proxies(url).get("https")
    finding = next(iter(check_network(url)))
    assert (finding.subject, finding.message) == ("proxy", message)
    assert finding.message.startswith(str(expected_proxy)) is bool(expected_proxy)


def test_unreachable_pool_is_reported_with_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    error = AuthError(ErrorKind.NETWORK, "Cognito can't be reached: its name can't be resolved.", "Check it.")
    finding = run_checks(monkeypatch, error)["reachable"]
    assert (finding.status, finding.advice) == (7, "Check it.")
    assert (
        finding.message
        == "Cognito can't be reached: its name can't be resolved (cognito-idp.eu-west-1.amazonaws.com)."
    )


def test_no_proxy_is_used_for_a_local_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("http_proxy", PROXY)
    finding = next(iter(check_network("http://127.0.0.1:9229")))
    assert finding.message == "none: the endpoint is on this computer"


def test_folder_below_an_inaccessible_one_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inaccessible = tmp_path / "closed"
    inaccessible.mkdir()
    config = tmp_path / "config" / "tui-auth"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f'[profiles.a]\nclient_secret_file = "{inaccessible}/secret"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config.parent))
    monkeypatch.setenv("XDG_STATE_HOME", str(inaccessible / "state"))
    stat, open_file = os.stat, tempfile.TemporaryFile

    def deny_stat(path: Any, **settings: Any) -> os.stat_result:
        if str(path).startswith(f"{inaccessible}/"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **settings)

    def deny_file(**settings: Any) -> Any:
        if str(settings["dir"]).startswith(str(inaccessible)):
            raise PermissionError(errno.EACCES, "Permission denied")
        return open_file(**settings)

    monkeypatch.setattr(os, "stat", deny_stat)
    monkeypatch.setattr(tempfile, "TemporaryFile", deny_file)
    findings = {finding.subject: finding for finding in check_machine()}
    assert (findings["state folder"].level, findings["state folder"].status) == (Level.PROBLEM, 9)
    assert findings["state folder"].message == f"{inaccessible} isn't writable"
    assert findings["profiles"].message.startswith("1 in ")


@pytest.mark.parametrize("kind", ["the file", "the folder", "the secrets"])
def test_configuration_that_others_can_change_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = tmp_path / "tui-auth"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    ids = {"user_pool_id": "eu-west-1_Acme", "client_id": "c"}
    add_profile("acme", ids, client_secret=Secret("hunter2"))
    before = {finding.subject: finding for finding in check_machine()}
    assert {before[subject].level for subject in ("config folder", "profiles")} == {Level.OK}
    path = {"the file": folder / "config.toml", "the folder": folder, "the secrets": folder / "secrets"}[kind]
    path.chmod(0o777)
    problems = [finding for finding in check_machine() if finding.level is Level.PROBLEM]
    cure = f"chmod 700 {path}" if kind == "the secrets" else f"chmod go-w {path}"
    assert any(cure in finding.message for finding in problems)
    assert exit_status(problems) == 9


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a folder's owner")
def test_folder_that_root_must_not_create_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    os.chown(tmp_path, 12345, 12345)
    findings = {finding.subject: finding for finding in check_machine()}
    assert findings["state folder"].level is Level.PROBLEM
    assert f"{tmp_path} belongs to another user" in findings["state folder"].message
