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


REPORTS = "reports/"
ENDINGS = "security/canary/test_every_ending.py::"

GUARDS = (
    Guard(
        "what is typed before the first prompt is not echoed",
        "terminal/tty.py",
        "silent[3] &= ~termios.ECHO",
        "pass",
        "terminal/test_terminal_signals.py::test_input_before_the_first_prompt_is_not_echoed",
    ),
    Guard(
        "the terminal doesn't echo a password pasted behind the user name",
        "terminal/tty.py",
        "result[3] &= ~(termios.ICANON | termios.ECHO)",
        "result[3] &= ~termios.ICANON",
        "reports/test_terminal.py::test_t7_password_pasted_behind_the_name_is_not_shown_at_line_prompts",
    ),
    Guard(
        "half a password is not left for the shell",
        "terminal/tty.py",
        "termios.tcflush(terminal, termios.TCIFLUSH)",
        "pass",
        ENDINGS + "test_half_typed_password_does_not_reach_the_shell",
    ),
    Guard(
        "no core file",
        "terminal/environment.py",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, limit[1]))",
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
        "no core file of a command that reads a session",
        "cli/main.py",
        "    harden_process()",
        "    pass",
        REPORTS + "test_secrets.py::test_s1_session_command_leaves_no_core_file[token]",
    ),
    Guard(
        "no core file of a cached token",
        "cli/main.py",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, hard_limit))",
        "pass",
        REPORTS + "test_secrets.py::test_s1_cached_token_is_in_no_core_file",
    ),
    Guard(
        "one sign-in per terminal",
        "terminal/device_lock.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        REPORTS
        + "test_terminal.py::test_t1_waiting_command_does_nothing_to_the_terminal[token-line prompts]",
    ),
    Guard(
        "^C on the screen stops the caller",
        "terminal/signals.py",
        "os.killpg(os.getpgrp(), signal.SIGINT)",
        "pass",
        REPORTS + "test_terminal.py::test_t2_interrupt_stops_a_script[full screen-zsh]",
    ),
    Guard(
        "a signal ends the process as that signal",
        "terminal/signals.py",
        "os.kill(os.getpid(), number)",
        "pass",
        REPORTS + "test_terminal.py::test_t2_interrupt_stops_a_script[line prompts-bash]",
    ),
    Guard(
        "a fault that is sent restores the terminal",
        "terminal/signals.py",
        "signal.pthread_sigmask(signal.SIG_BLOCK, FAULTS)",
        "pass",
        REPORTS + "test_terminal.py::test_t5_signal_in_full_screen_restores_the_terminal[SIGSEGV]",
    ),
    Guard(
        "the last filter drops escape sequences at line prompts",
        "terminal/tty.py",
        'drop_controls(text, keep="\\n")',
        "text",
        REPORTS + "test_terminal.py::test_s11_unsafe_text_is_filtered_at_line_prompts",
    ),
    Guard(
        "the last filter drops escape sequences in full screen",
        "terminal/full_screen.py",
        "return [*super().get_line_filters(), _CONTROL_FILTER]",
        "return super().get_line_filters()",
        REPORTS + "test_terminal.py::test_s11_unsafe_text_is_filtered_in_full_screen",
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
