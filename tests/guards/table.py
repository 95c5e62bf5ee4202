"""Guards of SECURITY.md that only a terminal or another process can see.

For each guard: how to remove it, and the test that then fails. Guards that a test in the same process can see
aren't listed: mutation testing covers their modules (``[tool.mutmut]`` in pyproject.toml, ``python -m
tests.mutation``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One guard: after replacing ``text`` in ``file`` with ``replacement``, ``test`` fails.

    ``text`` occurs once in ``file``, which is below ``tui_auth``. ``test`` is a pytest node ID below
    ``tests``.
    """

    description: str
    file: str
    text: str
    replacement: str
    test: str


ENDINGS = "security/canary/test_every_ending.py::"

GUARDS = (
    Guard(
        "line prompts do not echo",
        "terminal/tty_prompt.py",
        "silent[3] &= ~termios.ECHO",
        "pass",
        "journeys/test_line_prompts.py::test_password_is_not_echoed_and_is_asked_again",
    ),
    Guard(
        "line prompts are silent again between two prompts",
        "terminal/tty_prompt.py",
        "        finally:\n            self._set(self._silent)",
        "        finally:\n            pass",
        "security/faults/test_terminal.py::test_keys_typed_during_a_request_are_not_echoed",
    ),
    Guard(
        "half a password is not left for the shell",
        "terminal/tty_prompt.py",
        "termios.tcsetattr(terminal, termios.TCSAFLUSH, before)",
        "termios.tcsetattr(terminal, termios.TCSADRAIN, before)",
        ENDINGS + "test_half_typed_password_does_not_reach_the_shell",
    ),
    Guard(
        "no core file",
        "terminal/environment.py",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, hard))",
        "pass",
        ENDINGS + "test_core_dumps_are_disabled_while_it_runs",
    ),
    Guard(
        "no other process of the user attaches",
        "terminal/environment.py",
        "ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)",
        "pass",
        ENDINGS + "test_core_dumps_are_disabled_while_it_runs",
    ),
    Guard(
        "a forgotten task's error is not logged",
        "terminal/full_screen.py",
        "loop.set_exception_handler(lambda loop, context: None)",
        "pass",
        ENDINGS + "test_crash_does_not_leak[a task that is forgotten]",
    ),
    Guard(
        "a clipboard tool gets the text on its stdin",
        "terminal/clipboard.py",
        "            [program, *command[1:]],",
        "            [program, *command[1:], data.decode()],",
        "terminal/test_terminal_clipboard.py::test_clipboard_tool_gets_the_text_only_on_stdin",
    ),
)
