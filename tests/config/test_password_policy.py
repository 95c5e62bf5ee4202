"""The password policy as a checklist."""

from __future__ import annotations

from tui_auth.config.settings import PasswordPolicy


def test_checklist_has_each_rule_and_whether_it_is_met() -> None:
    policy = PasswordPolicy(10, require_uppercase=True, require_numbers=True, require_symbols=True)
    assert policy.checklist("short1") == [
        ("at least 10 characters", False),
        ("an uppercase letter", False),
        ("a digit", True),
        ("a symbol, such as ! or -", False),
    ]
    assert all(is_met for _, is_met in policy.checklist("Long-enough-1"))


def test_only_inner_spaces_count_as_symbols() -> None:
    policy = PasswordPolicy(1, require_symbols=True)
    assert policy.checklist("a b")[1][1]
    assert not policy.checklist(" ab ")[1][1]


def test_only_ascii_letters_and_digits_count() -> None:
    policy = PasswordPolicy(1, require_lowercase=True, require_uppercase=True, require_numbers=True)
    assert [is_met for _, is_met in policy.checklist("éÉ٣")] == [True, False, False, False]
