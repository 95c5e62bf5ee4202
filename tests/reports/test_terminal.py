"""Reports about the terminal, signals and processes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.reports.conftest import SharedTerminal, sign_in_at_prompts, sign_in_on_screen
from tests.security.faults.terminal_output import unexpected_output
from tests.session.machine import PASSWORD
from tests.terminal.conftest import start as start
from tests.terminal.pty_program import PtyProgram
from tests.tools import need_tool
from tui_auth.terminal.signals import FAULTS
from tui_auth.threads import ENDING_SIGNALS

Start = Callable[..., PtyProgram]


def assert_untouched(program: PtyProgram) -> None:
    """Check that the password was never shown and that the terminal is as it was before."""
    assert PASSWORD.encode() not in program.received
    assert program.attributes() == program.attributes_before
    assert not program.modes & {1000, 1003, 1004, 1006, 1049, 2004}


# T1: two commands on one terminal


@pytest.mark.parametrize("flag", ["--plain", ""])
def test_t1_second_command_of_a_pipeline_waits_for_the_first(
    shared_terminal: SharedTerminal, flag: str
) -> None:
    program = shared_terminal.run(
        f"tui-auth token {flag} $POOL | sh -c 'tui-auth token {flag} $POOL --type id | wc -c; wc -c'"
    )
    (sign_in_at_prompts if flag else sign_in_on_screen)(program)
    assert program.wait_exit() == 0
    assert_untouched(program)
    assert program.received.count(b"Signed in as ann.") == 1
    assert [int(word) > 500 for word in program.screen_text().split() if word.isdecimal()] == [True, True]


FIRST = {
    "token": "token $POOL",
    "sign-in": "sign-in $POOL --plain",
    "first screen": "sign-in --new-pool",
    "demo": "demo",
}
SECOND = {
    "token": "token $POOL",
    "line prompts": "token $POOL --plain",
    "header": "header $POOL --plain",
    "exec": "exec $POOL --plain -- true",
    "kube-credential": "kube-credential $POOL --plain",
    "aws-credentials": "aws-credentials $POOL $IDENTITY --format json --plain",
    "sign-in": "sign-in $POOL --plain",
    "first screen": "sign-in --new-pool --plain",
    "demo": "demo",
    "other home": "token $POOL --plain",
}
PAIRS = [(first, second) for second in SECOND for first in ("token",)] + [
    (first, "line prompts") for first in FIRST if first != "token"
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_t1_waiting_command_does_nothing_to_the_terminal(
    shared_terminal: SharedTerminal, first: str, second: str
) -> None:
    other_home = shared_terminal.machine.home / "other"
    other_home.mkdir()
    variables = f"HOME={other_home} XDG_STATE_HOME={other_home}" if second == "other home" else "OTHER="
    program = shared_terminal.run(
        "mkfifo start; "
        "sh -c 'read line < start; echo $$ > pid; "
        f'exec env {variables} sh -c "exec tui-auth {SECOND[second]} > second"\' & '
        f"tui-auth {FIRST[first]} > first; wait"
    )
    program.wait_for("Username" if first in ("token", "sign-in") else "" if first == "demo" else "ool")
    if first == "demo":
        program.wait_for(lambda _: program.full_screen)
    before, attributes = program.received, program.attributes()
    (shared_terminal.machine.home / "start").write_text("now\n")
    pid_file = shared_terminal.machine.home / "pid"
    program.wait_for(lambda _: pid_file.exists() and pid_file.read_text().endswith("\n"))
    program.wait_for(lambda _: waits_for_terminal(int(pid_file.read_text())))
    assert program.received == before
    assert program.attributes() == attributes
    program.press("ctrl+c")
    assert program.wait_exit() in (130, -signal.SIGINT)


def test_t1_waiting_command_names_a_sign_in_that_is_stopped(shared_terminal: SharedTerminal) -> None:
    home = shared_terminal.machine.home
    program = shared_terminal.run(
        "mkfifo start; "
        "(read line < start; tui-auth token $POOL --plain > second; echo $? > status) & "
        "sh -c 'echo $$ > pid; exec tui-auth token $POOL --plain > first'; wait"
    )
    program.wait_for("Username:")
    pid = int((home / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    (home / "start").write_text("now\n")
    program.wait_for(lambda _: (home / "status").exists() and (home / "status").read_text().endswith("\n"))
    assert (home / "status").read_text() == "10\n"
    program.wait_for(f"process {pid}, is stopped")
    os.kill(pid, signal.SIGCONT)
    program.press("ctrl+c")
    assert program.wait_exit() in (130, -signal.SIGINT)
    assert_untouched(program)


def waits_for_terminal(pid: int) -> bool:
    """Return whether a process has opened the terminal's device besides its standard streams."""
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            if int(descriptor.name) > 2 and descriptor.readlink().is_relative_to("/dev/pts"):
                return True
    return False


# T2: ^C does not stop the caller

LOOP = 'for i in 1 2 3; do {command}; echo "rc=$?"; done; echo after'
COMMANDS = {
    "full screen": "tui-auth token $POOL",
    "line prompts": "tui-auth token $POOL --plain",
    "substitution": "T=$(tui-auth token $POOL)",
    "pipeline": "tui-auth token $POOL | cat",
    "first screen": "tui-auth sign-in --new-pool",
    "demo": "tui-auth demo",
}


def wait_for_sign_in(program: PtyProgram) -> None:
    """Wait for the first screen or prompt of any command."""
    program.wait_for(
        lambda _: (
            (program.full_screen and len(program.screen_text().split()) > 10)
            or "Username:" in program.screen_text()
        )
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh"])
@pytest.mark.parametrize("kind", COMMANDS)
def test_t2_interrupt_stops_a_script(shared_terminal: SharedTerminal, shell: str, kind: str) -> None:
    need_tool(shell)
    # zsh splits variables only if it is told to.
    start = "setopt shwordsplit\n" if shell == "zsh" else ""
    script = shared_terminal.write("script", start + LOOP.format(command=COMMANDS[kind]))
    program = shared_terminal.run(str(script), shell)
    wait_for_sign_in(program)
    program.press("ctrl+c")
    assert program.wait_exit() in (130, -signal.SIGINT)
    assert b"rc=" not in program.received
    assert b"after" not in program.received
    assert_untouched(program)


@pytest.mark.parametrize(
    "shell", [("bash", "--norc", "--noprofile", "-i"), ("zsh", "-f", "-i", "-o", "shwordsplit")]
)
@pytest.mark.parametrize("kind", COMMANDS)
def test_t2_interrupt_stops_the_loop_of_an_interactive_shell(
    shared_terminal: SharedTerminal, shell: tuple[str, ...], kind: str
) -> None:
    program = shared_terminal.start(*shell)
    program.wait_for("ready>")
    program.send(LOOP.format(command=COMMANDS[kind]) + "\r")
    wait_for_sign_in(program)
    program.press("ctrl+c")
    program.wait_for(lambda _: program.screen_text().rstrip().endswith("ready>") and not program.full_screen)
    program.send("echo still-$((1+1))\r")
    program.wait_for("still-2")
    assert b"rc=1" not in program.received
    assert b"rc=0" not in program.received
    assert b"rc=6" not in program.received
    assert b"\nafter" not in program.received


def test_t2_interrupt_stops_xargs(shared_terminal: SharedTerminal) -> None:
    program = shared_terminal.run(
        "printf '1\\n2\\n3\\n' | xargs -n 1 sh -c 'tui-auth token $POOL'; echo rc=$?"
    )
    wait_for_sign_in(program)
    program.press("ctrl+c")
    assert program.wait_exit() in (130, -signal.SIGINT)
    assert b"rc=" not in program.received
    assert_untouched(program)


def test_t2_interrupt_stops_make(shared_terminal: SharedTerminal) -> None:
    shared_terminal.write("Makefile", "all: one two\none two:\n\ttui-auth token $(POOL)\n")
    program = shared_terminal.run("make --keep-going all; echo rc=$?")
    wait_for_sign_in(program)
    program.press("ctrl+c")
    assert program.wait_exit() in (130, -signal.SIGINT)
    assert b"rc=" not in program.received
    assert_untouched(program)


@pytest.mark.parametrize("flag", ["--plain", ""])
def test_t2_interrupt_stops_kubectl(shared_terminal: SharedTerminal, flag: str) -> None:
    need_tool("kubectl")
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", f"exec tui-auth kube-credential {flag} $POOL"],
        "interactiveMode": "IfAvailable",
    }
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "ann", "user": {"exec": plugin}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "ann"}}],
    }
    path = shared_terminal.write("kubeconfig", json.dumps(kubeconfig))
    program = shared_terminal.run("kubectl get pods; echo rc=$?; kubectl get pods", KUBECONFIG=str(path))
    wait_for_sign_in(program)
    program.press("ctrl+c")
    assert program.wait_exit() in (130, -signal.SIGINT)
    assert b"rc=" not in program.received
    assert_untouched(program)


# T5: signals nobody handles

SIGNALS = [
    number
    for number in (*ENDING_SIGNALS, *FAULTS)
    if number in list(signal.Signals) and number not in (signal.SIGPIPE, signal.SIGXFSZ)
]
"""Those that end a program and have a name, without the two that Python ignores."""


def signal_id(number: int) -> str:
    return signal.Signals(number).name


def test_t5_every_signal_is_either_handled_or_ends_no_program() -> None:
    others = signal.valid_signals() - set(ENDING_SIGNALS) - set(FAULTS)
    assert {signal.Signals(number).name for number in others} <= {
        *("SIGKILL", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT"),
        *("SIGCHLD", "SIGURG", "SIGWINCH", "SIGINFO"),
    }


@pytest.mark.parametrize("number", SIGNALS, ids=signal_id)
def test_t5_signal_at_a_password_prompt_restores_the_terminal(
    shared_terminal: SharedTerminal, number: int
) -> None:
    program = shared_terminal.start("sh", "-c", "exec tui-auth token --plain $POOL")
    program.wait_for("Username:")
    program.send("ann\r")
    program.wait_for("Password:")
    program.send("half a passw")
    program.signal(number)
    assert program.wait_exit() == -number
    assert program.attributes() == program.attributes_before
    assert unread_characters(program) == 0
    assert b"half a passw" not in program.received


@pytest.mark.parametrize("number", SIGNALS, ids=signal_id)
def test_t5_signal_in_full_screen_restores_the_terminal(shared_terminal: SharedTerminal, number: int) -> None:
    program = shared_terminal.start("sh", "-c", "exec tui-auth token $POOL")
    program.wait_for("Username")
    program.send("ann\rhalf-a-passw")
    program.wait_for("•" * 12)
    program.press("ctrl+t")
    program.wait_for("half-a-passw")
    program.signal(number)
    assert program.wait_exit() == -number
    assert program.attributes() == program.attributes_before
    assert program.modes == {7, 25}
    assert "half-a-passw" not in program.screen_text()


def unread_characters(program: PtyProgram) -> int:
    """Return how many unread characters the terminal holds, unfinished lines included."""
    terminal = program._program_side
    attributes = termios.tcgetattr(terminal)
    attributes[3] &= ~termios.ICANON
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    (count,) = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, bytes(4)))
    return int(count)


@pytest.mark.parametrize("flag", ["--plain", ""])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_t2_other_signals_end_only_the_command(
    shared_terminal: SharedTerminal, number: int, flag: str
) -> None:
    program = shared_terminal.run(f"tui-auth token {flag} $POOL & echo $! > pid; wait $!; echo rc=$?")
    wait_for_sign_in(program)
    pid = shared_terminal.machine.home / "pid"
    os.kill(int(pid.read_text()), number)
    program.wait_for(f"rc={128 + number}")
    assert program.wait_exit() == 0
    assert_untouched(program)


# T6: keys typed ahead


@pytest.mark.parametrize("flag", ["--plain", ""])
def test_t6_keys_typed_during_the_start_sign_in_without_an_echo(
    shared_terminal: SharedTerminal, flag: str
) -> None:
    program = shared_terminal.start("sh", "-c", f"exec tui-auth token {flag} $POOL")
    program.wait_for(lambda _: not program.attributes()[3] & termios.ECHO, settled=False)
    program.send(f"ann\r{PASSWORD}\r")
    assert program.wait_exit() == 0
    assert_untouched(program)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_t6_keys_typed_before_the_start_are_fields_and_not_one_name(
    shared_terminal: SharedTerminal, end: str
) -> None:
    # The shell starts the program only once the keys are there, as when they were typed too early.
    program = shared_terminal.run("mkfifo start; read line < start; exec tui-auth token $POOL > token")
    program.send(f"ann{end}{PASSWORD}{end}" if end != "\r\n" else f"ann\n{PASSWORD}\n")
    fifo = shared_terminal.machine.home / "start"
    program.wait_for(lambda _: fifo.exists())
    fifo.write_text("now\n")
    assert program.wait_exit() == 0
    assert f"ann{PASSWORD}" not in program.screen_text()
    assert program.attributes() == program.attributes_before


ESC = "\x1b[27u"
"""Esc in kitty's protocol: a bare ESC directly before another key is Alt and that key."""

NAME_FIELD = "\x1b[Z\x15"


@pytest.mark.parametrize(
    ("flags", "keys"),
    [
        ("", f"ann\rwrong\r\x15{PASSWORD}\r"),
        ("--username bob", f"{NAME_FIELD}ann\r{PASSWORD}\r"),
        ("--username bob", f"\x07{ESC}{NAME_FIELD}ann\r{PASSWORD}\r"),
        ("--username bob", f"\x1bOS{ESC}{NAME_FIELD}ann\r{PASSWORD}\r"),
        ("--username bob", f"\x14\x14{NAME_FIELD}ann\r{PASSWORD}\r"),
    ],
    ids=["error", "name", "help", "trace", "reveal"],
)
def test_t6_keys_typed_at_once_never_submit_an_old_name(
    shared_terminal: SharedTerminal, flags: str, keys: str
) -> None:
    """All keys reach the right fields, or none does and nothing is sent for another user."""
    program = shared_terminal.start("sh", "-c", f"exec tui-auth token {flags} $POOL")
    program.wait_for("Username")
    program.send(keys)
    program.wait_for(lambda _: True)
    if program._status is None:
        program.press("ctrl+q")
    program.wait_exit()
    names = {
        call["AuthParameters"]["USERNAME"]
        for operation, call in shared_terminal.machine.server.calls
        if operation == "InitiateAuth"
    }
    assert names <= {"ann"}
    assert_untouched(program)


# T7: paste


@pytest.mark.parametrize(
    "pasted", ["ann\rsecret", "ann\nsecret", "ann\tsecret", "ann\x1b[A\rsecret", "an\x1bn\tsecret\x1b"]
)
def test_t7_paste_ends_at_its_end_and_stops_at_the_first_separator(
    shared_terminal: SharedTerminal, pasted: str
) -> None:
    program = shared_terminal.start("sh", "-c", "exec tui-auth token $POOL")
    program.wait_for("Username")
    program.paste(pasted)
    program.wait_for("ann")
    assert "secret" not in program.screen_text()
    assert "•" not in program.screen_text()
    program.send("\x15ann\r")
    program.send(f"{PASSWORD}\r")
    assert program.wait_exit() == 0


def test_t7_paste_into_the_password_is_one_password(shared_terminal: SharedTerminal) -> None:
    program = shared_terminal.start("sh", "-c", "exec tui-auth token $POOL")
    program.wait_for("Username")
    program.send("ann\r")
    program.paste(f"{PASSWORD}\x1b\rmore")
    program.wait_for("•" * len(PASSWORD))
    program.press("enter")
    assert program.wait_exit() == 0


@pytest.mark.parametrize("separator", ["\r", "\n", "\t", "\x15ann\n"])
def test_t7_password_pasted_behind_the_name_is_not_shown_at_line_prompts(
    shared_terminal: SharedTerminal, separator: str
) -> None:
    program = shared_terminal.start("sh", "-c", "exec tui-auth token --plain $POOL")
    program.wait_for("Username: ")
    program.send(f"ann{separator}{PASSWORD}\r")
    assert program.wait_exit() == 0
    assert "Username: ann" in program.screen_text()
    assert PASSWORD not in program.received.decode()


def test_t7_line_prompts_keep_the_editing_keys_of_a_terminal(shared_terminal: SharedTerminal) -> None:
    program = shared_terminal.start("sh", "-c", "exec tui-auth token --plain $POOL")
    program.wait_for("Username: ")
    program.send("wrong words\x17\x17日本é\x7f\x7f\x7f")  # ^w deletes a word
    program.send("x\x1by\x15")  # Esc shows as ^[; ^u deletes the line
    program.send("ann\x04\r")  # ^d ends the input only on an empty line
    program.wait_for("Password: ")
    assert [line.rstrip() for line in program.screen_text().splitlines() if "Username" in line] == [
        "Username: ann"
    ]
    program.send(f"typo\x15{PASSWORD}x\x7f\r")
    assert program.wait_exit() == 0


def test_t7_end_of_input_at_a_line_prompt_cancels(shared_terminal: SharedTerminal) -> None:
    program = shared_terminal.start("sh", "-c", "exec tui-auth token --plain $POOL")
    program.wait_for("Username: ")
    program.send("an\x04\x04")
    assert program.wait_exit() == 6


# S11: text of a server that nobody made safe

UNSAFE_PROMPT = """
import sys
from tui_auth.terminal.tty import TtyPrompt
with TtyPrompt() as prompt:
    prompt.say("a\\x1b[4242;4242H\\x1b]52;c;eA==\\x07\\u202eb\\u00e9")
    prompt.ask("go\\x9b31m on")
"""
UNSAFE_SCREEN = """
from textual.widgets import Static, Input
from tui_auth.terminal.full_screen import FullScreenApp
from rich.text import Text
class Unsafe(FullScreenApp):
    def compose(self):
        text = "a\\x1b[4242;4242H\\x1b]52;c;eA==\\x07\\u202eb\\u00e9"
        yield Static(text, markup=False)
        yield Static(Text(text))
        yield Input(text)
        widget = Static("x")
        widget.border_title = text
        widget.styles.border = ("solid", "red")
        yield widget
Unsafe().run_in_terminal()
"""


def test_s11_unsafe_text_is_filtered_at_line_prompts(start: Start) -> None:
    program = start("-c", UNSAFE_PROMPT)
    program.wait_for("go31m on:")
    assert "a[4242;4242H]52;c;eA==bé" in program.screen_text()
    assert unexpected_output(program.received) == []


def test_s11_unsafe_text_is_filtered_in_full_screen(start: Start) -> None:
    program = start("-c", UNSAFE_SCREEN)
    program.wait_for(lambda _: program.screen_text().count("a[4242;4242H]52;c;eA==bé") >= 3)
    assert unexpected_output(program.received) == []
