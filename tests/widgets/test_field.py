"""Field draws a label, brackets and an input, and an error or a hint below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.geometry import Region

from tests.pilot import paste, press, screen_rows, settle
from tests.widgets.host import Host
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field
from tui_auth.widgets.text_input import SecretInput, TextInput

if TYPE_CHECKING:
    from textual.widget import Widget


async def test_label_is_on_the_left_and_input_between_brackets() -> None:
    app = Host(lambda: Field("Username", TextInput("ann")), lambda: Field("Code", CodeInput()))
    async with app.run_test(size=(80, 23)):
        rows = screen_rows(app)
        assert rows[0].rstrip() == f"Username      [ann{' ' * 37}]"
        assert rows[1].rstrip() == f"Code          [{' ' * 16}]"


async def test_label_is_above_the_input_on_a_narrow_screen() -> None:
    app = Host(lambda: Field("Username", TextInput("ann")))
    async with app.run_test(size=(40, 15)) as pilot:
        await settle(pilot)
        rows = screen_rows(app)
        assert rows[0].rstrip() == "Username"
        assert rows[1] == f"[ann{' ' * 35}]"


async def test_long_label_is_not_cut() -> None:
    app = Host(lambda: Field("custom:department", TextInput()))
    async with app.run_test(size=(80, 23)):
        rows = screen_rows(app)
        assert rows[0].rstrip() == "custom:department"
        assert rows[1].rstrip() == f"{' ' * 14}[{' ' * 40}]"


async def test_error_replaces_the_hint_below_the_field() -> None:
    app = Host(lambda: Field("Code", CodeInput(), hint="Six digits."), lambda: Field("Next", TextInput()))
    async with app.run_test(size=(80, 23)) as pilot:
        field = app.query(Field).first()
        field.error = "That code is not the right one."
        await settle(pilot)
        rows = screen_rows(app)
        assert rows[1].rstrip() == " " * 15 + "✗ That code is not the right one."
        assert rows[2].startswith("Next")
        field.error = "It is wrong in a way that takes more than one line to say, and so it takes two."
        await settle(pilot)
        assert screen_rows(app)[3].startswith("Next"), "the next field moves down"
        field.error = ""
        await settle(pilot)
        assert screen_rows(app)[1].rstrip() == " " * 15 + "Six digits."
        field.hint = ""
        await settle(pilot)
        assert screen_rows(app)[1].startswith("Next")


async def test_long_error_wraps_with_an_indent() -> None:
    app = Host(lambda: Field("Code", CodeInput()))
    async with app.run_test(size=(60, 23)) as pilot:
        app.query_one(Field).error = "That code is from 4 minutes ago: the clock of the phone is off."
        await settle(pilot)
        rows = screen_rows(app)
        assert rows[1].rstrip() == " " * 15 + "✗ That code is from 4 minutes ago: the clock"
        assert rows[2].rstrip() == " " * 15 + "  of the phone is off."


async def test_markup_in_an_error_is_shown_literally() -> None:
    app = Host(lambda: Field("[b]Code", CodeInput(), hint="[i]hint"))
    async with app.run_test(size=(80, 23)) as pilot:
        app.query_one(Field).error = "[b]no[/b] [@click=app.quit]"
        await settle(pilot)
        assert screen_rows(app)[0].startswith("[b]Code ")
        assert "✗ [b]no[/b] [@click=app.quit]" in screen_rows(app)[1]
        app.query_one(Field).error = ""
        await settle(pilot)
        assert "[i]hint" in screen_rows(app)[1]


async def test_note_about_a_paste_is_shown_until_the_next_key() -> None:
    app = Host(lambda: Field("Password", SecretInput()))
    async with app.run_test(size=(80, 23)) as pilot:
        await paste(pilot, "one\ntwo")
        assert "Only the first line was pasted" in screen_rows(app)[1]
        await press(pilot, "x")
        assert not screen_rows(app)[1].strip()


async def test_note_is_shown_if_the_text_has_not_changed() -> None:
    app = Host(lambda: Field("Code", CodeInput(digits=6)))
    async with app.run_test(size=(80, 23)) as pilot:
        await settle(pilot)
        await press(pilot, "١")
        assert "0 to 9" in screen_rows(app)[1]


async def test_value_of_a_field_is_that_of_its_input() -> None:
    app = Host(lambda: Field("Username", TextInput("ann")))
    async with app.run_test():
        field = app.query_one(Field)
        assert field.value == "ann"
        field.value = "bob"
        assert field.input.value == "bob"


async def test_click_on_the_label_focuses_the_input() -> None:
    app = Host(lambda: Field("Username", TextInput(), id="a"), lambda: Field("Password", TextInput(), id="b"))
    async with app.run_test() as pilot:
        await pilot.click("#b", offset=(2, 0))
        assert app.query_one("#b", Field).input.has_focus


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_focused_field_has_different_brackets(theme: str) -> None:
    app = Host(lambda: Field("Username", TextInput()), lambda: Field("Password", TextInput()), theme=theme)
    async with app.run_test() as pilot:
        await settle(pilot)
        focused, other = (field.get_component_rich_style("field--bracket") for field in app.query(Field))
        assert focused.color != other.color
        await press(pilot, "tab")
        other, focused = (field.get_component_rich_style("field--bracket") for field in app.query(Field))
        assert other.color != focused.color
        assert focused.bold
        assert not other.bold


async def test_key_repaints_only_the_row_of_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Host(lambda: Field("Username", TextInput(), hint="a hint"))
    async with app.run_test(size=(80, 23)) as pilot:
        await settle(pilot)
        repainted: list[Region] = []
        update_widgets = app.screen._compositor.update_widgets

        def record_regions(widgets: set[Widget]) -> None:
            repainted.extend(widget.region for widget in widgets)
            update_widgets(widgets)

        monkeypatch.setattr(app.screen._compositor, "update_widgets", record_regions)
        await press(pilot, "a")
        assert set(repainted) == {Region(15, 0, 40, 1)}
