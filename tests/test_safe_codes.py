"""The codes, keys and IDs that the emulator uses in tests: safe to search for, and used by every emulator."""

from __future__ import annotations

import itertools
import secrets

import pyotp
import pytest

from tests import safe_codes
from tests.safe_codes import is_safe_key, safe_secrets, sent_codes, wrong_code
from tui_auth.emulator import CognitoEmulator, messages, mfa
from tui_auth.emulator.demo_users import provision

NOW = 1_800_000_000.0


@pytest.mark.parametrize("count", [6, 8])
def test_sent_codes_are_no_numbers_and_differ_from_their_reverse_and_from_wrong_codes(count: int) -> None:
    made = list(sent_codes(count))
    assert len(made) > 500
    assert len({*made}) == len(made)
    wrongs = {wrong_code(code) for code in made} | {wrong_code(wrong_code(code)) for code in made}
    for code in made:
        assert len(code) == count
        assert code[0] == code[-1] == "0"
        assert code != code[::-1]
        assert code not in wrongs
        assert code not in safe_codes.FIXED_CODES


@pytest.mark.parametrize("count", [6, 8])
def test_a_sent_code_differs_from_the_one_before_in_every_digit_between_the_zeros(count: int) -> None:
    for former, code in itertools.pairwise(sent_codes(count)):
        assert all(a != b for a, b in zip(former[1:-1], code[1:-1], strict=True))


def test_a_key_with_an_unlucky_code_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = next(safe_secrets(mfa.new_totp_secret))
    shown = pyotp.TOTP.generate_otp
    for unlucky in ("123321", "123456", wrong_code(pyotp.TOTP(secret).at(int(NOW)))):

        def generate(phone: pyotp.TOTP, window: int, unlucky: str = unlucky) -> str:
            return unlucky if window == int(NOW) // 30 + 1 else shown(phone, window)

        monkeypatch.setattr(pyotp.TOTP, "generate_otp", generate)
        assert not is_safe_key(secret, NOW)


def test_two_keys_never_show_the_same_code_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = mfa.new_totp_secret(), mfa.new_totp_secret()
    keys = safe_secrets(iter([first, first, second]).__next__)
    assert [next(keys), next(keys)] == [first, second]


def test_every_emulator_in_the_tests_sends_safe_codes() -> None:
    with CognitoEmulator() as server:
        provision(server)
        codes = [str(message["code"]) for message in server.messages]
        sent = [code for code in codes if code.isdigit()]
        assert sent, "besides temporary passwords"
        assert all(code[0] == code[-1] == "0" for code in sent)
        assert {messages.random_digits(8)[0], messages.random_digits(6)[0]} == {"0"}


@pytest.mark.parametrize(("number", "code"), [(7, "000007"), (999_999, "999999")])
def test_the_emulator_itself_draws_a_number_and_keeps_its_leading_zeros(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda limit: min(number, limit - 1))
    assert safe_codes.random_digits(6) == code
