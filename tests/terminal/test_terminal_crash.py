"""Reports of uncaught exceptions."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tui_auth.terminal.crash import crash_report, report_crashes_without_details

if TYPE_CHECKING:
    from tests.processes import PythonProcess


def raise_and_catch(error: BaseException, cause: BaseException | None = None) -> BaseException:
    password = "hunter2"
    try:
        raise error from cause
    except BaseException as caught:
        caught.add_note(password)
        return caught


def test_crash_report_has_types_and_frames_but_no_values() -> None:
    report = crash_report(raise_and_catch(KeyError("hunter2"), raise_and_catch(ValueError("hunter2"))))

    first, frame, second, _ = report.split("\n")
    assert first == "KeyError"
    assert frame.startswith("  terminal/test_terminal_crash.py:")
    assert frame.endswith(" in raise_and_catch")
    assert second == "caused by ValueError"
    assert "hunter2" not in report


def test_exception_group_lists_its_types() -> None:
    group = ExceptionGroup("hunter2", [KeyError("hunter2"), subprocess.TimeoutExpired("hunter2", 1)])

    assert crash_report(group) == "ExceptionGroup of KeyError, subprocess.TimeoutExpired"


def test_suppressed_cause_is_not_reported() -> None:
    def suppress_cause() -> None:
        try:
            raise ValueError
        except ValueError:
            raise KeyError from None

    with pytest.raises(KeyError) as caught:
        suppress_cause()

    assert caught.value.__context__ is not None
    assert "ValueError" not in crash_report(caught.value)


def test_circular_causes_end() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert crash_report(first) == "ValueError\ncaused by KeyError"


def test_uncaught_exceptions_of_all_threads_are_reported(python_process: PythonProcess) -> None:
    program = """
import threading
import pytest

from tui_auth.terminal.crash import report_crashes_without_details
report_crashes_without_details()
class Bad:
    def __del__(self): raise OSError("hunter2")
def fail(): raise ValueError("hunter2")
Bad()
thread = threading.Thread(target=fail); thread.start(); thread.join()
raise KeyError("hunter2")
"""
    result = python_process(program)
    assert result.returncode == 1
    report_lines = [line for line in result.stderr.splitlines() if line.startswith("tui-auth: ")]
    assert report_lines == ["tui-auth: OSError", "tui-auth: ValueError", "tui-auth: KeyError"]
    assert "hunter2" not in result.stderr


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace Python's hooks for uncaught errors until the end of the test."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    report_crashes_without_details("acme: ")


@pytest.mark.usefixtures("hooks")
class TestReportedWithoutDetails:
    def test_uncaught_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        sys.excepthook(KeyError, KeyError("hunter2"), None)
        assert capsys.readouterr().err == "acme: KeyError\n"

    def test_error_that_ends_a_thread(self, capsys: pytest.CaptureFixture[str]) -> None:
        def fail() -> None:
            raise ValueError("hunter2")

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        error = capsys.readouterr().err
        assert error.startswith("acme: ValueError\n")
        assert "hunter2" not in error

    def test_error_in_a_finalizer(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Bad:
            def __del__(self) -> None:
                raise OSError("hunter2")

        instance = Bad()
        del instance
        error = capsys.readouterr().err
        assert error.startswith("acme: OSError\n")
        assert "hunter2" not in error

    def test_thread_that_exits_is_not_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
        assert capsys.readouterr().err == ""

    def test_nothing_is_written_without_stderr(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stderr", None)
        sys.excepthook(KeyError, KeyError("hunter2"), None)
