"""Field draws an edge with a label around an input, and an error or a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.geometry import Region

from tests.pilot import paste, press, resize, screen_rows, settle, until
from tests.widgets.host import Host
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field
from tui_auth.widgets.text_input import SecretInput, TextInput

if TYPE_CHECKING:
    from textual.widget import Widget


async def test_label_is_in_the_edge_and_the_focused_field_has_a_heavy_one() -> None:
    app = Host(lambda: Field("Username", TextInput("ann")), lambda: Field("Other", TextInput()))
    async with app.run_test(size=(60, 23)) as pilot:
        await settle(pilot)
        rows = screen_rows(app)
        assert rows[0] == f"┏━ Username {'━' * 47}┓"
        assert rows[1] == f"┃ ann{' ' * 54}┃"
        assert rows[2] == f"┗{'━' * 58}┛"
        assert rows[3] == f"╭─ Other {'─' * 50}╮"
        assert rows[4] == f"│{' ' * 58}│"
        assert rows[5] == f"╰{'─' * 58}╯"


async def test_label_is_above_the_input_on_a_small_screen() -> None:
    app = Host(lambda: Field("Username", TextInput("ann")), lambda: Field("Other", TextInput()))
    async with app.run_test(size=(40, 15)) as pilot:
        await settle(pilot)
        rows = [row.rstrip() for row in screen_rows(app)]
        assert rows[:4] == [" Username", "▌ann", " Other", ""]


async def test_long_label_is_shortened() -> None:
    app = Host(lambda: Field("custom:department-and-cost-center", TextInput()))
    async with app.run_test(size=(30, 23)) as pilot:
        await resize(pilot, 60, 23)
        assert " custom:department-and-cost-center " in screen_rows(app)[0]
        app.query_one(Field).styles.width = 24
        await settle(pilot)
        assert screen_rows(app)[0].rstrip() == "┏━ custom:department… ━┓"


async def test_hint_is_in_the_lower_edge_if_it_fits() -> None:
    app = Host(lambda: Field("Phone", TextInput(), hint="with country code"))
    async with app.run_test(size=(60, 23)) as pilot:
        await settle(pilot)
        assert screen_rows(app)[2] == f"┗━ with country code {'━' * 38}┛"
        app.query_one(Field).hint = "a hint that is so long that the lower edge has no room for it"
        await settle(pilot)
        assert screen_rows(app)[2] == f"┗{'━' * 58}┛"
        assert screen_rows(app)[3].rstrip() == "  a hint that is so long that the"
        assert screen_rows(app)[4].rstrip() == "  lower edge has no room for it"


async def test_error_replaces_the_hint_below_the_field() -> None:
    app = Host(lambda: Field("Code", CodeInput(), hint="Six digits."), lambda: Field("Next", TextInput()))
    async with app.run_test(size=(80, 23)) as pilot:
        field = app.query(Field).first()
        field.error = "That code is not the right one."
        await settle(pilot)
        rows = screen_rows(app)
        assert "Six digits." not in rows[2]
        assert rows[3].rstrip() == "  ✗ That code is not the right one."
        assert rows[4].startswith("╭─ Next")
        field.error = "It is wrong in a way that takes more than one line to say, and so it takes two."
        await settle(pilot)
        assert screen_rows(app)[5].startswith("╭─ Next"), "the next field moves down"
        field.error = ""
        await settle(pilot)
        assert "Six digits." in screen_rows(app)[2]
        assert screen_rows(app)[3].startswith("╭─ Next")
        field.hint = ""
        await settle(pilot)
        assert screen_rows(app)[2] == f"┗{'━' * 78}┛"


async def test_long_error_wraps_with_an_indent() -> None:
    app = Host(lambda: Field("Code", CodeInput()))
    async with app.run_test(size=(60, 23)) as pilot:
        field = app.query_one(Field)
        field.error = "That code is from 4 minutes ago: the phone's clock is off by as many."
        await settle(pilot)
        rows = screen_rows(app)
        assert rows[3].rstrip() == "  ✗ That code is from 4 minutes ago: the"
        assert rows[4].rstrip() == "    phone's clock is off by as many."


async def test_markup_in_an_error_is_shown_literally() -> None:
    app = Host(lambda: Field("[b]Code", CodeInput(), hint="[i]hint"))
    async with app.run_test(size=(80, 23)) as pilot:
        app.query_one(Field).error = "[b]no[/b] [@click=app.quit]"
        await settle(pilot)
        assert " [b]Code " in screen_rows(app)[0]
        assert "✗ [b]no[/b] [@click=app.quit]" in screen_rows(app)[3]
        app.query_one(Field).error = ""
        await settle(pilot)
        assert "[i]hint" in screen_rows(app)[2]


async def test_note_about_a_paste_is_shown_until_the_next_key() -> None:
    app = Host(lambda: Field("Password", SecretInput()))
    async with app.run_test(size=(80, 23)) as pilot:
        await paste(pilot, "one\ntwo")
        assert "Only the first line was pasted" in screen_rows(app)[3]
        await press(pilot, "x")
        assert not screen_rows(app)[3].strip()


async def test_note_is_shown_if_the_text_has_not_changed() -> None:
    app = Host(lambda: Field("Code", CodeInput(digits=6)))
    async with app.run_test(size=(80, 23)) as pilot:
        await settle(pilot)
        app.query_one(CodeInput).note = "Only one code fits."
        await settle(pilot)
        assert "Only one code fits." in screen_rows(app)[3]


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


async def test_click_on_its_key_shows_the_password() -> None:
    app = Host(lambda: Field("Password", SecretInput("hunter2"), id="a"))
    shown: list[bool] = []
    async with app.run_test(size=(80, 23)) as pilot:
        app.screen.action_show = lambda: shown.append(True)  # type: ignore[attr-defined]
        await settle(pilot)
        column = screen_rows(app)[0].index("^t show")
        await pilot.click("#a", offset=(column + 3, 0))
        await until(pilot, lambda: shown)
        app.query_one(SecretInput).reveal()
        await settle(pilot)
        assert "^t hide" in screen_rows(app)[0]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_focused_field_and_field_with_an_error_have_other_colors(theme: str) -> None:
    app = Host(lambda: Field("Username", TextInput()), lambda: Field("Password", TextInput()), theme=theme)
    async with app.run_test() as pilot:
        await settle(pilot)
        first, second = app.query(Field)
        focused, other = edge_color(first), edge_color(second)
        assert focused != other
        await press(pilot, "tab")
        assert (edge_color(first), edge_color(second)) == (other, focused)
        second.error = "It is wrong."
        await settle(pilot)
        assert edge_color(second) not in (focused, other)


def edge_color(field: Field) -> object:
    """Return the color of a field's edge."""
    return field.get_component_rich_style("field--edge").color


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
        assert set(repainted) == {Region(2, 1, 76, 1)}
