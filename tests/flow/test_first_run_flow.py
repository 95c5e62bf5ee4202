"""FirstRunFlow: IDs, trial, auth flow, client secret and the saved profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.tokens import KeysUnreachableError
from tui_auth.config.profiles import load_profiles
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.flow.first_run_flow import (
    FLOWS,
    NO_AUTH_FLOW,
    AskAuthFlow,
    AskName,
    AskSecret,
    FirstRunFlow,
    FirstRunOutput,
    ProfileSaved,
    RunTrial,
    ShowPoolError,
    find_id_error,
    find_secret_path_error,
)
from tui_auth.flow.interface import INTERNAL_ERROR

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "1example23456789abcdefghij"
NO_USER = error_from_response("NotAuthorizedException", "Incorrect username or password.")
NOT_ENABLED = error_from_response("InvalidParameterException", "The flow is not enabled for this client")
NO_SECRET = error_from_response(
    "NotAuthorizedException", "Client 1 is configured with secret but SECRET_HASH was not received"
)
WRONG_SECRET = error_from_response("NotAuthorizedException", "Unable to verify secret hash for client 1")


class DrivenFirstRun(FirstRunFlow):
    """A first run with its own home folder, whose trials run synchronously."""

    def __init__(
        self,
        home: Path,
        *replies: Reply,
        settings: Mapping[str, Any] | None = None,
        keys_error: Exception | None = None,
    ) -> None:
        self.gateway = ScriptedGateway(*replies)
        self.environ = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}

        def fetch_signing_keys(url: str) -> object:
            if keys_error:
                raise keys_error
            return {"keys": [{}]}

        super().__init__(settings or {}, lambda address: self.gateway, fetch_signing_keys, self.environ)

    def run(self, output: FirstRunOutput | None) -> FirstRunOutput | None:
        """Run a trial and return the output."""
        return self.receive(output.run()) if isinstance(output, RunTrial) else output

    def profile(self, name: str) -> dict[str, Any]:
        """Return the settings of a saved profile."""
        return dict(load_profiles(self.environ).profile(name).settings)

    @property
    def flows_tried(self) -> list[str]:
        """The AuthFlow of each call."""
        return [parameters["AuthFlow"] for _, parameters in self.gateway.calls]


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    """Return the path of a file with a client secret."""
    path = tmp_path / "secret"
    path.write_text("hunter2")
    return str(path)


def test_working_pool_is_saved_as_a_profile(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, challenge("PASSWORD_VERIFIER"))
    output = flow.run(flow.submit(POOL, CLIENT))
    assert isinstance(output, AskName)
    assert "Your password is never sent" in output.text
    assert flow.save_as(flow.suggest_profile_name()) == ProfileSaved("main")
    assert flow.profile("main") == {"user_pool_id": POOL, "client_id": CLIENT}
    assert flow.suggest_profile_name() == "main-2"


def test_trials_are_in_the_call_trace(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, NOT_ENABLED, challenge("PASSWORD_VERIFIER"))
    flow.run(flow.submit(POOL, CLIENT))
    flow.run(flow.submit(POOL, CLIENT))
    assert [len(call.operations) for call in flow.trace.calls] == [1, 1]
    assert POOL not in repr(flow.trace.calls)


def test_nothing_is_saved_before_a_successful_trial(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, NO_USER)
    assert flow.save_as("main") is None
    flow.submit(POOL, CLIENT)
    assert flow.save_as("main") is None


def test_invalid_profile_name_is_asked_for_again(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, NO_USER)
    flow.run(flow.submit(POOL, CLIENT))
    output = flow.save_as("not a name")
    assert isinstance(output, ShowPoolError)
    assert output.field == "name"
    assert flow.save_as("acme") == ProfileSaved("acme")


def test_rejected_auth_flow_leaves_the_others(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, NOT_ENABLED, NOT_ENABLED, NO_USER)
    first = flow.run(flow.submit(POOL, CLIENT))
    assert isinstance(first, AskAuthFlow)
    assert first.flows == tuple(FLOWS)[1:]
    second = flow.run(flow.auth_flow_selected("USER_AUTH"))
    assert isinstance(second, AskAuthFlow)
    assert "USER_AUTH" not in second.flows
    assert isinstance(flow.run(flow.auth_flow_selected("CUSTOM_WITHOUT_SRP")), AskName)
    flow.save_as("main")
    assert flow.profile("main")["auth_flow"] == "CUSTOM_WITHOUT_SRP"
    assert flow.flows_tried == ["USER_SRP_AUTH", "USER_AUTH", "CUSTOM_AUTH"]


def test_client_without_any_auth_flow_is_an_error(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, *[NOT_ENABLED] * len(FLOWS))
    output = flow.run(flow.submit(POOL, CLIENT))
    while isinstance(output, AskAuthFlow):
        output = flow.run(flow.auth_flow_selected(output.flows[0]))
    assert isinstance(output, ShowPoolError)
    assert (output.error.text, output.field) == (NO_AUTH_FLOW, "client")


@pytest.mark.parametrize("goes_back", [True, False])
def test_selected_auth_flow_is_reset_for_another_client(tmp_path: Path, goes_back: bool) -> None:
    flow = DrivenFirstRun(tmp_path, NOT_ENABLED, NO_USER, NO_USER)
    flow.run(flow.submit(POOL, CLIENT))
    flow.run(flow.auth_flow_selected("USER_AUTH"))
    if goes_back:
        flow.back()
    flow.run(flow.submit(POOL, CLIENT if goes_back else f"{CLIENT}2"))
    assert flow.flows_tried[-1] == "USER_SRP_AUTH"


def test_same_ids_are_tried_with_the_selected_auth_flow(tmp_path: Path) -> None:
    lost = AuthError(ErrorKind.NETWORK, "Cognito can't be reached.", "Try again.")
    flow = DrivenFirstRun(tmp_path, NOT_ENABLED, lost, NO_USER)
    flow.run(flow.submit(POOL, CLIENT))
    output = flow.run(flow.auth_flow_selected("USER_AUTH"))
    assert isinstance(output, ShowPoolError)
    assert output.field == "client"
    flow.run(flow.submit(POOL, CLIENT))
    assert flow.flows_tried[-1] == "USER_AUTH"


def test_client_with_a_secret_asks_for_the_secret_file(tmp_path: Path, secret_file: str) -> None:
    flow = DrivenFirstRun(tmp_path, NO_SECRET, WRONG_SECRET, NO_USER)
    assert isinstance(flow.run(flow.submit(POOL, CLIENT)), AskSecret)
    wrong = flow.run(flow.submit(POOL, CLIENT, secret_file))
    assert isinstance(wrong, ShowPoolError)
    assert wrong.field == "secret"
    assert flow.secret_file == secret_file
    assert isinstance(flow.run(flow.submit(POOL, CLIENT, secret_file)), AskName)
    flow.save_as("main")
    assert flow.profile("main")["client_secret_file"] == secret_file


def test_unreadable_secret_file_sends_no_request(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path)
    output = flow.run(flow.submit(POOL, CLIENT, str(tmp_path / "missing")))
    assert isinstance(output, ShowPoolError)
    assert output.field == "secret"
    assert flow.gateway.calls == []


def test_pool_without_signing_keys_does_not_exist(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, NO_USER, keys_error=KeysUnreachableError("none", 400))
    output = flow.run(flow.submit(POOL, CLIENT))
    assert isinstance(output, ShowPoolError)
    assert output.field == "pool"


def test_internal_error_shows_no_value(tmp_path: Path) -> None:
    flow = DrivenFirstRun(tmp_path, KeyError("hunter2"))
    output = flow.run(flow.submit(POOL, CLIENT))
    assert isinstance(output, ShowPoolError)
    assert output.error.text == INTERNAL_ERROR


def test_specified_settings_are_tried_and_saved(tmp_path: Path) -> None:
    settings = {"auth_flow": "USER_PASSWORD_AUTH", "region": "eu-west-1"}
    flow = DrivenFirstRun(tmp_path, NO_USER, settings=settings)
    flow.run(flow.submit(POOL, CLIENT))
    flow.save_as("main")
    assert flow.flows_tried == ["USER_PASSWORD_AUTH"]
    assert flow.profile("main")["region"] == "eu-west-1"


def test_invalid_ids_and_paths_have_an_error() -> None:
    assert find_id_error("user_pool_id", POOL) == find_secret_path_error("secret") == ""
    assert find_id_error("user_pool_id", "junk")
    assert find_secret_path_error("1abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop")
