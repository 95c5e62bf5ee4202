"""Several processes change the account of one session, or end the session, at the same time."""

from __future__ import annotations

import pytest

from tests.session.machine import ROTATION, Machine, Processes
from tests.session.machine import processes as processes

CHANGES = ("name=Ann Two", "nickname=annie", "locale=en", "family_name=Example")


@pytest.fixture
def ann(processes: Processes) -> Machine:
    """The machine on which ann is signed in; each refresh replaces the refresh token at once."""
    machine = processes.machine
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    return machine


def test_changes_at_the_same_time_all_count_and_the_session_goes_on(
    ann: Machine, processes: Processes
) -> None:
    started = [processes.start("account", "set", change) for change in CHANGES]
    errors = [process.communicate(timeout=100)[1] for process in started]

    assert [process.returncode for process in started] == [0] * len(CHANGES), errors
    user = ann.server.state.pools[ann.user_pool_id].users["ann"]
    assert {name: user.attributes[name] for name, _ in map(split, CHANGES)} == dict(map(split, CHANGES))
    assert ann.run("account", "show", "--json").returncode == 0
    assert ann.run("token", "--force-refresh").returncode == 0


def split(change: str) -> tuple[str, str]:
    name, _, value = change.partition("=")
    return name, value


@pytest.mark.parametrize("end", [("sign-out",), ("account", "delete", "--yes-delete", "ann")], ids=str)
def test_session_that_ends_beside_a_change_stays_ended(
    ann: Machine, processes: Processes, end: tuple[str, ...]
) -> None:
    started = [
        *(processes.start("account", "set", change) for change in CHANGES[:2]),
        processes.start(*end),
        processes.start("account", "set", CHANGES[2]),
    ]
    errors = [process.communicate(timeout=100)[1] for process in started]

    *changes, ending = (started[0], started[1], started[3], started[2])
    assert ending.returncode in (0, 4), errors  # 4: a change has forgotten what had ended
    assert {process.returncode for process in changes} <= {0, 4, 5}, errors
    assert not any("internal error" in error.lower() or "Traceback" in error for error in errors), errors
    assert not list(ann.sessions.entries()), "a refresh has stored the session again"
    assert ann.run("account", "show").returncode == 4
