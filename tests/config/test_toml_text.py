"""Changes to TOML by hand: what was meant is changed, and nothing else."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_auth.config.toml_text import (
    NotEditable,
    lines_of,
    with_table,
    with_value,
    without_key,
    without_table,
    written,
)

WRITTEN_BY_HAND = '''\
# my pools
default_profile = "a"  # mine

[theme]   # of a later version
colours = [ "red", # ]
  "green" ]

# about a
[profiles.a]
user_pool_id = "eu-west-1_A"   # the pool
# [profiles.no]
app_name = """A
[profiles.no]
"""

[profiles.a.password_policy]
min_length = 8

# about b
[profiles."b b"]
user_pool_id = 'eu-west-1_B'
'''


def test_each_key_is_found_on_its_line() -> None:
    lines = lines_of(WRITTEN_BY_HAND)
    assert lines["profiles", "a"] == 9
    assert lines["profiles", "a", "app_name"] == 12
    assert lines["profiles", "a", "password_policy", "min_length"] == 17
    assert lines["profiles", "b b", "user_pool_id"] == 21
    assert ("profiles", "no") not in lines


@pytest.mark.parametrize(
    ("written_so", "key"),
    [('"a\tb"', "a\tb"), (r'"a\U00000022b"', 'a"b'), (r'"\u00e9\t"', "é\t"), ("'a\"b'", 'a"b')],
)
def test_a_key_in_quotes_is_found_however_it_is_written(written_so: str, key: str) -> None:
    assert lines_of(f"[later]\n{written_so} = 1\n") == {("later",): 1, ("later", key): 2}


def test_a_value_is_changed_in_its_place() -> None:
    changed = with_value(WRITTEN_BY_HAND, ("default_profile",), "b b")
    assert changed == WRITTEN_BY_HAND.replace('default_profile = "a"', 'default_profile = "b b"')


def test_a_key_that_was_not_there_comes_before_every_table() -> None:
    changed = with_value("# mine\n[profiles.a]\nx = 1\n", ("default_profile",), "a")
    assert tomllib.loads(changed) == {"default_profile": "a", "profiles": {"a": {"x": 1}}}
    assert changed.endswith("# mine\n[profiles.a]\nx = 1\n")


def test_a_new_table_comes_last_and_all_else_stays() -> None:
    values = {"client_id": "c\n1", "mfa_methods": ("SMS",), "password_policy": {"min_length": 8}}
    changed = with_table(WRITTEN_BY_HAND, ("profiles", "c"), values, "from a file")
    assert changed.startswith(WRITTEN_BY_HAND)
    assert changed.removeprefix(WRITTEN_BY_HAND) == (
        "\n[profiles.c]\n# from a file\n"
        'client_id = "c\\n1"\nmfa_methods = ["SMS"]\npassword_policy = { min_length = 8 }\n'
    )


def test_a_table_goes_with_those_below_it_and_the_comments_around_it_stay() -> None:
    changed = without_table(WRITTEN_BY_HAND, ("profiles", "a"))
    assert list(tomllib.loads(changed)["profiles"]) == ["b b"]
    assert "# about b\n" in changed
    assert "# of a later version" in changed
    assert "password_policy" not in changed
    assert "# the pool" not in changed


def test_a_table_that_is_replaced_leaves_no_gap_behind() -> None:
    around = "[profiles.a]\nx = 1\n\n{}[profiles.b]\nx = 2\n"
    text = around.format("[profiles.c]\nx = 3\n\n")
    assert without_table(text, ("profiles", "c")) == around.format("")
    last = with_table(around.format(""), ("profiles", "c"), {"x": 3})
    replaced = with_table(without_table(last, ("profiles", "c")), ("profiles", "c"), {"x": 4})
    assert replaced == last.replace("3", "4")
    assert "\n\n\n" not in with_table(without_table(text, ("profiles", "a")), ("profiles", "a"), {"x": 1})


def test_a_file_with_what_is_no_number_can_be_changed() -> None:
    assert with_value("[later]\nx = [nan]\n", ("y",), 1) == "y = 1\n\n[later]\nx = [nan]\n"


def test_the_last_table_can_go_too() -> None:
    assert without_table("[profiles.a]\nx = 1\n", ("profiles", "a")) == ""


def test_a_key_goes_with_its_line() -> None:
    assert without_key(WRITTEN_BY_HAND, ("default_profile",)) == WRITTEN_BY_HAND.replace(
        'default_profile = "a"  # mine\n', ""
    )


def test_the_line_breaks_of_the_file_are_kept() -> None:
    text = WRITTEN_BY_HAND.replace("\n", "\r\n")
    changed = with_table(text, ("profiles", "c"), {"x": 1}, "new")
    changed = with_value(without_table(changed, ("profiles", "a")), ("other",), 1)
    assert "\n" not in changed.replace("\r\n", "")


@pytest.mark.parametrize("text", ["profiles = {}\n", "profiles = { a = { x = 1 } }\n"])
def test_what_cannot_be_changed_without_writing_it_anew_is_refused(text: str) -> None:
    with pytest.raises(NotEditable):
        with_table(text, ("profiles", "b"), {"x": 1})


values = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**53), 2**53) | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        ('a"b\n\x7fé', '"a\\"b\\n\\u007fé"'),
        ([1, "a"], '[1, "a"]'),
        ((), "[]"),
        ({}, "{}"),
        ({"a": 1, "b c": False}, '{ a = 1, "b c" = false }'),
    ],
)
def test_each_kind_of_value_has_one_way_of_writing(value: object, text: str) -> None:
    assert written(value) == text


@given(values)
def test_whatever_is_written_is_read_as_it_was(value: object) -> None:
    assert tomllib.loads(f"x = {written(value)}") == {"x": value}


@settings(max_examples=40)  # each is a whole file, taken apart twice
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values, min_size=1, max_size=3))
def test_a_table_put_in_and_taken_out_leaves_the_text(content: dict[str, object]) -> None:
    changed = with_table(WRITTEN_BY_HAND, ("profiles", "c"), content)
    assert without_table(changed, ("profiles", "c")) == WRITTEN_BY_HAND + "\n"
