"""A file of Amplify's name that cannot be used: it is named, with what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import DATA, Program, TerminalProgram

Make = Callable[[Path], object]
AGAIN = "Have Amplify write it again, or name the pool with flags or a profile."


def truncated(name: str, at: str) -> Make:
    """Writes one of Amplify's files that breaks off before a word."""
    return lambda folder: (folder / name).write_text((DATA / name).read_text().partition(at)[0])


def linked_nowhere(folder: Path) -> None:
    """A link to a file that is gone."""
    (folder / "amplify_outputs.json").symlink_to(folder / "gone.json")


CASES = [
    pytest.param(
        lambda folder: os.mkfifo(folder / "amplify_outputs.json"),
        "~/project/amplify_outputs.json is no plain file and was passed by.",
        id="a FIFO",
    ),
    pytest.param(
        lambda folder: (folder / "amplifyconfiguration.json").mkdir(),
        "~/project/amplifyconfiguration.json is a folder and was passed by.",
        id="a folder",
    ),
    pytest.param(
        linked_nowhere,
        "~/project/amplify_outputs.json is a link that leads nowhere and was passed by.",
        id="a link that leads nowhere",
    ),
    pytest.param(
        lambda folder: (folder / "amplify_outputs.json").write_text('{"version": "1", "storage": {}}'),
        "~/project/amplify_outputs.json names no user pool: it has no auth.user_pool_id. It was passed by.",
        id="outputs without auth",
    ),
    pytest.param(
        lambda folder: (folder / "amplify_outputs.json").write_text('{"auth": ["user_pool_id"]}'),
        "~/project/amplify_outputs.json names no user pool: it has no auth.user_pool_id. It was passed by.",
        id="an auth that is no object",
    ),
    pytest.param(
        lambda folder: (folder / "aws-exports.js").write_text("export default {}\n"),
        "~/project/aws-exports.js names no user pool: it has no aws_user_pools_id. It was passed by.",
        id="exports without a pool",
    ),
    pytest.param(
        lambda folder: (folder / "amplify_outputs.json").write_text(
            '{"auth": {"user_pool_id": "", "user_pool_client_id": ""}}'
        ),
        "~/project/amplify_outputs.json names no user pool: the place for its id is empty. It was passed by.",
        id="outputs with empty ids",
    ),
]


@pytest.mark.parametrize(("make", "said"), CASES)
def test_skipped_file_is_reported_before_the_missing_pool(program: Program, make: Make, said: str) -> None:
    make(program.folder)
    ran = program.run("sign-in")
    assert ran.returncode == 3
    first, second = ran.stderr.splitlines()
    assert first == f"tui-auth: {said}"
    assert second.startswith("tui-auth: No user pool is named.")
    found = program.run("doctor")
    assert said in found.stdout
    assert said in program.run("profile", "show").stderr


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(
            truncated("amplify_outputs.json", '"mfa_methods"'),
            f"~/project/amplify_outputs.json, line 8: expected a key. {AGAIN}",
            id="outputs that break off",
        ),
        pytest.param(
            truncated("amplifyconfiguration.json", '"AppClientSecret"'),
            f"~/project/amplifyconfiguration.json, line 36: expected a key. {AGAIN}",
            id="a configuration that breaks off",
        ),
        pytest.param(
            truncated("aws-exports.js", '"federationTarget"'),
            "~/project/aws-exports.js, line 10: aws_user_pools_id stands in an object that cannot be read to "
            "its end. Mend it, or name the pool with flags or a profile.",
            id="exports that break off",
        ),
        pytest.param(
            lambda folder: (folder / "amplify_outputs.json").write_text(""),
            f"~/project/amplify_outputs.json, line 1: it is empty. {AGAIN}",
            id="an empty file",
        ),
    ],
)
def test_file_with_an_unreadable_pool_is_an_error(program: Program, make: Make, said: str) -> None:
    make(program.folder)
    ran = program.run("sign-in")
    assert (ran.returncode, ran.stderr) == (3, f"tui-auth: {said}\n")


def test_first_run_screen_reports_the_skipped_file(terminal_program: TerminalProgram) -> None:
    os.mkfifo(terminal_program.folder / "amplify_outputs.json")
    with terminal_program.on_a_terminal() as running:
        running.wait_for("Which user pool do you sign in to?")
        running.wait_for("~/project/amplify_outputs.json is no plain file")
        running.press("ctrl+q")
        assert running.wait_exit() == 6


def test_first_run_line_prompts_report_the_skipped_file(terminal_program: TerminalProgram) -> None:
    (terminal_program.folder / "amplify_outputs.json").mkdir()
    with terminal_program.on_a_terminal("--plain") as running:
        running.wait_for("~/project/amplify_outputs.json is a folder and was passed by.")
        running.wait_for("User pool:")
        running.press("ctrl+d")
        assert running.wait_exit() == 6


def test_usable_file_in_a_parent_folder_is_used(program: Program) -> None:
    program.put("amplify_outputs.json", program.home)
    (program.folder / "aws-exports.js").mkdir()
    ran = program.run("profile", "show")
    assert ran.returncode == 0
    assert ran.stderr.splitlines() == [
        "~/project/aws-exports.js is a folder and was passed by.",
        "The user pool is the one in ~/amplify_outputs.json.",
    ]
