"""Faults at each next step's line prompt, a share at each: words come of it, and only text is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.catalogue import SAYS, SLOW, SPOILED, UNANSWERED
from tests.faults.conftest import deadline
from tests.faults.person import NEW_PASSWORD, Person
from tests.faults.proxy import FaultProxy
from tests.faults.sequences import strangers_in
from tests.faults.steps import MEETINGS, Meeting, share
from tui_auth.auth.auth import Auth
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import Done
from tui_auth.flow.error_message import INTERNAL_ERROR
from tui_auth.flow.settings import SignInSettings
from tui_auth.plain.sign_in import PlainSignIn
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoPool
from tui_auth.secret import Secret

Record = Callable[[str, object], None]

BEHIND_A_CHOICE = ("ContinueSignInWithEmailMFASetup", "ConfirmSignInWithPassword")
AT_THE_PROMPT = [meeting for meeting in MEETINGS if meeting.name not in BEHIND_A_CHOICE]


class OneFault:
    """A conversation that ends at the first question after a fault was met."""

    def __init__(self, proxy: FaultProxy, person: Person) -> None:
        self.said: list[str] = []
        self._proxy, self._person, self._met = proxy, person, proxy.met

    def say(self, text: str = "") -> None:
        self.said.append(text)

    def ask(self, prompt: str) -> str:
        self._ask(prompt)
        return "1" if prompt == "Number" else "123456"

    def wait(self, seconds: float) -> None:
        pass

    def ask_secret(self, prompt: str) -> Secret:
        self._ask(prompt)
        return (self._person.password if prompt == "Password" else None) or Secret(NEW_PASSWORD)

    def _ask(self, prompt: str) -> None:
        self.said.append(prompt)
        if self._proxy.met > self._met:
            raise EOFError


@pytest.mark.parametrize("meeting", AT_THE_PROMPT, ids=lambda meeting: meeting.name)
def test_a_fault_at_any_prompt_is_said_in_lines_that_are_only_text(
    meeting: Meeting, server: PoolServer, demo: DemoPool, proxy: FaultProxy, record_property: Record
) -> None:
    person = meeting.person(server, demo)
    user = person.user
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=proxy.url)
    attempt = auth.attempt()
    if meeting.step is not None:
        person.sign_in(attempt)
    calls = len(proxy.asked)
    faults = [(fault, calls) for fault in share(UNANSWERED, meeting) if meeting.step is not Done]
    faults += [(fault, max(calls - 1, 0)) for fault in share(SPOILED, meeting)]
    failed: list[str] = []
    for fault, call in faults:
        lines = OneFault(proxy, person)
        flow = AuthFlow(user.auth_flow)
        settings = SignInSettings(pool="acme-staff", username=person.username, auth_flow=flow)
        with proxy.armed(fault, after=call), deadline(0.7 if fault.name in SLOW else 30.0):
            met = proxy.met
            try:
                PlainSignIn(auth, settings, lines).run()
            except EOFError:
                pass
            except (AuthError, Exception) as error:
                failed.append(f"{fault.name}: {error!r}")
        text = "\n".join(lines.said)
        wrong = strangers_in(text) + [INTERNAL_ERROR] * (INTERNAL_ERROR in text)
        wrong += [f"{SAYS.get(fault.name)} is missing"] * (SAYS.get(fault.name, "") not in text)
        wrong += ["not met"] * (proxy.met != met + 1) + ["too long"] * (len(text) > 20_000)
        if wrong:
            failed.append(f"{fault.name}: {wrong[:3]} {text[-400:]}")
    record_property("cases", ("fault matrix (step × fault), line prompts", "steps", len(faults), len(failed)))
    assert not failed, "\n".join(failed)
