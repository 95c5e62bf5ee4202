"""Flat JSON: loads and a JSON parser read the same values from what dumps writes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_auth.session import state

VALUES = st.one_of(
    st.text(),
    st.integers(0, 2**60),
    st.floats(0, 1e15, allow_nan=False),
    st.none(),
    st.booleans(),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@given(st.dictionaries(st.text(), VALUES))
def test_loads_reads_the_values_a_json_parser_reads(members: dict[str, object]) -> None:
    content = state.dumps(members)
    parsed = json.loads(content)
    assert parsed == json.loads(json.dumps(members))
    for name, value in state.loads(content).items():
        assert value == parsed[name] if isinstance(parsed[name], str) else json.loads(value) == parsed[name]


@given(st.dictionaries(st.text("ab.-_/9", min_size=1), st.one_of(st.text("ab.-_/9 :,{}"), st.integers(0, 9))))
def test_loads_reads_every_plain_text_and_number(members: dict[str, object]) -> None:
    assert state.loads(state.dumps(members)) == {name: str(value) for name, value in members.items()}


@given(st.binary())
def test_loads_accepts_any_content(content: bytes) -> None:
    state.loads(content)


@pytest.mark.parametrize("value", ["a\x1b]0;x\x07b", "a\tb", "a\x7fb", "a\x9bb", "a\u2028b"])
def test_raw_control_characters_are_left_out(value: str) -> None:
    """A file edited by hand may have what dumps would escape; it must not reach the terminal."""
    content = '{\n"note": "' + value + '",\n"b": "c"\n}\n'
    assert state.loads(content.encode()) == {"b": "c"}
