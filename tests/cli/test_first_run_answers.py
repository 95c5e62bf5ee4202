"""The first run in line prompts with scripted answers: specified settings are tried first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_gateway import Reply, ScriptedGateway
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.config.profiles import load_profiles
from tui_auth.flow.first_run_flow import Candidate, FirstRunFlow, ShowPoolError
from tui_auth.plain.first_run import PlainFirstRun
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "1example23456789abcdefghij"
NO_USER = error_from_response("NotAuthorizedException", "Incorrect username or password.")
WRONG_SECRET = error_from_response("NotAuthorizedException", "Unable to verify secret hash for client 1")


class Script:
    """Line prompts with scripted answers."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []

    def say(self, text: str = "") -> None:
        """Record the text."""
        self.shown.append(text)

    def ask(self, prompt: str) -> str:
        """Return the next answer."""
        self.shown.append(prompt)
        return self.answers.pop(0)

    def wait(self, seconds: float) -> None:
        pass

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret:
        """Fail: the first run asks for no address."""
        raise AssertionError(prompt)

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret:
        """Fail: the first run waits for nothing."""
        raise AssertionError(prompt)

    def ask_secret(self, prompt: str) -> Secret:
        """Fail: the first run asks for no secret."""
        raise AssertionError(prompt)


class FirstRun:
    """A first run with its own home folder."""

    def __init__(self, home: Path, settings: Mapping[str, Any], *replies: Reply) -> None:
        self.environ = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
        self.gateway = ScriptedGateway(*replies)
        self.flow = FirstRunFlow(
            settings, lambda address: self.gateway, lambda url: {"keys": [{}]}, self.environ
        )

    def saved_settings(self, *answers: str) -> Mapping[str, Any]:
        """Answer the prompts and return the settings of the saved profile."""
        name = PlainFirstRun(Script(*answers), self.flow).run()
        return load_profiles(self.environ).profile(name).settings


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Return the path of a file with a client secret."""
    path = tmp_path / "secret"
    path.write_text("hunter2")
    return path


def test_specified_secret_and_auth_flow_are_tried_first(tmp_path: Path, secret: Path) -> None:
    settings = {"client_secret_file": str(secret), "auth_flow": "USER_PASSWORD_AUTH"}
    first_run = FirstRun(tmp_path, settings, NO_USER)
    saved = first_run.saved_settings(POOL, CLIENT, "")
    assert {name: saved[name] for name in settings} == settings
    parameters = first_run.gateway.calls[0][1]
    assert parameters["AuthFlow"] == "USER_PASSWORD_AUTH"
    assert parameters["AuthParameters"]["SECRET_HASH"]


def test_back_discards_the_specified_secret_file(tmp_path: Path, secret: Path) -> None:
    first_run = FirstRun(tmp_path, {"client_secret_file": str(secret)}, WRONG_SECRET, NO_USER)
    saved = first_run.saved_settings(POOL, CLIENT, "/back", "", "", "")
    assert "client_secret_file" not in saved
    assert first_run.gateway.calls[1][1]["AuthParameters"]["SECRET_HASH"] is None


def test_unknown_home_folder_is_a_secret_file_error(tmp_path: Path) -> None:
    result = FirstRun(tmp_path, {}).flow.run_trial(Candidate(POOL, CLIENT, "~nosuchuser/secret"))
    assert isinstance(result, ShowPoolError)
    assert (result.field, result.error.text) == (
        "secret",
        "The secret's file: the user after ~ doesn't exist. Use the full path.",
    )


def test_profile_for_a_browser_has_its_domain_and_needs_no_flow_of_the_api(
    tmp_path: Path,
) -> None:
    refusal = error_from_response(
        "InvalidParameterException", "USER_SRP_AUTH flow not enabled for this client"
    )
    browser = {"auth_flow": "BROWSER", "domain": "https://login.example.com", "provider": "AcmeSSO"}
    first_run = FirstRun(tmp_path, browser, refusal)
    settings = first_run.saved_settings("eu-west-1_Acme1", "1example23456789", "", "acme")
    assert {name: settings[name] for name in browser} == browser
    assert first_run.gateway.operations == ["InitiateAuth"]
    assert first_run.gateway.calls[0][1]["AuthFlow"] == "USER_SRP_AUTH"
