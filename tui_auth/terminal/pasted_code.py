"""Finds the one-time code in what the user typed or pasted: in groups, or in a sentence."""

from __future__ import annotations

import re
from typing import Final

PLAUSIBLE_DIGITS: Final = range(4, 11)
"""The lengths that a code of digits may have if its length isn't known."""

_DASHES: Final = r"\-" "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{MINUS SIGN}"
SEPARATOR: Final = rf"[\s{_DASHES}]"
# Digits in groups with one separator in between, but not in a word, an amount, a date or a time of day.
_DIGIT_GROUPS: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?<![0-9][.,:/])[0-9]+(?:{SEPARATOR}[0-9]+)*(?![A-Za-z0-9]|[.,:/][0-9])"
)
_PHONE_NUMBER: Final = re.compile(r"\+[0-9][0-9\s()-]*")
_LETTERS_AND_DIGITS: Final = re.compile(r"(?<!\w)(?=\w*[0-9])(?=\w*[A-Za-z])[A-Za-z0-9]{4,16}(?!\w)")


def find_code(text: str, digits: int | None, takes_letters: bool) -> str | None:
    """Return the one code in a text, or None if it has no code or more than one.

    Args:
        text: What was typed or pasted.
        digits: The expected length. If the text has numbers of that length, others don't count.
        takes_letters: Whether the code may have letters.
    """
    whole = re.sub(SEPARATOR, "", text)
    if whole.isascii() and whole.isdigit():
        return whole
    runs = _DIGIT_GROUPS.findall(_PHONE_NUMBER.sub(" ", text))
    candidates = {candidate for run in runs for candidate in _possible_codes(run, digits)}
    expected = {candidate for candidate in candidates if len(candidate) == digits}
    plausible = expected or {candidate for candidate in candidates if len(candidate) in PLAUSIBLE_DIGITS}
    if takes_letters and not expected:
        if len(text.split()) < 3:
            return None  # not a sentence: the whole text may be the code
        plausible |= set(_LETTERS_AND_DIGITS.findall(text))
    return plausible.pop() if len(plausible) == 1 else None


def _possible_codes(run: str, digits: int | None) -> list[str]:
    """Return the codes a run of groups may mean: all joined, or those of the right length."""
    groups = re.split(SEPARATOR, run)
    if len(set(map(len, groups))) == 1 and len(groups[0]) != digits:
        return ["".join(groups)]
    return [group for group in groups if len(group) == digits]
