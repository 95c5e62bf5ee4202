"""What the doctor makes of answers that no pool on this machine gives, and of this machine's settings."""

from __future__ import annotations

import errno
import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from botocore.utils import get_environ_proxies

from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.commands import doctor
from tui_auth.commands.doctor import pool_checks
from tui_auth.commands.doctor.findings import Finding, Mark, status_of
from tui_auth.commands.doctor.machine_checks import check_machine
from tui_auth.commands.doctor.way_checks import AWS, check_way
from tui_auth.config.pool_choice import PoolChoice
from tui_auth.secret import Secret

ALLOWED = challenge("PASSWORD_VERIFIER")
FIREWALL = error_from_response("ForbiddenException", "Request not allowed due to WAF block.")
TOO_MANY = error_from_response("TooManyRequestsException", "Too many requests")
INTERNAL = error_from_response("InternalErrorException", "An internal error occurred.")
NO_TRIGGERS = error_from_response(
    "InvalidLambdaResponseException", "Custom auth lambda trigger is not configured."
)
NOT_ENABLED = "{} flow not enabled for this client"


def not_allowed(flow: str) -> AuthError:
    """The refusal of a flow that the app client does not have."""
    return error_from_response("InvalidParameterException", NOT_ENABLED.format(flow))


def examined(
    monkeypatch: pytest.MonkeyPatch, *replies: Reply, auth_flow: str | None = None
) -> dict[str, Finding]:
    """What is found in a pool that answers so to each of the flows in turn."""
    monkeypatch.setattr(pool_checks, "fetch_keys", lambda url: {"keys": [{}]})
    choice = PoolChoice("eu-west-1_Ab12Cd34E", "1example23456789", auth_flow=auth_flow)
    findings = pool_checks.check_pool(choice, ScriptedGateway(*replies), AWS.format("eu-west-1"))
    return {finding.about: finding for finding in findings}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (FIREWALL, 5, "A firewall before the pool refused the request."),
        (TOO_MANY, 8, "Cognito is asked too often just now."),
        (INTERNAL, 5, "Cognito had an error of its own."),
    ],
)
def test_a_client_that_no_answer_tells_of_is_not_in_order(
    monkeypatch: pytest.MonkeyPatch, answer: AuthError, status: int, said: str
) -> None:
    found = examined(monkeypatch, *[answer] * 4)
    assert found["client"].mark is Mark.WRONG
    assert found["client"].says.startswith("whether there is such an app client could not be told: " + said)
    assert found["client"].do
    assert status_of(found.values()) == status


def test_the_flow_that_is_used_is_not_in_order_where_it_cannot_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = examined(monkeypatch, TOO_MANY, ALLOWED, ALLOWED, INTERNAL)
    assert found["client"].mark is Mark.OK
    assert (found["flow USER_SRP_AUTH"].mark, found["flow USER_SRP_AUTH"].status) == (Mark.WRONG, 8)
    assert found["flow CUSTOM_AUTH"] == Finding(
        "flow CUSTOM_AUTH", Mark.NOTE, "could not be told: Cognito had an error of its own."
    )
    assert status_of(found.values()) == 8


def test_the_flows_that_are_offered_instead_are_words_of_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = [not_allowed("USER_SRP_AUTH"), not_allowed("USER_PASSWORD_AUTH")]
    cure = examined(monkeypatch, *refused, ALLOWED, ALLOWED)["flow USER_SRP_AUTH"].do
    offered = cure.partition("--auth-flow: ")[2].rstrip(".").split(", ")
    assert offered == ["USER_AUTH", "CUSTOM_WITH_SRP", "CUSTOM_WITHOUT_SRP"]
    parser = ArgumentParser()
    doctor.add_arguments(parser)
    for word in offered:
        assert parser.parse_args(["--auth-flow", word]).auth_flow == word


def test_a_flow_without_questions_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = [not_allowed(flow) for flow in ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH")]
    found = examined(monkeypatch, *refused, NO_TRIGGERS)
    assert found["flow USER_SRP_AUTH"].do.endswith("add ALLOW_USER_SRP_AUTH.")
    found = examined(monkeypatch, *refused[:2], ALLOWED, NO_TRIGGERS, auth_flow="CUSTOM_WITH_SRP")
    assert found["flow CUSTOM_AUTH"].do == (
        "Give the pool its Lambda triggers. Or choose one it allows with --auth-flow: USER_AUTH."
    )


SECRET_REFUSED = error_from_response("NotAuthorizedException", "Unable to verify secret hash for client 1")
SECRET_MISSING = error_from_response(
    "NotAuthorizedException", "Client 1 is configured with secret but SECRET_HASH was not received"
)
NO_SECRET = error_from_response("NotAuthorizedException", "Client 1 does not have a secret")


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([SECRET_REFUSED, SECRET_MISSING], "the one that is given is not this app client's"),
        ([SECRET_REFUSED, ALLOWED], "this app client takes none; the one that is given is not wanted"),
        (
            [SECRET_REFUSED, not_allowed("USER_SRP_AUTH")],
            "this app client takes none; the one that is given is not wanted",
        ),
        (
            [SECRET_REFUSED, TOO_MANY],
            "either the one that is given is not this app client's, or this app client takes none",
        ),
        ([NO_SECRET], "this app client takes none; the one that is given is not wanted"),
    ],
)
def test_a_refused_secret_is_wrong_or_not_wanted_as_far_as_the_answers_tell(
    monkeypatch: pytest.MonkeyPatch, answers: list[Reply], says: str
) -> None:
    monkeypatch.setattr(pool_checks, "fetch_keys", lambda url: {"keys": [{}]})
    choice = PoolChoice("eu-west-1_Ab12Cd34E", "1example23456789", Secret("s"))
    gateway = ScriptedGateway(*answers)
    found = {
        finding.about: finding for finding in pool_checks.check_pool(choice, gateway, AWS.format("eu-west-1"))
    }["secret"]
    assert (found.mark, found.says) == (Mark.WRONG, says)
    assert found.do
    assert not gateway.replies


PROXY, OTHER = "http://proxy.example:3128", "http://other.example:3128"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"HTTPS_PROXY": PROXY}, f"{PROXY} from HTTPS_PROXY"),
        ({"HTTPS_PROXY": OTHER, "https_proxy": PROXY}, f"{PROXY} from https_proxy"),
        ({"HTTPS_PROXY": PROXY, "https_proxy": ""}, "none set"),
        ({"ALL_PROXY": PROXY}, "none: ALL_PROXY is not used here"),
        ({"HTTP_PROXY": PROXY}, "none set"),
        (
            {"HTTPS_PROXY": PROXY, "NO_PROXY": ".amazonaws.com"},
            "none for cognito-idp.eu-west-1.amazonaws.com, as NO_PROXY says",
        ),
    ],
)
def test_the_proxy_that_is_told_is_the_one_that_boto3_takes(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    url = AWS.format("eu-west-1")
    taken = get_environ_proxies(url).get("https")
    found = next(iter(check_way(url)))
    assert (found.about, found.says) == ("proxy", says)
    assert found.says.startswith(str(taken)) is bool(taken)


def test_a_pool_that_is_not_reached_is_named_by_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    down = AuthError(ErrorKind.NETWORK, "Cognito cannot be reached: its name is not found.", "Check it.")
    found = examined(monkeypatch, down)["reachable"]
    assert (found.status, found.do) == (7, "Check it.")
    assert (
        found.says
        == "Cognito cannot be reached: its name is not found (cognito-idp.eu-west-1.amazonaws.com)."
    )


def test_no_proxy_is_asked_for_a_pool_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("http_proxy", PROXY)
    found = next(iter(check_way("http://127.0.0.1:9229")))
    assert found.says == "none: the endpoint is on this machine"


def test_a_folder_below_one_that_may_not_be_entered_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    config = tmp_path / "config" / "tui-auth"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f'[profiles.a]\nclient_secret_file = "{closed}/secret"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config.parent))
    monkeypatch.setenv("XDG_STATE_HOME", str(closed / "state"))
    stat, open_file = os.stat, tempfile.TemporaryFile

    def guarded_stat(path: Any, **settings: Any) -> os.stat_result:
        if str(path).startswith(f"{closed}/"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **settings)

    def guarded_file(**settings: Any) -> Any:
        if str(settings["dir"]).startswith(str(closed)):
            raise PermissionError(errno.EACCES, "Permission denied")
        return open_file(**settings)

    monkeypatch.setattr(os, "stat", guarded_stat)
    monkeypatch.setattr(tempfile, "TemporaryFile", guarded_file)
    found = {finding.about: finding for finding in check_machine()}
    assert (found["state folder"].mark, found["state folder"].status) == (Mark.WRONG, 9)
    assert found["state folder"].says == f"{closed} cannot be written"
    assert found["profiles"].says.startswith("1 in ")
