"""The choices of a sign-in and their replay after a restart."""

from __future__ import annotations

import pytest

from tui_auth.auth.challenges import Choices

FACTOR, METHOD = ("SELECT_CHALLENGE", "EMAIL_OTP"), ("SELECT_MFA_TYPE", "SMS_MFA")
CHOICES = Choices().append(*FACTOR).append(*METHOD)


def test_choice_is_not_replayed_without_a_restart() -> None:
    assert (CHOICES.made, CHOICES.to_replay) == ((FACTOR, METHOD), ())
    assert CHOICES.last == "SMS_MFA"
    assert CHOICES.pop_replay("SELECT_CHALLENGE") == (None, CHOICES)


def test_restart_replays_each_choice_once_in_order() -> None:
    choices = CHOICES.restart()
    assert choices.pop_replay("SELECT_MFA_TYPE") == (None, choices), "the first choice must be replayed first"
    first_factor, after_first = choices.pop_replay("SELECT_CHALLENGE")
    method, after_second = after_first.pop_replay("SELECT_MFA_TYPE")
    assert (first_factor, method) == ("EMAIL_OTP", "SMS_MFA")
    assert after_second.pop_replay("SELECT_MFA_TYPE") == (None, Choices((FACTOR, METHOD)))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_restart_replays_the_requested_number_of_choices(count: int) -> None:
    assert CHOICES.restart(count) == Choices((FACTOR, METHOD)[:count], (FACTOR, METHOD)[:count])


def test_skip_first_replays_all_other_choices() -> None:
    assert CHOICES.restart().skip_first() == Choices((FACTOR, METHOD), (METHOD,))


def test_preferred_first_factor_replaces_all_choices() -> None:
    assert CHOICES.with_first_factor("SMS_OTP") == Choices((("SELECT_CHALLENGE", "SMS_OTP"),))


@pytest.mark.parametrize(
    ("factor", "is_password"), [("PASSWORD", True), ("PASSWORD_SRP", True), ("EMAIL_OTP", False)]
)
def test_only_a_password_factor_asks_for_the_password(factor: str, is_password: bool) -> None:
    assert Choices().append("SELECT_CHALLENGE", factor).end_with_password is is_password
    assert not Choices().end_with_password
