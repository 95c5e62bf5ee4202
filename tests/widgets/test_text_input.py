"""TextInput edits one row of text that no message contains."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from textual import events
from textual.widgets import Input

from tests.pilot import paste, press, settle
from tests.widgets.host import Host
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field
from tui_auth.widgets.text_input import SecretInput, TextInput

INPUTS = pytest.mark.parametrize("kind", [TextInput, partial(CodeInput, digits=6), SecretInput])
Kind = Callable[[], TextInput]


@INPUTS
async def test_input_leaves_enter_to_the_screen(kind: Kind) -> None:
    app = Host(kind)
    async with app.run_test() as pilot:
        await press(pilot, *"482913", "enter")
        assert app.enters == 1
        assert app.query_one(TextInput).value == "482913"


@INPUTS
async def test_no_message_carries_the_typed_text(kind: Kind) -> None:
    app = Host(kind, TextInput)
    async with app.run_test(message_hook=app.record) as pilot:
        await press(pilot, *"482913", "enter", "backspace", "tab")
        app.query(TextInput).first().value = "482913"
        await settle(pilot)
        carriers = (Input.Changed, Input.Submitted, Input.Blurred)
        assert not [message for message in app.messages if isinstance(message, carriers)]
        assert "48291" not in "".join(map(repr, app.messages))


async def test_ctrl_c_leaves_even_if_text_is_selected() -> None:
    app = Host(lambda: TextInput("ann"))
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+shift+a", "ctrl+c")
        assert app.leaves == 1
        assert app.sent_to_clipboard == []


async def test_ctrl_v_with_an_empty_clipboard_changes_nothing() -> None:
    app = Host(lambda: TextInput("ann"))
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+shift+a", "ctrl+v")
        assert app.query_one(TextInput).value == "ann"


async def test_ctrl_v_pastes_text_copied_by_the_program() -> None:
    app = Host(TextInput)
    async with app.run_test() as pilot:
        app.copy_to_clipboard("ann\r\nbob")
        await press(pilot, "ctrl+v")
        assert app.query_one(TextInput).value == "ann"


async def test_paste_replaces_the_selection_once() -> None:
    app = Host(lambda: TextInput("bob"))
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+shift+a")
        await paste(pilot, "ann")
        assert app.query_one(TextInput).value == "ann"


async def test_control_characters_are_removed_from_a_paste_with_a_note() -> None:
    app = Host(TextInput)
    async with app.run_test() as pilot:
        field = app.query_one(TextInput)
        await paste(pilot, "a\x1b[31mn\x00n\x9b")
        assert field.value == "a[31mnn"
        assert "left out" in field.note
        await press(pilot, "x")
        assert field.note == ""


async def test_only_the_first_line_is_pasted_with_a_note() -> None:
    app = Host(TextInput)
    async with app.run_test() as pilot:
        field = app.query_one(TextInput)
        await paste(pilot, "\r\nann\r\nbob\r\n")
        assert field.value == "ann"
        assert "first line" in field.note
        await paste(pilot, "ie\n")
        assert field.value == "annie"
        assert field.note == ""


async def test_cursor_is_at_the_end_of_a_text_that_the_program_sets() -> None:
    app = Host(TextInput)
    async with app.run_test() as pilot:
        await press(pilot, "x", "home")
        app.query_one(TextInput).value = "12345"
        await press(pilot, "6")
        assert app.query_one(TextInput).value == "123456"


async def test_cursor_stays_in_the_middle_while_typing_there() -> None:
    app = Host(lambda: TextInput("ac"))
    async with app.run_test() as pilot:
        await press(pilot, "home", "right", "b", "b")
        assert app.query_one(TextInput).value == "abbc"


async def test_typing_at_the_start_of_a_long_text_does_not_scroll() -> None:
    app = Host(lambda: Field("Name", TextInput("x" * 100)))
    async with app.run_test() as pilot:
        await press(pilot, "home", *["right"] * 5, "y")
        assert app.query_one(TextInput).scroll_offset.x == 0


async def test_cursor_does_not_blink() -> None:
    app = Host(TextInput)
    async with app.run_test():
        field = app.query_one(TextInput)
        assert field.has_focus
        assert field.cursor_blink is False
        assert field._blink_timer is not None
        assert not field._blink_timer._active.is_set()


async def test_editing_key_acts_before_the_next_character() -> None:
    app = Host(partial(TextInput, "old text"))
    async with app.run_test() as pilot:
        for key, character in (("ctrl+u", None), ("n", "n"), ("e", "e"), ("backspace", None), ("w", "w")):
            app.post_message(events.Key(key, character))
        await settle(pilot)
        assert app.query_one(TextInput).value == "nw"
