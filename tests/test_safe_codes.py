"""The codes, keys and IDs that the emulator uses in tests."""

from __future__ import annotations

import itertools
import secrets

import pyotp
import pytest

from tests import safe_codes
from tests.safe_codes import is_safe_key, safe_secrets, sent_codes, wrong_code
from tui_auth.emulator import CognitoEmulator, mfa, state
from tui_auth.emulator.demo_users import provision

NOW = 1_800_000_000.0


@pytest.mark.parametrize("count", [6, 8])
def test_sent_codes_differ_from_their_reverse_and_from_wrong_codes(count: int) -> None:
    generated = list(sent_codes(count))
    assert len(generated) > 500
    assert len({*generated}) == len(generated)
    wrong_codes = {wrong_code(code) for code in generated} | {
        wrong_code(wrong_code(code)) for code in generated
    }
    for code in generated:
        assert len(code) == count
        assert code[0] == code[-1] == "0"
        assert code != code[::-1]
        assert code not in wrong_codes
        assert code not in safe_codes.FIXED_CODES


@pytest.mark.parametrize("count", [6, 8])
def test_consecutive_sent_codes_differ_in_every_inner_digit(count: int) -> None:
    for previous, code in itertools.pairwise(sent_codes(count)):
        assert all(a != b for a, b in zip(previous[1:-1], code[1:-1], strict=True))


def test_key_with_an_ambiguous_code_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = next(safe_secrets(mfa.new_totp_secret))
    generate_otp = pyotp.TOTP.generate_otp
    for unlucky_code in ("123321", "123456", wrong_code(pyotp.TOTP(secret).at(int(NOW)))):

        def generate_unlucky(totp: pyotp.TOTP, window: int, unlucky_code: str = unlucky_code) -> str:
            return unlucky_code if window == int(NOW) // 30 + 1 else generate_otp(totp, window)

        monkeypatch.setattr(pyotp.TOTP, "generate_otp", generate_unlucky)
        assert not is_safe_key(secret, NOW)


def test_two_keys_never_have_the_same_code_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = mfa.new_totp_secret(), mfa.new_totp_secret()
    keys = safe_secrets(iter([first, first, second]).__next__)
    assert [next(keys), next(keys)] == [first, second]


def test_every_emulator_in_the_tests_sends_safe_codes() -> None:
    with CognitoEmulator() as server:
        provision(server)
        message_codes = [str(message["code"]) for message in server.messages]
        codes_sent = [code for code in message_codes if code.isdigit()]
        assert codes_sent, "no code was sent"
        assert all(code[0] == code[-1] == "0" for code in codes_sent)
        assert {state.random_digits(8)[0], state.random_digits(6)[0]} == {"0"}


@pytest.mark.parametrize(("number", "code"), [(7, "000007"), (999_999, "999999")])
def test_emulator_keeps_leading_zeros_of_its_codes(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda limit: min(number, limit - 1))
    assert safe_codes.random_digits(6) == code
