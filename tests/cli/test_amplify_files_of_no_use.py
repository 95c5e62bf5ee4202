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
def test_it_is_named_before_it_is_said_that_no_pool_is(program: Program, make: Make, said: str) -> None:
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
            "~/project/aws-exports.js, line 10: aws_user_pools_id is not in an object that can be read. "
            "Use amplify_outputs.json, flags or a profile.",
            id="exports that break off",
        ),
        pytest.param(
            lambda folder: (folder / "amplify_outputs.json").write_text(""),
            f"~/project/amplify_outputs.json, line 1: it is empty. {AGAIN}",
            id="an empty file",
        ),
    ],
)
def test_a_pool_that_cannot_be_read_is_not_passed_by(program: Program, make: Make, said: str) -> None:
    make(program.folder)
    ran = program.run("sign-in")
    assert (ran.returncode, ran.stderr) == (3, f"tui-auth: {said}\n")


def test_the_first_screen_says_which_file_was_of_no_use(terminal_program: TerminalProgram) -> None:
    os.mkfifo(terminal_program.folder / "amplify_outputs.json")
    with terminal_program.on_a_terminal() as running:
        running.wait_for("Which user pool do you sign in to?")
        running.wait_for("~/project/amplify_outputs.json is no plain file")
        running.press("ctrl+q")
        assert running.wait_exit() == 6


def test_the_first_questions_in_lines_say_it_too(terminal_program: TerminalProgram) -> None:
    (terminal_program.folder / "amplify_outputs.json").mkdir()
    with terminal_program.on_a_terminal("--plain") as running:
        running.wait_for("~/project/amplify_outputs.json is a folder and was passed by.")
        running.wait_for("User pool:")
        running.press("ctrl+d")
        assert running.wait_exit() == 6


def test_a_good_file_above_is_taken_and_the_one_passed_by_is_named(program: Program) -> None:
    program.put("amplify_outputs.json", program.home)
    (program.folder / "aws-exports.js").mkdir()
    ran = program.run("profile", "show")
    assert ran.returncode == 0
    assert ran.stderr.splitlines() == [
        "~/project/aws-exports.js is a folder and was passed by.",
        "The user pool is the one in ~/amplify_outputs.json.",
    ]
