"""A full-screen app on a pseudo-terminal: keys, size, streams, signals and crashes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools import need_tool
from tui_auth.terminal.tty_driver import _Output

from .pty_program import ROOT, PtyProgram

Start = Callable[..., PtyProgram]
SAMPLE = Path(__file__).with_name("sample_app.py")
FULL_SCREEN_MODES = {1000, 1003, 1004, 1006, 1049, 2004}


@pytest.fixture
def app(start: Start) -> PtyProgram:
    program = start(SAMPLE)
    program.wait_for("size 80x23")
    return program


def assert_restored(program: PtyProgram) -> None:
    assert program.modes == {7, 25}, "only line wrap and the cursor are enabled"
    assert program.emulator.kitty_flags == []
    assert program.attributes() == program.attributes_before


def test_app_takes_the_terminal_and_restores_it(app: PtyProgram) -> None:
    assert app.modes >= FULL_SCREEN_MODES
    assert 25 not in app.modes
    assert app.emulator.kitty_flags
    assert app.attributes() != app.attributes_before

    app.send("ann")
    app.wait_for("<ann>")
    app.press("ctrl+d")

    assert app.wait_exit() == 7
    assert app.screen_text().strip() == "token:ann"
    assert b"LATE" not in app.received
    assert_restored(app)


def test_all_three_streams_may_be_redirected(start: Start, tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    app = start(SAMPLE, stdin=subprocess.DEVNULL, stdout=out, stderr=err, rows=33, cols=95)
    app.wait_for("size 95x33, first 95x33")
    app.resize(20, 70)
    app.wait_for("size 70x20")
    app.send("tok")
    app.paste("en")
    app.wait_for("<token>")
    app.press("ctrl+d")

    assert app.wait_exit() == 7
    assert out.read_text() == "token:token\n"
    assert err.read_text() == ""
    assert app.screen_text().strip() == ""
    assert_restored(app)


def test_shell_can_capture_the_output(start: Start) -> None:
    need_tool("bash")
    shell = start(command=["bash", "--norc", "--noprofile", "-i"], environment={"PS1": "ready> "})
    shell.wait_for("ready>")
    shell.send(f"TOKEN=$('{sys.executable}' '{SAMPLE}' </dev/null 2>/dev/null); echo \"got <$TOKEN>\"\n")
    shell.wait_for("size 80x23")
    shell.send("abc")
    shell.wait_for("<abc>")
    shell.press("ctrl+d")
    shell.wait_for("got <token:abc>")
    assert not shell.full_screen


def test_piped_stdin_is_not_read_as_keys(start: Start) -> None:
    app = start(SAMPLE, stdin=b"piped text\n")
    app.wait_for("size 80x23")
    app.send("typed")
    app.wait_for("value <typed>")


def test_keys_and_pastes_arrive_in_every_form(app: PtyProgram) -> None:
    app.paste("übung\nsecond line")
    app.wait_for("<übung>")
    app.press("f5")
    app.wait_for("key f5")
    app.send("\x1b")
    app.wait_for("key escape")
    app.send("\x1b[97;;98u")
    app.wait_for("<übungb>")
    app.send("\x1b[116;5u")
    app.wait_for("key ctrl+t")


def test_in_band_size_is_used_and_later_disabled(app: PtyProgram) -> None:
    app.send("\x1b[?2048;2$y")
    app.wait_for(lambda program: program.modes >= {2048, 1016})
    app.emulator.resize(30, 100)  # resize only the emulator, not the kernel's terminal
    app.send("\x1b[48;30;100;600;800t")
    app.wait_for("size 100x30")
    app.press("ctrl+d")

    assert app.wait_exit() == 7
    assert_restored(app)


@pytest.mark.parametrize("nonsense", [b"\xff\xfe", b"\x1b[99999999999u", b"\x1b[1;2;3;4~", b"\x1b[<1;9;9M"])
def test_invalid_input_does_not_end_the_app(app: PtyProgram, nonsense: bytes) -> None:
    app.send(nonsense)
    app.press("f6")
    app.wait_for("key f6")


def test_stderr_of_libraries_is_discarded(app: PtyProgram) -> None:
    app.press("ctrl+o")
    app.wait_for("scribbled")
    app.press("ctrl+d")
    assert app.wait_exit() == 7
    assert b"SCRIBBLE" not in app.received


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_ends_the_app_and_restores_the_terminal(app: PtyProgram, number: signal.Signals) -> None:
    app.signal(number)

    assert app.wait_exit() == 128 + number
    assert_restored(app)


def start_hanging_app(start: Start, grace_seconds: float) -> PtyProgram:
    app = start(SAMPLE, environment={"GRACE_SECONDS": str(grace_seconds)})
    app.wait_for("size 80x23")
    app.press("ctrl+b")
    # Search the received bytes, not the screen: a later frame may overwrite the text.
    app.wait_for(lambda program: b"hanging" in program.received, settled=False)
    return app


def test_second_signal_ends_an_app_that_hangs(start: Start) -> None:
    app = start_hanging_app(start, grace_seconds=3600)

    def send_signal_until_ended(program: PtyProgram) -> bool:
        if program.full_screen:
            program.signal(signal.SIGTERM)
        return not program.full_screen

    app.wait_for(send_signal_until_ended, settled=False)
    assert app.wait_exit() == -signal.SIGTERM
    assert_restored(app)


def test_app_that_hangs_ends_after_the_grace_period(start: Start) -> None:
    app = start_hanging_app(start, grace_seconds=0.1)
    app.signal(signal.SIGTERM)

    assert app.wait_exit() == -signal.SIGTERM
    assert_restored(app)


def test_output_to_a_closed_terminal_is_discarded() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = _Output(writing)
    output.write("x" * 100_000)
    output.flush()
    output.close()


def test_closed_terminal_ends_the_app(app: PtyProgram) -> None:
    app.hang_up()
    # The app may see the hang-up before or after SIGHUP; a shell reports 129 in both cases.
    assert app.wait_exit() in (129, -signal.SIGHUP)


def test_closed_terminal_ends_the_app_under_nohup(start: Start) -> None:
    app = start(command=["nohup", sys.executable, SAMPLE])
    app.wait_for("size 80x23")
    app.hang_up()
    assert app.wait_exit() == 129


@pytest.mark.parametrize(
    ("key", "kind", "place"),
    [("ctrl+k", "KeyError", "action_crash"), ("ctrl+w", "ValueError", "action_crash_in_worker")],
)
def test_crash_report_of_an_app_has_no_values(app: PtyProgram, key: str, kind: str, place: str) -> None:
    app.press(key)

    assert app.wait_exit() == 1
    assert app.screen_text().startswith(f"sample: {kind}\n")
    assert "terminal/sample_app.py:" in app.screen_text()
    assert f"in {place}" in app.screen_text()
    assert b"hunter2" not in app.received
    assert b"LOOKED AT" not in app.received
    assert_restored(app)


@pytest.mark.parametrize(("key", "expected_log"), [("ctrl+k", "sample: KeyError\n"), ("ctrl+p", "")])
def test_log_of_a_crash_has_no_values(start: Start, tmp_path: Path, key: str, expected_log: str) -> None:
    log = tmp_path / "log"
    app = start(SAMPLE, stderr=log)
    app.wait_for("size 80x23")
    app.press(key)

    assert app.wait_exit() == 1
    assert log.read_text().startswith(expected_log)
    assert "hunter2" not in log.read_text()


def test_failed_start_restores_the_terminal(start: Start) -> None:
    app = start(SAMPLE, environment={"FAIL_TO_START": "1"})

    assert app.wait_exit() == 1
    assert app.screen_text().startswith("sample: RuntimeError\n")
    assert_restored(app)


def test_sudden_exit_restores_the_terminal(app: PtyProgram) -> None:
    app.press("ctrl+x")

    assert app.wait_exit() == 9
    assert_restored(app)


def test_ctrl_z_stops_the_app_and_fg_resumes_it(app: PtyProgram) -> None:
    app.send("before")
    app.wait_for("<before>")
    app.press("ctrl+z")
    app.wait_stopped()
    app.wait_for(lambda program: program.modes == {7, 25})
    assert app.screen_text().strip() == ""

    app.foreground()
    app.wait_for("never changes")
    app.wait_for("before")
    app.wait_for(lambda program: program.modes >= FULL_SCREEN_MODES)
    app.send("after")
    app.wait_for("<beforeafter>")
    app.press("ctrl+d")
    assert app.wait_exit() == 7
    assert_restored(app)


def test_app_redraws_after_sigstop(app: PtyProgram) -> None:
    app.send("before")
    app.wait_for("<before>")
    app.signal(signal.SIGSTOP)
    app.wait_stopped()
    received_bytes = len(app.received)

    app.foreground()
    app.wait_for(lambda program: b"never changes" in program.received[received_bytes:])
    app.send("after")
    app.wait_for("<beforeafter>")
    app.press("ctrl+d")
    assert app.wait_exit() == 7
    assert_restored(app)


def test_ended_app_leaves_ctrl_z_to_the_terminal(start: Start) -> None:
    program = start(SAMPLE, environment={"STAY": "1"})
    program.wait_for("size 80x23")
    program.press("ctrl+d")
    program.wait_for("stayed?")
    program.press("ctrl+z")
    program.wait_stopped()
    program.foreground()
    program.send("yes\n")

    assert program.wait_exit() == 7
    assert program.received.count(b"\x1b[?1049h") == 1


def test_ctrl_z_stops_the_wrapper_program(start: Start) -> None:
    wrapper_code = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    wrapper = start("-c", wrapper_code, sys.executable, SAMPLE)
    wrapper.wait_for("size 80x23")
    wrapper.press("ctrl+z")
    wrapper.wait_stopped()
    wrapper.foreground()
    wrapper.wait_for("size 80x23")
    wrapper.press("ctrl+d")
    assert wrapper.wait_exit() == 7


def test_ctrl_z_does_nothing_while_the_shell_waits_for_output(start: Start, tmp_path: Path) -> None:
    app = start(SAMPLE, stdout=tmp_path / "out")
    app.wait_for("size 80x23")
    app.press("ctrl+z")
    app.signal(signal.SIGTSTP)
    app.send("still here")
    app.wait_for("<still here>")
    app.press("ctrl+d")
    assert app.wait_exit() == 7


def test_nothing_remains_in_tmux_without_alternate_screen(
    start: Start, tmux_socket: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "tmux.conf"
    settings.write_text("set -g alternate-screen off\nset -g remain-on-exit on\n")
    tmux = ["tmux", "-S", str(tmux_socket)]
    terminal = start(command=[*tmux, "-f", settings, "new-session", sys.executable, SAMPLE], cwd=ROOT)
    terminal.wait_for("size 80x22")
    terminal.send("canary-in-sight")
    terminal.wait_for("<canary-in-sight>")
    terminal.press("ctrl+k")
    terminal.wait_for("sample: KeyError")
    history = subprocess.run(
        [*tmux, "capture-pane", "-p", "-S", "-"], capture_output=True, text=True, check=True
    )
    assert "sample: KeyError" in history.stdout
    assert "canary" not in history.stdout
