"""The choices of a sign-in, and which of them a new start repeats."""

from __future__ import annotations

import pytest

from tui_auth.auth.challenges import Choices

FACTOR, METHOD = ("SELECT_CHALLENGE", "EMAIL_OTP"), ("SELECT_MFA_TYPE", "SMS_MFA")
MADE = Choices().append(*FACTOR).append(*METHOD)


def test_a_choice_is_recorded_and_not_repeated_by_itself() -> None:
    assert (MADE.made, MADE.to_replay) == ((FACTOR, METHOD), ())
    assert MADE.last == "SMS_MFA"
    assert MADE.pop_replay("SELECT_CHALLENGE") == (None, MADE)


def test_a_new_start_repeats_each_choice_once_in_order() -> None:
    start = MADE.restart()
    assert start.pop_replay("SELECT_MFA_TYPE") == (None, start), "its turn has not come"
    first, left = start.pop_replay("SELECT_CHALLENGE")
    second, nothing = left.pop_replay("SELECT_MFA_TYPE")
    assert (first, second) == ("EMAIL_OTP", "SMS_MFA")
    assert nothing.pop_replay("SELECT_MFA_TYPE") == (None, Choices((FACTOR, METHOD)))


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_new_start_repeats_only_the_choices_that_were_kept(kept: int) -> None:
    assert MADE.restart(kept) == Choices((FACTOR, METHOD)[:kept], (FACTOR, METHOD)[:kept])


def test_without_the_first_a_new_start_repeats_the_others() -> None:
    assert MADE.restart().skip_first() == Choices((FACTOR, METHOD), (METHOD,))


def test_a_preferred_first_factor_replaces_all_choices() -> None:
    assert MADE.with_first_factor("SMS_OTP") == Choices((("SELECT_CHALLENGE", "SMS_OTP"),))


@pytest.mark.parametrize(
    ("chosen", "is_password"), [("PASSWORD", True), ("PASSWORD_SRP", True), ("EMAIL_OTP", False)]
)
def test_only_a_password_factor_asks_for_the_password(chosen: str, is_password: bool) -> None:
    assert Choices().append("SELECT_CHALLENGE", chosen).end_with_password is is_password
    assert not Choices().end_with_password
