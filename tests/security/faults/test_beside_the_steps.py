"""What a sign-in asks beside answering a step meets faults too: words come of it, the next try works."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.security.faults.catalogue import NO_BODY, SAYS, SLOW, UNANSWERED, a_share
from tests.security.faults.conftest import deadline
from tests.security.faults.person import NEW_PASSWORD, Person, somebody_like
from tests.security.faults.proxy import Fault, FaultProxy
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import ConfirmSignUp, Done, ResetPassword
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoPool
from tui_auth.secret import Secret

Record = Callable[[str, object], None]
_COUNT = itertools.count(1)


@dataclass
class Case:
    """A person before the pool, through the proxy."""

    server: PoolServer
    auth: Auth
    person: Person

    def __post_init__(self) -> None:
        self.attempt: Attempt = self.auth.attempt()
        self.name = self.person.username


def _before_nothing(case: Case) -> None:
    case.name = f"zoe{next(_COUNT)}"


def _make_an_account(case: Case) -> None:
    attributes = {"email": f"{case.name}@example.org", "name": "Zoe"}
    case.attempt.sign_up(case.name, Secret(NEW_PASSWORD), user_attributes=attributes)


def _confirm_it(case: Case) -> None:
    assert isinstance(case.attempt.step, ConfirmSignUp)
    code = next(m["code"] for m in reversed(case.server.messages) if m["username"] == case.name)
    case.attempt.confirm_sign_up(Secret(str(code)))


def _forget_the_password(case: Case) -> None:
    case.attempt.forgot_password(case.name)


def _ask_for_a_code(case: Case) -> None:
    case.attempt.reset_password()


def _set_another(case: Case) -> None:
    assert isinstance(case.attempt.step, ResetPassword)
    case.attempt.confirm_reset_password(Secret(NEW_PASSWORD), Secret(case.person.code_sent()))


def _sign_in(case: Case) -> None:
    case.person.sign_in(case.attempt)


def _ask_for_a_sign_up_code(case: Case) -> None:
    case.attempt.resend_sign_up_code()


def _begin_the_step_again(case: Case) -> None:
    case.attempt.restart()


def _answer(case: Case) -> None:
    case.person.answer(case.attempt)


Act = Callable[[Case], None]
WORK: dict[str, tuple[str, Act, Act, Act]] = {
    "an account is made": ("ann", _before_nothing, _make_an_account, _confirm_it),
    "a reset is asked for": ("tess", _forget_the_password, _ask_for_a_code, _set_another),
    "a sign-up code is asked for": ("carl", _sign_in, _ask_for_a_sign_up_code, _answer),
    "a step is begun again": ("sam", _sign_in, _begin_the_step_again, _answer),
}
"""Who, what comes before, what meets the fault, and what then leads to the tokens."""


@pytest.mark.parametrize("what", WORK)
def test_fault_is_reported_and_the_next_try_signs_in(
    what: str, server: PoolServer, demo: DemoPool, proxy: FaultProxy, record_property: Record
) -> None:
    username, before, work, after = WORK[what]
    user = next(each for each in demo.users if each.username == username)
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=proxy.url)
    faults = a_share(UNANSWERED, what, WORK)
    failed: list[str] = []
    for fault in faults:
        case = Case(server, auth, Person(server, somebody_like(server, user)))
        try:
            before(case)
            words = _said(case, work, fault, proxy)
            if SAYS.get(fault.name, "") not in words or (not words and fault.name != NO_BODY):
                failed.append(f"{fault.name}: {words!r}")
            work(case)
            after(case)
            if what == "a reset is asked for" and not isinstance(case.attempt.step, Done):
                case.person.passwords.insert(0, NEW_PASSWORD)
            case.person.finish(case.attempt)
        except Exception as error:
            failed.append(f"{fault.name}: {error!r}")
    record_property("cases", ("fault matrix, beside the steps", "calls", len(faults), len(failed)))
    assert not failed, "\n".join(failed)


def _said(case: Case, work: Act, fault: Fault, proxy: FaultProxy) -> str:
    """The words of the refusal that a call ends with; nothing where it does not."""
    with proxy.armed(fault), deadline(0.7 if fault.name in SLOW else 30.0):
        try:
            work(case)
        except AuthError as error:
            return error.message
    return ""
