"""The one-time code in what a person typed or pasted: in groups, or with the sentence it came in."""

from __future__ import annotations

import re
from typing import Final

PLAUSIBLE_DIGITS: Final = range(4, 11)
"""How long a code of digits may be where its length is not known."""

_DASHES: Final = r"\-" "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{MINUS SIGN}"
SEPARATOR: Final = rf"[\s{_DASHES}]"
# Digits in groups, one separator between two groups; no part of a word, an amount, a date or a time of day.
_DIGIT_GROUPS: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?<![0-9][.,:/])[0-9]+(?:{SEPARATOR}[0-9]+)*(?![A-Za-z0-9]|[.,:/][0-9])"
)
_PHONE_NUMBER: Final = re.compile(r"\+[0-9][0-9\s()-]*")
_LETTERS_AND_DIGITS: Final = re.compile(r"(?<!\w)(?=\w*[0-9])(?=\w*[A-Za-z])[A-Za-z0-9]{4,16}(?!\w)")


def code_in(text: str, digits: int | None, takes_letters: bool) -> str | None:
    """The one code that a text holds; None where it holds none or where two could be meant.

    ``digits`` is the expected length: if runs of just that length are found, others do not count.
    """
    whole = re.sub(SEPARATOR, "", text)
    if whole.isascii() and whole.isdigit():
        return whole
    runs = _DIGIT_GROUPS.findall(_PHONE_NUMBER.sub(" ", text))
    readings = {reading for run in runs for reading in _readings(run, digits)}
    expected = {reading for reading in readings if len(reading) == digits}
    plausible = expected or {reading for reading in readings if len(reading) in PLAUSIBLE_DIGITS}
    if takes_letters and not expected:
        if len(text.split()) < 3:
            return None  # no sentence: all of it may be the code
        plausible |= set(_LETTERS_AND_DIGITS.findall(text))
    return plausible.pop() if len(plausible) == 1 else None


def _readings(run: str, digits: int | None) -> list[str]:
    """What a run of groups may mean: one code in groups of equal length, or a group of the expected one."""
    groups = re.split(SEPARATOR, run)
    if len(set(map(len, groups))) == 1 and len(groups[0]) != digits:
        return ["".join(groups)]
    return [group for group in groups if len(group) == digits]
