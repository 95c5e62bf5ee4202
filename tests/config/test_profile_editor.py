"""Edits of config.toml change the profile and keep the other lines."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.conftest import Home
from tui_auth.config.files import ConfigurationError
from tui_auth.config.profile_editor import (
    add_profile,
    remove_profile,
    set_profile_setting,
    use_profile,
)
from tui_auth.config.profiles import line_numbers, load_profiles

AUTHORED = '''\
# my pools
default_profile = "a"  # mine

# about a
[profiles.a]
user_pool_id = "eu-west-1_A"   # the pool
# [profiles.no]
app_name = """A
[profiles.no]
"""
mfa_methods = [ "SMS", # ]
  "TOTP" ]

[profiles.a.password_policy]
min_length = 8

# about b
[profiles."b b"]
user_pool_id = 'eu-west-1_B'
'''


def read_config(home: Home) -> str:
    """Return the text of config.toml with its line breaks unchanged."""
    return home.config.read_bytes().decode()


def test_each_key_has_its_line() -> None:
    lines = line_numbers(AUTHORED)
    assert lines["profiles", "a"] == 5
    assert lines["profiles", "a", "app_name"] == 8
    assert lines["profiles", "a", "password_policy", "min_length"] == 15
    assert lines["profiles", "b b", "user_pool_id"] == 19
    assert ("profiles", "no") not in lines


@pytest.mark.parametrize(
    ("source", "key"),
    [('"a\tb"', "a\tb"), (r'"a\U00000022b"', 'a"b'), (r'"\u00e9\t"', "é\t"), ("'a\"b'", 'a"b'), ('"#"', "#")],
)
def test_quoted_key_has_its_line(source: str, key: str) -> None:
    assert line_numbers(f"[later]\n{source} = 1\n") == {("later",): 1, ("later", key): 2}


def test_default_is_changed_in_place(home: Home) -> None:
    home.write_config(AUTHORED)
    use_profile("b b", home.environ)
    assert read_config(home) == AUTHORED.replace('default_profile = "a"', 'default_profile = "b b"')
    use_profile(None, home.environ)
    assert read_config(home) == AUTHORED.replace('default_profile = "a"  # mine\n', "")


def test_first_default_is_inserted_at_the_top(home: Home) -> None:
    text = '# mine\n[profiles.a]\nclient_id = "c"\n'
    home.write_config(text)
    use_profile("a", home.environ)
    assert read_config(home) == f'default_profile = "a"\n\n{text}'


def test_setting_is_added_to_a_profile_and_changed_in_place(home: Home) -> None:
    home.write_config(AUTHORED)
    for site in ("auth.example.com", "auth.example.org"):
        set_profile_setting("a", "passkey_relying_party", site, home.environ)
        line = f'passkey_relying_party = "{site}"\n'
        assert read_config(home).replace(line, "") == AUTHORED
        assert load_profiles(home.environ).tables["a"]["passkey_relying_party"] == site
    with pytest.raises(ConfigurationError):
        set_profile_setting("no", "passkey_relying_party", "auth.example.com", home.environ)


def test_new_profile_is_appended(home: Home) -> None:
    home.write_config(AUTHORED)
    values = {"client_id": "c\n1", "mfa_methods": ("SMS",), "session_minutes": 5.0}
    add_profile("c", values, comment="from a file", environ=home.environ)
    assert read_config(home) == AUTHORED + (
        '\n[profiles.c]\n# from a file\nclient_id = "c\\n1"\nmfa_methods = ["SMS"]\nsession_minutes = 5\n'
    )


def test_table_value_is_written_inline(home: Home) -> None:
    add_profile("c", {"password_policy": {"min_length": 8}}, environ=home.environ)
    assert load_profiles(home.environ).lines["c"] == {"": 1, "password_policy": 2}


def test_removing_a_profile_removes_its_tables_and_keeps_comments(home: Home) -> None:
    home.write_config(AUTHORED)
    remove_profile("a", home.environ)
    assert read_config(home) == (
        "# my pools\n\n# about a\n\n# about b\n[profiles.\"b b\"]\nuser_pool_id = 'eu-west-1_B'\n"
    )


def test_comment_after_the_last_profile_is_kept(home: Home) -> None:
    home.write_config("[profiles.a]\nclient_id = 'c'\n\n# the end\n")
    remove_profile("a", home.environ)
    assert "# the end\n" in read_config(home)
    assert tomllib.loads(read_config(home)) == {}


def test_unknown_values_are_kept(home: Home) -> None:
    home.write_config("[profiles.a]\nx = [nan, 2020-01-01]\n")
    add_profile("b", {"client_id": "c"}, environ=home.environ)
    assert read_config(home).startswith("[profiles.a]\nx = [nan, 2020-01-01]\n\n[profiles.b]\n")


def test_line_breaks_are_kept(home: Home) -> None:
    home.write_config("")
    home.config.write_bytes(AUTHORED.replace("\n", "\r\n").encode())
    add_profile("c", {"client_id": "c"}, comment="new", environ=home.environ)
    use_profile("c", home.environ)
    remove_profile("a", home.environ)
    assert "\n" not in read_config(home).replace("\r\n", "")


@pytest.mark.parametrize(
    "text",
    [
        "profiles = { a = { client_id = '1' } }\n",
        "profiles.a = { client_id = '1' }\n",
        "profiles.a.client_id = '1'\n",
        "[profiles]\na = { client_id = '1' }\n",
        "[profiles]\na.client_id = '1'\n",
        "[profiles] # all\n[ 'profiles' . \"a\" ]\nclient_id = '1'",
    ],
)
def test_every_notation_of_a_profile_can_be_edited(home: Home, text: str) -> None:
    home.write_config(text)
    add_profile("b", {"client_id": "2"}, environ=home.environ)
    assert load_profiles(home.environ).tables == {"a": {"client_id": "1"}, "b": {"client_id": "2"}}
    remove_profile("a", home.environ)
    assert load_profiles(home.environ).tables == {"b": {"client_id": "2"}}


any_text = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(any_text, any_text, max_size=3), any_text)
def test_any_text_survives_a_round_trip(home: Home, metadata: dict[str, str], name: str) -> None:
    home.write_config(AUTHORED)
    values = {"client_metadata": metadata, "app_name": name}
    add_profile("c", values, environ=home.environ)
    assert load_profiles(home.environ).tables["c"] == values
    remove_profile("c", home.environ)
    assert read_config(home).rstrip("\n") == AUTHORED.rstrip("\n")
