"""SecretInput reveals its text only through ``secret``."""

from __future__ import annotations

import pytest

from tests.pilot import paste, press, screen_rows, settle
from tests.widgets.host import Host
from tui_auth.secret import Secret
from tui_auth.widgets.field import Field
from tui_auth.widgets.text_input import SecretInput, TextInput

PASSWORD = "hunter2-hunter2"


@pytest.mark.parametrize("reveal", [False, True])
@pytest.mark.parametrize("key", ["ctrl+c", "super+c", "ctrl+x", "ctrl+insert", "ctrl+shift+c"])
async def test_no_key_copies_a_secret(key: str, reveal: bool) -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test() as pilot:
        field = app.query_one(SecretInput)
        if reveal:
            field.reveal()
        await press(pilot, "ctrl+shift+a", key)
        assert app.clipboard == ""
        assert app.sent_to_clipboard == []


@pytest.mark.parametrize("reveal", [False, True])
async def test_mouse_selects_no_readable_text_of_a_secret(reveal: bool) -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test() as pilot:
        field = app.query_one(SecretInput)
        if reveal:
            field.reveal()
        await pilot.mouse_down(field, offset=(0, 0))
        await pilot.hover(field, offset=(12, 0))
        await pilot.mouse_up(field, offset=(12, 0))
        assert not field.selection.is_empty, "the drag selected cells"
        await press(pilot, "super+c", "ctrl+c")
        assert field.selected_text == ""
        assert not app.screen.get_selected_text()
        assert app.sent_to_clipboard == []


async def test_ctrl_c_reaches_the_app() -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+c")
        assert app.leaves == 1


async def test_cutting_a_secret_only_deletes_it() -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+shift+a", "ctrl+x")
        assert app.query_one(SecretInput).value == ""


async def test_secret_is_shown_as_bullets_unless_revealed() -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test() as pilot:
        field = app.query_one(SecretInput)
        assert "•" * len(PASSWORD) in "".join(screen_rows(app))
        assert PASSWORD not in "".join(screen_rows(app))
        field.reveal()
        await settle(pilot)
        assert field.is_revealed
        assert PASSWORD in "".join(screen_rows(app))
        field.conceal()
        await settle(pilot)
        assert not field.is_revealed
        assert PASSWORD not in "".join(screen_rows(app))


async def test_secret_is_concealed_when_the_focus_leaves() -> None:
    app = Host(lambda: SecretInput(PASSWORD), TextInput)
    async with app.run_test() as pilot:
        app.query_one(SecretInput).reveal()
        await press(pilot, "tab")
        assert not app.query_one(SecretInput).is_revealed


async def test_spaces_at_the_ends_of_a_secret_are_preserved() -> None:
    app = Host(SecretInput)
    async with app.run_test() as pilot:
        await press(pilot, "space")
        await paste(pilot, " a b ")
        await press(pilot, "enter")
        assert app.query_one(SecretInput).secret == Secret("  a b ")


async def test_first_line_of_a_pasted_secret_is_used_with_a_note() -> None:
    app = Host(SecretInput)
    async with app.run_test() as pilot:
        field = app.query_one(SecretInput)
        await paste(pilot, "\n qwe \nasd")
        assert field.secret == Secret(" qwe ")
        assert "first line" in field.note
        assert "qwe" not in field.note
        assert "asd" not in field.note


async def test_repr_does_not_contain_the_secret() -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test():
        field = app.query_one(SecretInput)
        assert PASSWORD not in repr(field) + str(field) + repr(list(field.__rich_repr__()))


async def test_clear_empties_the_input() -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test():
        field = app.query_one(SecretInput)
        field.clear()
        assert not field.secret


async def test_secret_is_cleared_when_the_input_is_removed() -> None:
    app = Host(lambda: SecretInput(PASSWORD))
    async with app.run_test() as pilot:
        field = app.query_one(SecretInput)
        await field.remove()
        await settle(pilot)
        assert PASSWORD not in repr(vars(field))
        assert getattr(field, "_reactive_value") == ""  # noqa: B009 - private to Input


async def test_cursor_follows_the_bullets_of_wide_characters() -> None:
    secret = "パスワード"
    app = Host(lambda: SecretInput(secret))
    async with app.run_test() as pilot:
        field = app.query_one(SecretInput)
        await press(pilot, "end")
        concealed = app.cursor_position.x
        assert concealed == field.region.x + len(secret) + 1
        field.reveal()
        await settle(pilot)
        assert app.cursor_position.x == concealed + len(secret)


async def test_revealed_wide_characters_scroll_to_the_cursor() -> None:
    secret = "パスワード" * 4
    app = Host(lambda: Field("Password", SecretInput(secret)))
    async with app.run_test() as pilot:
        field = app.query_one(SecretInput)
        field.styles.max_width = 40
        await press(pilot, "end")
        assert field.scroll_offset.x == 0
        field.reveal()
        await settle(pilot)
        assert field.scroll_offset.x == 1, "40 cells of text and the cursor"
        field.conceal()
        await settle(pilot)
        assert "•" * len(secret) in "".join(screen_rows(app))
