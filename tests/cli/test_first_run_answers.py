"""The first run at line prompts, its answers scripted: what flags and variables named is tried first."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Lines that are answered from a script, and what was said and asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []

    def say(self, text: str = "") -> None:
        """Note it."""
        self.shown.append(text)

    def ask(self, prompt: str) -> str:
        """The next answer."""
        self.shown.append(prompt)
        return self.answers.pop(0)

    def wait(self, seconds: float) -> None:
        pass

    def ask_secret(self, prompt: str) -> Secret:
        """No secret is asked for."""
        raise AssertionError(prompt)


class FirstRun:
    """One first run in a home of its own."""

    def __init__(self, home: Path, named: Mapping[str, Any], *replies: Reply) -> None:
        self.environ = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
        self.gateway = ScriptedGateway(*replies)
        self.flow = FirstRunFlow(
            named, lambda address: self.gateway, lambda url: {"keys": [{}]}, self.environ
        )

    def kept(self, *answers: str) -> Mapping[str, Any]:
        """The settings of the profile that is kept when the questions are answered so."""
        name = PlainFirstRun(Script(*answers), self.flow).run()
        return load_profiles(self.environ).profile(name).settings


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with a secret."""
    path = tmp_path / "secret"
    path.write_text("hunter2")
    return path


def test_a_secret_and_a_flow_that_were_named_are_tried_first(tmp_path: Path, secret: Path) -> None:
    named = {"client_secret_file": str(secret), "auth_flow": "USER_PASSWORD_AUTH"}
    run = FirstRun(tmp_path, named, NO_USER)
    kept = run.kept(POOL, CLIENT, "")
    assert {name: kept[name] for name in named} == named
    asked = run.gateway.calls[0][1]
    assert asked["AuthFlow"] == "USER_PASSWORD_AUTH"
    assert asked["AuthParameters"]["SECRET_HASH"]


def test_a_secret_that_was_named_is_left_behind_on_the_way_back(tmp_path: Path, secret: Path) -> None:
    run = FirstRun(tmp_path, {"client_secret_file": str(secret)}, WRONG_SECRET, NO_USER)
    kept = run.kept(POOL, CLIENT, "/back", "", "", "")
    assert "client_secret_file" not in kept
    assert run.gateway.calls[1][1]["AuthParameters"]["SECRET_HASH"] is None


def test_the_home_of_nobody_is_said_and_no_fault_of_the_program(tmp_path: Path) -> None:
    outcome = FirstRun(tmp_path, {}).flow.run_trial(Candidate(POOL, CLIENT, "~nosuchuser/secret"))
    assert isinstance(outcome, ShowPoolError)
    assert (outcome.field, outcome.error.text) == (
        "secret",
        "The secret's file: the user after ~ is not known. Write the whole path.",
    )
