"""The demo's phone, inbox and call trace: where they are, and which code is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.pilot import press, resize, screen_rows, screen_text, until
from tui_auth.demo.app import DemoApp
from tui_auth.demo.side_panel import CODE_HINT, NO_CODE, Drawer, PhoneView
from tui_auth.screens.call_trace import CallTraceView
from tui_auth.screens.step_screen import StepScreen
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.qr_code import QRCode

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.pilot import Pilot

SIZE, LARGE, SMALL = (80, 23), (120, 40), (40, 15)


async def go_to_step(pilot: Pilot[Any], app: DemoApp, key: str) -> None:
    """Sign in as a sample user as far as the first step."""
    await press(pilot, key, "enter")
    await until(pilot, lambda: isinstance(app.screen, StepScreen))


def card_of(app: DemoApp) -> Region:
    return app.screen.query_one("#card").region


def is_drawer_shown(app: DemoApp) -> bool:
    return app.screen.query_one(Drawer).display


def marked_rows(app: DemoApp) -> list[str]:
    return [row.strip(" │") for row in screen_rows(app) if "▶" in row]


@pytest.mark.parametrize("size", [(120, 23), LARGE])
async def test_large_terminal_shows_two_boxes_beside_the_card(app: DemoApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await go_to_step(pilot, app, "2")
        text = "\n".join(screen_rows(app))
        assert "╭─ Phone and inbox ─" in text
        assert "╭─ Call trace ─" in text
        assert card_of(app).right <= app.screen.query_one(Drawer).region.x


async def test_open_phone_neither_covers_nor_squeezes_the_card(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await go_to_step(pilot, app, "2")
        before = card_of(app)
        assert not is_drawer_shown(app)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: is_drawer_shown(app))
        assert card_of(app).size == before.size
        assert not card_of(app).overlaps(app.screen.query_one(Drawer).region)
        await press(pilot, *app.service.server.messages[-1]["code"], "enter")
        await until(pilot, lambda: "Signed in as sam" in screen_text(app))


async def test_open_phone_leaves_the_qr_code_and_its_field_alone(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await go_to_step(pilot, app, "4")
        code_input, qr_code = app.screen.query_one(CodeInput), app.screen.query_one(QRCode)
        picture = [row[: qr_code.region.right] for row in screen_rows(app)[:21]]
        region = code_input.region
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: NO_CODE in screen_text(app))
        assert [row[: qr_code.region.right] for row in screen_rows(app)[:21]] == picture
        assert qr_code.is_shown
        assert code_input.region == region
        await press(pilot, "ctrl+o")
        await until(pilot, lambda: len(marked_rows(app)) == 1)
        assert marked_rows(app)[0].split()[1:3] == ["app", "tess"]


@pytest.mark.parametrize("size", [SMALL, (70, 23)])
async def test_narrow_terminal_shows_the_code_in_one_line(app: DemoApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await go_to_step(pilot, app, "2")
        await until(pilot, lambda: CODE_HINT in screen_text(app))
        await press(pilot, "ctrl+s")
        code = app.service.server.messages[-1]["code"]
        await until(pilot, lambda: f"{code[:3]} {code[3:]}" in screen_text(app))
        assert not is_drawer_shown(app)
        await press(pilot, *code, "enter")
        await until(pilot, lambda: "Signed in as sam" in screen_text(app))


async def test_hint_is_shown_only_where_a_code_is_needed(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        assert CODE_HINT not in screen_text(app)
        await go_to_step(pilot, app, "5")
        assert CODE_HINT not in screen_text(app)
        await press(pilot, "1")
        await until(pilot, lambda: CODE_HINT in screen_text(app))
        await resize(pilot, *LARGE)
        await until(pilot, lambda: CODE_HINT not in screen_text(app))


async def test_phone_stays_open_on_the_next_screens(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: is_drawer_shown(app))
        await go_to_step(pilot, app, "2")
        assert is_drawer_shown(app)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: not is_drawer_shown(app))
        await press(pilot, "escape", "escape", "escape")
        await until(pilot, lambda: "Choose a sample user" in screen_text(app))
        assert not is_drawer_shown(app)


async def test_phone_can_be_closed_on_a_large_terminal(app: DemoApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await press(pilot, "f3")
        await until(pilot, lambda: not is_drawer_shown(app))
        await press(pilot, "f3")
        await until(pilot, lambda: is_drawer_shown(app))


async def test_phone_follows_the_size_of_the_terminal(app: DemoApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await go_to_step(pilot, app, "2")
        await resize(pilot, *SIZE)
        await until(pilot, lambda: not is_drawer_shown(app) and CODE_HINT in screen_text(app))
        await resize(pilot, *LARGE)
        await until(pilot, lambda: is_drawer_shown(app))


async def test_only_the_newest_code_of_the_user_is_marked(app: DemoApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        assert marked_rows(app) == []
        await go_to_step(pilot, app, "2")
        first = app.service.server.messages[-1]["code"]
        await until(pilot, lambda: len(marked_rows(app)) == 1)
        assert marked_rows(app)[0].endswith(f"{first[:3]} {first[3:]}")
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: app.service.server.messages[-1]["code"] != first)
        newest = app.service.server.messages[-1]["code"]
        await until(pilot, lambda: marked_rows(app) and newest[:3] in marked_rows(app)[0])
        assert len(marked_rows(app)) == 1


async def test_code_of_the_app_is_marked_when_the_step_asks_for_it(app: DemoApp) -> None:
    async with app.run_test(size=LARGE) as pilot:
        await go_to_step(pilot, app, "3")
        await until(pilot, lambda: len(marked_rows(app)) == 1)
        assert marked_rows(app)[0].split()[1:3] == ["app", "tom"]


@pytest.mark.parametrize("size", [SIZE, LARGE])
async def test_codes_end_in_one_column(app: DemoApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        if size == SIZE:
            await press(pilot, "ctrl+s")
            await until(pilot, lambda: is_drawer_shown(app))
        await go_to_step(pilot, app, "2")
        view = app.screen.query_one(PhoneView)
        left, right = view.content_region.x, view.content_region.right
        rows = [
            row[left:right] for row in screen_rows(app)[view.content_region.y : view.content_region.bottom]
        ]
        codes = [row for row in rows if row.strip()]
        assert len(codes) >= 6
        assert all(row == row.rstrip() and len(row) == right - left for row in codes)


async def test_names_in_the_trace_are_cut_in_the_middle_and_never_wrap(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await press(pilot, "ctrl+s")
        await go_to_step(pilot, app, "5")
        region = app.screen.query_one(CallTraceView).content_region
        rows = [row[region.x : region.right].rstrip() for row in screen_rows(app)[region.y : region.bottom]]
        lines = [row for row in rows if row]
        assert [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "] == [*"→←→←="]
        assert any(
            line.startswith("  = Contin") and "…" in line and line.endswith("Selection") for line in lines
        )


async def test_a_second_repaints_one_line_of_an_open_phone_and_nothing_of_a_closed_one(app: DemoApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await go_to_step(pilot, app, "2")
        painted: list[PhoneView] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PhoneView, "refresh", lambda view, *regions, **options: painted.append(view))
            for _ in range(2):
                app.service.server.clock.advance(1)
                for screen in app.screen_stack:
                    for view in screen.query(PhoneView):
                        view.refresh_lines()
            assert not painted
            await press(pilot, "ctrl+s")
            await until(pilot, lambda: is_drawer_shown(app))
            view = app.screen.query_one(PhoneView)
            painted.clear()
            app.service.server.clock.advance(1)
            for screen in app.screen_stack:
                for shown in screen.query(PhoneView):
                    shown.refresh_lines()
            assert set(painted) == {view}
