"""Nobody waits for ever for work that does not end."""

from __future__ import annotations

import threading

import pytest

from tui_auth.auth.deadline import within


def test_the_result_or_the_error_of_the_work_comes_back() -> None:
    assert within(30, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(30, lambda: 1 // 0)


def test_work_that_does_not_end_is_left_to_itself() -> None:
    ends, ended = threading.Event(), threading.Event()

    def work() -> None:
        ends.wait()
        ended.set()

    with pytest.raises(TimeoutError):
        within(0.05, work)
    assert not ended.is_set()
    ends.set()
    assert ended.wait(60)


def test_it_keeps_no_program_from_ending() -> None:
    seen: list[bool] = []
    within(30, lambda: seen.append(threading.current_thread().daemon))
    assert seen == [True]
