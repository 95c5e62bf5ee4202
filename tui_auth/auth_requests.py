"""From what a person decided on a screen to the request that is made for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tui_auth.auth.attempt import Attempt
from tui_auth.auth.devices import Device
from tui_auth.auth.next_step import ConfirmSignUp, DeliveryDetails, NextStep, ResetPassword
from tui_auth.screens.sign_in import SignInAsked
from tui_auth.screens.step_screen import Answered
from tui_auth.secret import Secret
from tui_auth.settings import SignInSettings

if TYPE_CHECKING:
    from tui_auth.screens.sign_up import SignUpAsked

Outcome = NextStep | DeliveryDetails
Request = Callable[[Attempt], Outcome]
"""One call of an attempt, made on a thread of its own. Raises AuthError for a refusal."""


def sign_in(
    asked: SignInAsked, settings: SignInSettings, find_device: Callable[[str], Device | None]
) -> Request:
    """InitiateAuth with name and password; ``find_device`` is asked on the request's own thread."""

    def request(attempt: Attempt) -> NextStep:
        return attempt.sign_in(
            asked.username,
            asked.password,
            auth_flow=settings.auth_flow,
            preferred_first_factor=settings.preferred_first_factor,
            client_metadata=settings.client_metadata,
            device=find_device(asked.username),
        )

    return request


def sign_up(asked: SignUpAsked, settings: SignInSettings) -> Request:
    """SignUp, after which the sign-in goes on by itself."""
    return partial(
        Attempt.sign_up,
        username=asked.username,
        password=asked.password,
        user_attributes=asked.attributes,
        auth_flow=settings.auth_flow,
        client_metadata=settings.client_metadata,
    )


def answer(step: NextStep, answered: Answered) -> Request:
    """What answering a step asks of Cognito."""
    match step, answered.value:
        case ResetPassword(), Secret() as code if answered.new_password is not None:
            return partial(Attempt.confirm_reset_password, new_password=answered.new_password, code=code)
        case ConfirmSignUp(), Secret() as code:
            return partial(Attempt.confirm_sign_up, code=code)
        case _, value:
            return partial(Attempt.confirm, answer=value, user_attributes=answered.attributes)


def new_code(step: NextStep) -> Request | None:
    """How a new code is had at a step; None where only starting the step again sends one."""
    match step:
        case ResetPassword():
            return Attempt.reset_password
        case ConfirmSignUp():
            return Attempt.resend_sign_up_code
    return None
