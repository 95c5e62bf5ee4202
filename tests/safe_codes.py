"""Random values for the local emulator that no check in a test can match by chance.

A random six-digit code is sometimes a palindrome, a time of day, a process ID or a test's wrong code, and a
random client ID sometimes contains a user name. So the tests provide the emulator's codes, authenticator keys
and IDs. Outside the tests, the product's own generators are unchanged.
"""

from __future__ import annotations

import itertools
import re
import string
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyotp

from tui_auth.emulator import mfa, pools, state
from tui_auth.emulator.state import random_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

__all__ = ["install", "is_safe_key", "random_digits", "safe_secrets", "sent_codes", "wrong_code"]

_LIMITS: Final = Path("/proc/self/limits").read_text() if Path("/proc/self/limits").exists() else ""
FIXED_CODES: Final = frozenset({"123456", "654321", *re.findall(r"\b\d{6}\b", _LIMITS)})
"""Codes no user gets: the wrong codes in tests, and the numbers in ``/proc/PID/limits``."""

PAST_WINDOWS: Final = 12
FUTURE_WINDOWS: Final = 60
"""The TOTP windows before and after the current one with safe codes: -6 to +30 minutes."""

_CONSONANTS: Final = "bcdfghjkmnpqrstvwxz"


def wrong_code(code: str) -> str:
    """Return a code of the same length that differs from ``code`` in every position."""
    return "".join(str((int(digit) + 1) % 10) for digit in code)


def sent_codes(count: int) -> Iterator[str]:
    """Yield codes of ``count`` digits as the emulator sends them, the same ones in every run.

    Each starts and ends with 0, so neither it nor its reverse is written like a whole number: a port, a size
    or a process ID. The digits between differ from each other. Successive codes differ in each of these
    digits, and no code is the wrong code derived from another.
    """
    between = count - 2
    sets = ["".join(digits) for digits in itertools.permutations(string.digits[1:], between)]
    # A stride that shares no factor with the number of codes visits all of them and keeps neighbors apart.
    stride = 1009
    position, previous = 0, "0" * between
    for _ in range(len(sets)):
        position = (position + stride) % len(sets)
        digits = sets[position]
        if all(a != b for a, b in zip(digits, previous, strict=True)):
            previous = digits
            yield f"0{digits}0"


def is_safe_key(secret: str, now: float) -> bool:
    """Return whether a TOTP key's codes around ``now`` are distinct and safe to search for.

    None is a palindrome or a fixed code. The wrong codes that tests derive, one or two higher in every digit,
    are not the code of any window.
    """
    phone, window = pyotp.TOTP(secret), int(now) // mfa.WINDOW_SECONDS
    codes_around = [phone.generate_otp(window + step) for step in range(-PAST_WINDOWS, FUTURE_WINDOWS + 1)]
    distinct = {
        *codes_around,
        *map(wrong_code, codes_around),
        *(wrong_code(wrong_code(code)) for code in codes_around),
    }
    return len(distinct) == 3 * len(codes_around) and not any(
        code == code[::-1] or {code, code[::-1]} & FIXED_CODES for code in codes_around
    )


def safe_secrets(new_secret: Callable[[], str]) -> Iterator[str]:
    """Yield keys from ``new_secret`` with safe codes that differ from the earlier keys' codes."""
    used_codes: set[tuple[int, str]] = set()
    while True:
        secret, now = new_secret(), time.time()
        if not is_safe_key(secret, now):
            continue
        phone, window = pyotp.TOTP(secret), int(now) // mfa.WINDOW_SECONDS
        codes_around = [(window + step, phone.generate_otp(window + step)) for step in range(-2, 12)]
        # The emulator also accepts the codes of the adjacent windows.
        if any((at + step, code) in used_codes for at, code in codes_around for step in (-2, -1, 0, 1, 2)):
            continue
        used_codes.update(codes_around)
        yield secret


def install(patch: pytest.MonkeyPatch) -> None:
    code_iterators: dict[int, Iterator[str]] = {}

    def next_code(count: int) -> str:
        code_iterators.setdefault(count, itertools.cycle(sent_codes(count)))
        return next(code_iterators[count])

    keys = safe_secrets(mfa.new_totp_secret)
    patch.setattr(state, "random_digits", next_code)
    patch.setattr(mfa, "new_totp_secret", lambda *_: next(keys))
    patch.setattr(pools, "CLIENT_ID_CHARACTERS", _CONSONANTS + string.digits)
    patch.setattr(pools, "POOL_ID_CHARACTERS", _CONSONANTS + _CONSONANTS.upper() + string.digits)
