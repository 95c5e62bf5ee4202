"""The terminal, the environment and the limits of a process at its start."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tui_auth.terminal import environment
from tui_auth.terminal.environment import scrub_textual_environment

from .pty_program import PtyProgram, isolated_environment

if TYPE_CHECKING:
    from pathlib import Path

Start = Callable[..., PtyProgram]
DESCRIBE_TERMINAL = (
    "from tui_auth.terminal.environment import find_terminal as f; import sys; t = f();"
    "open(sys.argv[1], 'w').write(t.kind.name + ': ' + t.reason)"
)


def describe_terminal(start: Start, answer: Path, **more: object) -> str:
    assert start("-c", DESCRIBE_TERMINAL, answer, **more).wait_exit() == 0
    return answer.read_text()


def test_terminal_on_all_streams_is_a_full_screen(start: Start, tmp_path: Path) -> None:
    assert describe_terminal(start, tmp_path / "answer").startswith("FULL_SCREEN: ")


@pytest.mark.parametrize("terminal_stream", ["stdin", "stdout", "stderr"])
def test_one_stream_on_the_terminal_is_enough(start: Start, tmp_path: Path, terminal_stream: str) -> None:
    redirected = {
        name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr") if name != terminal_stream
    }
    assert describe_terminal(start, tmp_path / "answer", **redirected).startswith("FULL_SCREEN: ")


def test_there_is_no_terminal_without_a_stream_on_it(start: Start, tmp_path: Path) -> None:
    null = subprocess.DEVNULL
    answer = describe_terminal(start, tmp_path / "answer", stdin=null, stdout=null, stderr=null)
    assert answer == "NONE: None of stdin, stdout and stderr is a terminal."


@pytest.mark.parametrize("term", ["dumb", "", None])
def test_dumb_terminal_gets_line_prompts(start: Start, tmp_path: Path, term: str | None) -> None:
    assert describe_terminal(start, tmp_path / "answer", environment={"TERM": term}).startswith(
        "LINES: TERM is "
    )


def test_background_process_has_no_terminal(start: Start, tmp_path: Path) -> None:
    run_in_background = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]], process_group=0)"
    )
    answer = tmp_path / "answer"
    assert start("-c", run_in_background, DESCRIBE_TERMINAL, answer).wait_exit() == 0
    assert answer.read_text() == "NONE: The program runs in the background of its terminal."


def test_terminal_that_is_not_controlling_does_not_count(tmp_path: Path) -> None:
    our_side, program_side = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-c", DESCRIBE_TERMINAL, tmp_path / "answer"],
            stdin=program_side,
            start_new_session=True,
            check=True,
        )
    finally:
        os.close(our_side)
        os.close(program_side)
    assert (tmp_path / "answer").read_text().startswith("NONE: There is no controlling terminal")


def test_textual_gets_only_its_two_harmless_variables(tmp_path: Path) -> None:
    log = tmp_path / "log"
    variables = {"TEXTUAL": "devtools,debug", "TEXTUAL_LOG": str(log), "TEXTUAL_DRIVER": "x:y"}
    harmless = {"TEXTUAL_DISABLE_KITTY_KEY": "1", "TEXTUAL_ANIMATIONS": "none"}
    program = (
        "from tui_auth.terminal.environment import scrub_textual_environment as scrub; print(scrub());"
        "from textual import constants as c;"
        "print(c.LOG_FILE, c.DRIVER, c.DISABLE_KITTY_KEY, c.TEXTUAL_ANIMATIONS)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=isolated_environment(tmp_path, **variables, **harmless),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "['TEXTUAL', 'TEXTUAL_DRIVER', 'TEXTUAL_LOG']\nNone None True none\n"
    assert not log.exists()


def test_scrubbing_removes_all_but_the_harmless_variables() -> None:
    harmless = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_DISABLE_KITTY_KEY": "1", "HOME": "/home/ann"}
    environ = {**harmless, "TEXTUAL_LOG": "/tmp/keys", "TEXTUAL": "devtools"}
    assert scrub_textual_environment(environ) == ["TEXTUAL", "TEXTUAL_LOG"]
    assert environ == harmless


def test_only_driver_and_app_load_textual() -> None:
    modules = ["clipboard", "crash", "environment", "safe_text", "signals", "tty"]
    program = "".join(f"import tui_auth.terminal.{module}\n" for module in modules)
    program += "import sys; print([name for name in ('textual', 'rich', 'asyncio') if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_become_dev_null(tmp_path: Path, redirection: str) -> None:
    program = (
        "from tui_auth.terminal.environment import fill_missing_streams as fill; fill(); import os, sys;"
        "answer = open(sys.argv[1], 'w');"
        "print(answer.fileno() > 2, None in (sys.stdin, sys.__stdout__, sys.stderr), file=answer)"
    )
    answer = tmp_path / "answer"
    shell = f'"$0" -c "$1" "$2" {redirection}'
    subprocess.run(["/bin/sh", "-c", shell, sys.executable, program, answer], check=True)
    assert answer.read_text() == "True False\n"


def test_hardened_process_leaves_no_core_file() -> None:
    program = (
        "from tui_auth.terminal.environment import harden_process;"
        "import resource, ctypes, sys, subprocess;"
        "core = resource.RLIMIT_CORE; _, hard = resource.getrlimit(core);"
        "resource.setrlimit(core, (hard, hard));"
        "harden_process(); print(resource.getrlimit(core) == (0, hard));"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == 'linux' else 0);"
        "print(open('/dev/stdin').read(), subprocess.run(['/bin/echo', 'child'], capture_output=True).stdout)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], input="piped", capture_output=True, text=True, check=True
    )
    assert answer.stdout == "True\n0\npiped b'child\\n'\n"


def test_environment_determines_color_and_remoteness() -> None:
    assert environment.is_no_color_set({"NO_COLOR": "1"})
    assert not environment.is_no_color_set({"NO_COLOR": ""})
    assert environment.is_over_ssh({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"})
    assert not environment.is_over_ssh({})
    assert environment.is_in_tmux({"TMUX": "/tmp/x,1,0"})
    assert environment.is_in_gnu_screen({"STY": "1.pts-0"})
    assert not environment.is_in_gnu_screen({"STY": "1.pts-0", "TMUX": "/tmp/x,1,0"})


@pytest.mark.parametrize(
    ("variables", "has_no_colors"),
    [
        ({"TERM": "vt100"}, True),
        ({"TERM": "xterm-mono"}, True),
        ({"TERM": "vt100", "COLORTERM": "truecolor"}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "newer-than-the-database"}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, False),
    ],
    ids=str,
)
def test_terminfo_identifies_a_terminal_without_colors(
    tmp_path: Path, variables: dict[str, str], has_no_colors: bool
) -> None:
    # One process for each terminal, because curses looks up only the first.
    program = "from tui_auth.terminal.environment import must_avoid_color; print(must_avoid_color())"
    environ = isolated_environment(tmp_path, **{"COLORTERM": "", **variables})
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == str(has_no_colors)
