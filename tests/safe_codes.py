"""Random values for the local emulator that no check in a test can match by chance.

A random six-digit code is sometimes a palindrome, a time of day, a process ID or the code a test uses as the
wrong one, and a random client ID sometimes contains a user name. The tests therefore give the emulator its
codes, authenticator keys and IDs. The product's own generators are unchanged outside the tests.
"""

from __future__ import annotations

import itertools
import re
import string
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyotp

from tui_auth.emulator import app_clients, messages, mfa, user_pools
from tui_auth.emulator.messages import random_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

__all__ = ["install", "is_safe_key", "random_digits", "safe_secrets", "sent_codes", "wrong_code"]

_LIMITS: Final = Path("/proc/self/limits").read_text() if Path("/proc/self/limits").exists() else ""
FIXED_CODES: Final = frozenset({"123456", "654321", *re.findall(r"\b\d{6}\b", _LIMITS)})
"""No user's code: the wrong codes in tests, and what ``/proc/PID/limits`` lists."""

PAST_WINDOWS: Final = 12
FUTURE_WINDOWS: Final = 60
"""How many TOTP windows before and after the present one have safe codes: from -6 to +30 minutes."""

_WORDLESS: Final = "bcdfghjkmnpqrstvwxz"


def wrong_code(code: str) -> str:
    """Return a code of the same length that differs from ``code`` in every position."""
    return "".join(str((int(digit) + 1) % 10) for digit in code)


def sent_codes(count: int) -> Iterator[str]:
    """Yield codes of ``count`` digits as the emulator sends them, the same ones in every run.

    Each starts and ends with 0, so neither it nor its reverse is a whole number as programs write one: a
    port, a size or a process ID. The digits between differ from each other. Successive codes differ in each
    of these digits, and no code is the wrong code made from another.
    """
    between = count - 2
    sets = ["".join(digits) for digits in itertools.permutations(string.digits[1:], between)]
    # A stride that shares no factor with the number of codes visits all of them and keeps neighbors apart.
    stride = 1009
    position, former = 0, "0" * between
    for _ in range(len(sets)):
        position = (position + stride) % len(sets)
        digits = sets[position]
        if all(a != b for a, b in zip(digits, former, strict=True)):
            former = digits
            yield f"0{digits}0"


def is_safe_key(secret: str, now: float) -> bool:
    """Whether a TOTP key's codes around ``now`` are safe to search for and to be told apart.

    None is a palindrome or a fixed code, and a code one or two digits further on in every position, which
    tests use as a wrong code, is the code of no window.
    """
    phone, window = pyotp.TOTP(secret), int(now) // mfa.WINDOW_SECONDS
    shown = [phone.generate_otp(window + step) for step in range(-PAST_WINDOWS, FUTURE_WINDOWS + 1)]
    every = {*shown, *map(wrong_code, shown), *(wrong_code(wrong_code(code)) for code in shown)}
    return len(every) == 3 * len(shown) and not any(
        code == code[::-1] or {code, code[::-1]} & FIXED_CODES for code in shown
    )


def safe_secrets(make: Callable[[], str]) -> Iterator[str]:
    """Yield keys from ``make`` whose codes are safe, also beside the codes of the keys yielded before."""
    taken: set[tuple[int, str]] = set()
    while True:
        secret, now = make(), time.time()
        if not is_safe_key(secret, now):
            continue
        phone, window = pyotp.TOTP(secret), int(now) // mfa.WINDOW_SECONDS
        shown = [(window + step, phone.generate_otp(window + step)) for step in range(-2, 12)]
        # The emulator accepts the codes of the windows beside the present one too.
        if any((at + step, code) in taken for at, code in shown for step in (-2, -1, 0, 1, 2)):
            continue
        taken.update(shown)
        yield secret


def install(patch: pytest.MonkeyPatch) -> None:
    """Have every emulator in this process use safe codes, keys and IDs."""
    supplies: dict[int, Iterator[str]] = {}

    def next_code(count: int) -> str:
        supplies.setdefault(count, itertools.cycle(sent_codes(count)))
        return next(supplies[count])

    keys = safe_secrets(mfa.new_totp_secret)
    patch.setattr(messages, "random_digits", next_code)
    patch.setattr(mfa, "new_totp_secret", lambda: next(keys))
    patch.setattr(app_clients, "CLIENT_ID_CHARACTERS", _WORDLESS + string.digits)
    patch.setattr(user_pools, "POOL_ID_CHARACTERS", _WORDLESS + _WORDLESS.upper() + string.digits)
