"""Faults at each next step's screen, a share at each: words, a next try that works, a safe terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.catalogue import NO_BODY, SAYS, SLOW, SPOILED, UNANSWERED
from tests.faults.conftest import deadline
from tests.faults.hands import SIZE, Hands, app_for
from tests.faults.hostile import HOSTILE_COLOUR
from tests.faults.proxy import Fault, FaultProxy, Reply
from tests.faults.sequences import strangers_in
from tests.faults.steps import MEETINGS, Meeting, share
from tui_auth.auth.next_step import Done
from tui_auth.flow.error_message import INTERNAL_ERROR
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoPool

Record = Callable[[str, object], None]

HEALTHY_REFUSAL = Fault(
    "Cognito's own refusal",
    lambda turn: turn.send(Reply.of({"__type": "ExpiredCodeException", "message": "no"}, 400).wire),
    arrives=False,
)
ITS_WORDS = "That code has expired, or was never sent."


class Watch:
    """The cases at one step, and what went wrong in them."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.tried = 0
        self.failed: list[str] = []

    def look(self, fault: Fault, *, wanted: str = "") -> None:
        """Note what is wrong with what is on the screen, and with what the terminal received."""
        app = self.hands.app
        text, terminal = app.text(), app.terminal
        received = "".join(terminal.received)
        terminal.received.clear()
        wrong = [f"{wanted!r} is missing"] if wanted not in text else []
        wrong += strangers_in(received) + [HOSTILE_COLOUR] * (HOSTILE_COLOUR in received)
        wrong += [INTERNAL_ERROR] * (INTERNAL_ERROR in text) + ["Traceback"] * ("Traceback" in text)
        wrong += [repr(app._exception)] if app._exception else []
        if wrong:
            self.failed.append(f"{fault.name}: {wrong[:3]} {text}")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name)
async def test_a_fault_at_any_screen_is_said_there_and_the_next_try_works(
    meeting: Meeting, server: PoolServer, demo: DemoPool, proxy: FaultProxy, record_property: Record
) -> None:
    app = app_for(meeting.person(server, demo), proxy.url)
    async with app.run_test(size=SIZE) as pilot:
        hands = Hands(app, pilot, meeting.person(server, demo), proxy)
        watch = Watch(hands)
        await hands.go_to(meeting.step)
        calls_to_the_step = len(proxy.asked)
        for fault in share(UNANSWERED, meeting) if meeting.step is not Done else ():
            await unanswered(fault, watch)
        for fault in share(SPOILED, meeting):
            hands.person = meeting.person(server, demo)
            await spoiled(fault, meeting, max(calls_to_the_step - 1, 0), watch)
        hands.person = meeting.person(server, demo)
        await hands.back_to_sign_in()
        await hands.go_to(Done)
        assert "Signed in as" in app.text()
    record_property(
        "cases", ("fault matrix (step × fault), full screen", "steps", watch.tried, len(watch.failed))
    )
    assert not watch.failed, "\n".join(watch.failed)
    assert proxy.strangers == 0, "a redirect was followed"
    assert not server.internal_errors


async def unanswered(fault: Fault, watch: Watch) -> None:
    """A fault in place of the answer: said on the same screen, where the next try gets Cognito's own word."""
    hands, screen = watch.hands, watch.hands.screen
    watch.tried += 1
    with hands.proxy.armed(fault), deadline(0.7 if fault.name in SLOW else 30.0):
        await hands.answer()
    # A confirmation may be answered by nothing at all; that it was none is seen when signing in.
    is_same = hands.screen is screen or (fault.name == NO_BODY and type(hands.screen) is type(screen))
    wanted = SAYS[fault.name] if is_same else "the same screen"
    watch.look(fault, wanted=wanted)
    with hands.proxy.armed(HEALTHY_REFUSAL):
        await hands.answer()
    watch.look(fault, wanted=ITS_WORDS)


async def spoiled(fault: Fault, meeting: Meeting, call: int, watch: Watch) -> None:
    """A fault in the answer that leads to the step: whatever is shown then is safe, and one can go back."""
    hands = watch.hands
    watch.tried += 1
    await hands.back_to_sign_in()
    met = hands.proxy.met
    with hands.proxy.armed(fault, after=call):
        await hands.go_to(meeting.step or Done)
    watch.look(fault)
    if hands.proxy.met != met + 1:
        watch.failed.append(f"{fault.name}: it was not met")
