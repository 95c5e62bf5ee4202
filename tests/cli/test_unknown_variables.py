"""Unknown variables that begin with TUI_AUTH_: one warning, with the closest known name."""

from __future__ import annotations

import pytest

from tests.programs import Program

IDS = {"TUI_AUTH_USER_POOL_ID": "eu-west-1_Ab12", "TUI_AUTH_CLIENT_ID": "1example"}


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("TUI_AUTH_POOL_ID", "TUI_AUTH_USER_POOL_ID"),
        ("TUI_AUTH_PROFIL", "TUI_AUTH_PROFILE"),
        ("TUI_AUTH_CLIENT_SECRET", "TUI_AUTH_CLIENT_SECRET_FILE"),
        ("TUI_AUTH_THEEM", "TUI_AUTH_THEME"),
        ("TUI_AUTH_ENDPOINT", "TUI_AUTH_ENDPOINT_URL"),
        ("TUI_AUTH_client_id", "TUI_AUTH_CLIENT_ID"),
    ],
)
@pytest.mark.parametrize("command", [("profile", "show"), ("token", "--login", "never"), ("status",)])
def test_unknown_variable_suggests_the_closest_one_without_its_value(
    program: Program, command: tuple[str, ...], name: str, suggestion: str
) -> None:
    result = program.run(*command, **{name: "hunter2-hunter2"})
    assert "hunter2" not in result.stdout + result.stderr
    line = f"tui-auth: tui-auth has no variable {name}. Did you mean {suggestion}?"
    assert result.stderr.splitlines().count(line) == 1, result.stderr


def test_unknown_variable_without_a_close_match_is_reported(program: Program) -> None:
    result = program.run("profile", "show", "--json", **IDS, TUI_AUTH_XYZZY="1")
    assert result.returncode == 0
    assert result.stderr == "tui-auth: tui-auth has no variable TUI_AUTH_XYZZY, so it was ignored.\n"


def test_control_characters_in_a_variable_name_are_made_visible(program: Program) -> None:
    result = program.run("profile", "show", **IDS, **{"TUI_AUTH_\x1b]0;x\x07": "1"})
    assert "\x1b" not in result.stderr
    assert "tui-auth has no variable" in result.stderr


def test_known_and_empty_variables_are_not_reported(program: Program) -> None:
    known = {
        "TUI_AUTH_PROFILE": "",
        "TUI_AUTH_THEME": "dark",
        "TUI_AUTH_PLAIN": "1",
        "TUI_AUTH_STORAGE": "none",
    }
    result = program.run("profile", "show", "--json", **IDS, **known, TUI_AUTH_TYPO="")
    assert (result.returncode, result.stderr) == (0, "")
    assert program.run("profile", "show", "--help", TUI_AUTH_TYPO="x").stderr == ""
