"""The password policy as a checklist."""

from __future__ import annotations

from tui_auth.config.settings import PasswordPolicy


def test_each_rule_is_told_and_whether_it_is_kept() -> None:
    policy = PasswordPolicy(10, require_uppercase=True, require_numbers=True, require_symbols=True)
    assert policy.checklist("short1") == [
        ("at least 10 characters", False),
        ("an upper-case letter", False),
        ("a digit", True),
        ("a symbol, such as ! or -", False),
    ]
    assert all(kept for _, kept in policy.checklist("Long-enough-1"))


def test_a_blank_counts_as_a_symbol_inside_only() -> None:
    policy = PasswordPolicy(1, require_symbols=True)
    assert policy.checklist("a b")[1][1]
    assert not policy.checklist(" ab ")[1][1]


def test_letters_and_digits_are_those_of_ascii() -> None:
    policy = PasswordPolicy(1, require_lowercase=True, require_uppercase=True, require_numbers=True)
    assert [kept for _, kept in policy.checklist("éÉ٣")] == [True, False, False, False]
