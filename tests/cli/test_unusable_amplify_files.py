"""Amplify files that can't be used are reported with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import DATA, Program, TerminalProgram

Prepare = Callable[[Path], object]
ADVICE = "Generate it again with Amplify, or specify the pool with flags or a profile."


def truncate_before(name: str, marker: str) -> Prepare:
    """Return a function that writes a sample Amplify file truncated before a marker."""
    return lambda folder: (folder / name).write_text((DATA / name).read_text().partition(marker)[0])


def link_to_missing_file(folder: Path) -> None:
    """Create a symbolic link to a missing file."""
    (folder / "amplify_outputs.json").symlink_to(folder / "gone.json")


CASES = [
    pytest.param(
        lambda folder: os.mkfifo(folder / "amplify_outputs.json"),
        "~/project/amplify_outputs.json is not a regular file and was ignored.",
        id="a FIFO",
    ),
    pytest.param(
        lambda folder: (folder / "amplifyconfiguration.json").mkdir(),
        "~/project/amplifyconfiguration.json is a folder and was ignored.",
        id="a folder",
    ),
    pytest.param(
        link_to_missing_file,
        "~/project/amplify_outputs.json is a broken link and was ignored.",
        id="a dangling link",
    ),
    pytest.param(
        lambda folder: (folder / "amplify_outputs.json").write_text('{"version": "1", "storage": {}}'),
        "~/project/amplify_outputs.json specifies no user pool: it has no auth.user_pool_id. It was ignored.",
        id="outputs without auth",
    ),
    pytest.param(
        lambda folder: (folder / "amplify_outputs.json").write_text('{"auth": ["user_pool_id"]}'),
        "~/project/amplify_outputs.json specifies no user pool: it has no auth.user_pool_id. It was ignored.",
        id="auth is not an object",
    ),
    pytest.param(
        lambda folder: (folder / "aws-exports.js").write_text("export default {}\n"),
        "~/project/aws-exports.js specifies no user pool: it has no aws_user_pools_id. It was ignored.",
        id="exports without a pool",
    ),
    pytest.param(
        lambda folder: (folder / "amplify_outputs.json").write_text(
            '{"auth": {"user_pool_id": "", "user_pool_client_id": ""}}'
        ),
        "~/project/amplify_outputs.json specifies no user pool: its ID is empty. It was ignored.",
        id="outputs with empty IDs",
    ),
]


@pytest.mark.parametrize(("prepare", "message"), CASES)
def test_skipped_file_is_reported_before_the_missing_pool(
    program: Program, prepare: Prepare, message: str
) -> None:
    prepare(program.folder)
    result = program.run("sign-in")
    assert result.returncode == 3
    first, second = result.stderr.splitlines()
    assert first == f"tui-auth: {message}"
    assert second.startswith("tui-auth: No user pool is specified.")
    assert message in program.run("doctor").stdout
    assert message in program.run("profile", "show").stderr


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        pytest.param(
            truncate_before("amplify_outputs.json", '"mfa_methods"'),
            f"~/project/amplify_outputs.json, line 8: expected a key. {ADVICE}",
            id="truncated outputs",
        ),
        pytest.param(
            truncate_before("amplifyconfiguration.json", '"AppClientSecret"'),
            f"~/project/amplifyconfiguration.json, line 36: expected a key. {ADVICE}",
            id="truncated configuration",
        ),
        pytest.param(
            truncate_before("aws-exports.js", '"federationTarget"'),
            "~/project/aws-exports.js, line 10: aws_user_pools_id isn't in an object that can be read. "
            "Use amplify_outputs.json, flags or a profile.",
            id="truncated exports",
        ),
        pytest.param(
            lambda folder: (folder / "amplify_outputs.json").write_text(""),
            f"~/project/amplify_outputs.json, line 1: it is empty. {ADVICE}",
            id="an empty file",
        ),
    ],
)
def test_file_with_an_unreadable_pool_is_an_error(program: Program, prepare: Prepare, message: str) -> None:
    prepare(program.folder)
    result = program.run("sign-in")
    assert (result.returncode, result.stderr) == (3, f"tui-auth: {message}\n")


def test_first_run_screen_reports_the_skipped_file(terminal_program: TerminalProgram) -> None:
    os.mkfifo(terminal_program.folder / "amplify_outputs.json")
    with terminal_program.on_a_terminal() as running:
        running.wait_for("Which user pool do you want to use?")
        running.wait_for("~/project/amplify_outputs.json is not a regular file")
        running.press("ctrl+q")
        assert running.wait_exit() == 6


def test_first_run_line_prompts_report_the_skipped_file(terminal_program: TerminalProgram) -> None:
    (terminal_program.folder / "amplify_outputs.json").mkdir()
    with terminal_program.on_a_terminal("--plain") as running:
        running.wait_for("~/project/amplify_outputs.json is a folder and was ignored.")
        running.wait_for("User pool:")
        running.press("ctrl+d")
        assert running.wait_exit() == 6


def test_usable_file_in_a_parent_folder_is_used(program: Program) -> None:
    program.put("amplify_outputs.json", program.home)
    (program.folder / "aws-exports.js").mkdir()
    result = program.run("profile", "show")
    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        "~/project/aws-exports.js is a folder and was ignored.",
        "The user pool is the one in ~/amplify_outputs.json.",
    ]
