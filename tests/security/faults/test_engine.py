"""Each next step meets each fault in the engine: words come of it, and the next try leads to the tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.security.faults.catalogue import NO_BODY, SAYS, SLOW, SPOILED, UNANSWERED
from tests.security.faults.conftest import deadline
from tests.security.faults.person import Person
from tests.security.faults.proxy import Fault, FaultProxy
from tests.security.faults.steps import MEETINGS, Meeting
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import NEXT_STEPS, Done
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoPool

Record = Callable[[str, object], None]


def test_every_next_step_is_reached() -> None:
    assert {meeting.step for meeting in MEETINGS} == {None, *NEXT_STEPS}


class UnexpectedStep(Exception):
    """A spoiled reply led elsewhere."""


class Walk:
    """The ways to one step and beyond it, through the proxy."""

    def __init__(self, meeting: Meeting, server: PoolServer, demo: DemoPool, proxy: FaultProxy) -> None:
        self._meeting, self._server, self._demo, self.proxy = meeting, server, demo, proxy
        user = self.person().user
        self._auth = Auth(user.user_pool_id, user.client_id, endpoint_url=proxy.url)
        self.tried = 0
        self.failed: list[str] = []

    def person(self) -> Person:
        """Somebody who has not met the step yet."""
        return self._meeting.person(self._server, self._demo)

    def begun(self) -> Attempt:
        """An attempt before its first call."""
        return self._auth.attempt()

    def go(self, person: Person, attempt: Attempt) -> None:
        """Answer until the step waits."""
        for _ in range(4):
            if self._meeting.step is None or isinstance(attempt.step, self._meeting.step):
                return
            person.answer(attempt)
        raise UnexpectedStep(attempt.step)

    def counted(self, work: Callable[[], object]) -> int:
        """How many calls some work makes."""
        before = len(self.proxy.asked)
        work()
        return len(self.proxy.asked) - before

    @contextmanager
    def case(self, fault: Fault, call: int) -> Iterator[None]:
        """One case of the matrix: what goes wrong in it is noted, and the next one comes."""
        self.tried += 1
        try:
            yield
        except Exception as error:
            self.failed.append(f"{fault.name}, call {call}: {error!r}")

    def spoiled(self, fault: Fault, call: int) -> None:
        """A call meets the fault; then nothing does, and the person gets to the tokens."""
        met = self.proxy.met
        person, attempt = self.person(), self.begun()
        comes_to_the_step = fault.arrives and self._meeting.step is not None
        if not fault.arrives:
            self.go(person, attempt)
        with self.proxy.armed(fault, after=call), deadline(0.7 if fault.name in SLOW else 30.0):
            words = said(lambda: self.go(person, attempt) if comes_to_the_step else person.answer(attempt))
        assert self.proxy.met == met + 1, f"the fault was not met: {words}"
        assert words is None or SAYS.get(fault.name, "") in words, words
        assert words or fault.arrives or fault.name == NO_BODY, "nobody said a word"
        assert isinstance(person.finish(attempt), Done)


def said(work: Callable[[], object]) -> str | None:
    """The words of a refusal; None where there is none, or where a step came that was not expected."""
    try:
        work()
    except AuthError as error:
        return error.message
    except UnexpectedStep:
        return None
    return None


@pytest.mark.timeout(300)
@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name)
def test_fault_at_any_step_gives_a_message_and_can_be_retried(
    meeting: Meeting, server: PoolServer, demo: DemoPool, proxy: FaultProxy, record_property: Record
) -> None:
    walk = Walk(meeting, server, demo, proxy)
    person, attempt = walk.person(), walk.begun()
    to_reach = walk.counted(lambda: walk.go(person, attempt))
    to_answer = 0 if meeting.step is Done else walk.counted(lambda: person.answer(attempt))

    calls = [(fault, call) for fault in UNANSWERED for call in range(to_answer)]
    calls += [(fault, max(to_reach - 1, 0)) for fault in SPOILED]
    for fault, call in calls:
        with walk.case(fault, call):
            walk.spoiled(fault, call)
    record_property("cases", ("fault matrix (step × fault), engine", "steps", walk.tried, len(walk.failed)))
    assert not walk.failed, "\n".join(walk.failed)
    assert proxy.strangers == 0, "a redirect was followed"
    assert not server.internal_errors
