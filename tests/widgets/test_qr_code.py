"""QRCode draws a complete QR code that a camera can read in every theme, or draws nothing."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from textual.containers import Horizontal
from textual.geometry import Size
from textual.widgets import Static

from tests.pilot import resize, screen_rows, settle, until
from tests.widgets.host import ROOT, Host
from tests.widgets.qr_reading import Cell, CellColor, decode_cells
from tui_auth.secret import Secret
from tui_auth.widgets import qr_code
from tui_auth.widgets.qr_code import Modules, QRCode, build_symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.color import Color
    from textual.app import App, ComposeResult

KEY = "ABCD2345EFGH6723JKLM4567NPQR2345STUV6723WXYZ4567ABCD"


def setup_uris(app_name: str = "Acme", account: str = "ann", key: str = KEY) -> tuple[str, str]:
    """Return a setup URI with the issuer and one without it."""
    short = f"otpauth://totp/{quote(app_name)}:{quote(account)}?secret={key}"
    return f"{short}&issuer={quote(app_name)}", short


LONG, SHORT = setup_uris()


@cache
def cached_symbol(uri: str) -> Modules | None:
    """Return the QR code of a URI, built once for all tests."""
    return build_symbol(Secret(uri))


@pytest.fixture(autouse=True)
def share_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share QR codes between tests, because building one takes longer than the rest of a test."""
    monkeypatch.setattr(qr_code, "build_symbol", lambda uri: cached_symbol(uri.reveal()))


def build_qr_code(long: str = LONG, short: str | None = SHORT) -> Callable[[], QRCode]:
    """Return a factory for the widget."""
    return lambda: QRCode(Secret(long), Secret(short) if short else None, room_beside=0, room_below=0)


def screen_cells(app: App[None]) -> list[list[Cell]]:
    """Return the cells of the screen as sent to the terminal, after all filters."""

    def to_rgb(value: Color | None) -> CellColor:
        if value is None or value.is_default:
            return None
        red, green, blue = value.get_truecolor()
        return red, green, blue

    filters = app.get_line_filters()
    rows: list[list[Cell]] = []
    for strip in app.screen._compositor.render_strips():
        for line_filter in filters:
            strip = strip.apply_filter(line_filter, app.screen.background_colors[1])
        rows.append(
            [
                (character, to_rgb(style.color if style else None), to_rgb(style.bgcolor if style else None))
                for text, style, _ in strip
                for character in text
            ]
        )
    return rows


@pytest.mark.parametrize("no_color", [False, True])
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "ansi-dark", "ansi-light"])
async def test_qr_code_is_readable_in_every_theme(
    theme: str, no_color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = Host(build_qr_code(), theme=theme)
    async with app.run_test(size=(80, 23)):
        assert decode_cells(screen_cells(app)) == LONG


async def test_inverted_qr_code_without_colors_is_for_light_terminals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Host(build_qr_code(), theme="ansi-dark")
    async with app.run_test(size=(80, 23)) as pilot:
        assert decode_cells(screen_cells(app), dark_terminal=False) is None
        app.query_one(QRCode).invert()
        await settle(pilot)
        assert decode_cells(screen_cells(app), dark_terminal=False) == LONG
        assert decode_cells(screen_cells(app)) is None


async def test_inverting_swaps_black_and_white() -> None:
    app = Host(build_qr_code())
    async with app.run_test(size=(80, 23)) as pilot:
        upright = screen_cells(app)
        app.query_one(QRCode).invert()
        await settle(pilot)
        assert decode_cells(screen_cells(app)) is None
        assert upright[0][0][1] != screen_cells(app)[0][0][1]
        app.query_one(QRCode).invert()
        await settle(pilot)
        assert screen_cells(app) == upright


async def test_qr_code_is_drawn_in_black_and_white_half_blocks() -> None:
    app = Host(build_qr_code())
    async with app.run_test(size=(80, 23)):
        width, height = app.query_one(QRCode).size
        drawn = [cell for row in screen_cells(app)[:height] for cell in row[:width]]
        assert {character for character, _, _ in drawn} == {"▄"}
        assert {to_rgb for cell in drawn for to_rgb in cell[1:]} == {(0, 0, 0), (255, 255, 255)}


# The rows of a screen with 80 columns, and the URI that the QR code must then contain.
@pytest.mark.parametrize(
    ("account", "rows", "expected_uri", "quiet_zone"),
    [
        ("ann", 23, "long", 2),  # 37 modules with issuer, 33 without
        ("ann", 20, "short", 2),
        ("ann", 18, "short", 1),
        ("jane.doe@example.com", 21, "long", 2),  # 37 with and without issuer: it stays
        ("jane.doe@example.com", 20, "long", 1),
        ("jane.doe+operations@example.com", 22, "short", 2),  # 41 with issuer, 37 without
        ("jane.doe+operations@example.com", 20, "short", 1),
        (
            "7a6f1c2e-2f6b-4b8e-9d57-0a3f8f1c2b3d@corp.example.com",
            22,
            "long",
            1,
        ),  # 41 with and without issuer
    ],
)
async def test_issuer_is_dropped_before_the_quiet_zone_narrows(
    account: str, rows: int, expected_uri: str, quiet_zone: int
) -> None:
    long, short = setup_uris(account=account)
    app = Host(build_qr_code(long, short))
    async with app.run_test(size=(80, rows)):
        widget = app.query_one(QRCode)
        assert decode_cells(screen_cells(app)) == (long if expected_uri == "long" else short)
        first_dark = next(x for x, cell in enumerate(screen_cells(app)[2]) if cell[1] == (0, 0, 0))
        assert first_dark == quiet_zone
        assert widget.is_shown
        assert widget.note == ""


async def test_note_shows_the_needed_size_if_the_qr_code_does_not_fit() -> None:
    app = Host(build_qr_code())
    async with app.run_test(size=(80, 23)) as pilot:
        widget = app.query_one(QRCode)
        columns, rows = widget.needed_size
        assert (columns, rows) == (35, 18), "33 modules and a quiet zone of 1"
        assert "▄" in "".join(screen_rows(app))
        await resize(pilot, columns, rows)
        assert decode_cells(screen_cells(app)) is not None
        for size in ((columns - 1, rows), (columns, rows - 1), (20, 8)):
            await resize(pilot, *size)
            text = " ".join(" ".join(screen_rows(app)).split())
            assert "▄" not in text
            assert (
                f"The QR code needs {columns} columns by {rows} rows; "
                f"this terminal has {size[0]} by {size[1]}." in text
            )
            assert not widget.is_shown
            assert widget.note in text


async def test_qr_code_reports_that_it_no_longer_fits_without_a_resize_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Host(build_qr_code())
    async with app.run_test(size=(80, 23), message_hook=app.record) as pilot:
        widget = app.query_one(QRCode)
        monkeypatch.setattr(QRCode, "on_resize", lambda widget: None)
        app.messages.clear()
        await pilot.resize_terminal(20, 8)
        await until(pilot, lambda: any(isinstance(message, QRCode.Resized) for message in app.messages))
        assert not widget.is_shown


async def test_qr_code_leaves_room_beside_and_below_it() -> None:
    class SetUp(Host):
        CSS = "Horizontal { height: 1fr; } QRCode { width: auto; height: 100%; } Static { width: 1fr; }"

        def compose(self) -> ComposeResult:
            with Horizontal():
                yield QRCode(Secret(LONG), Secret(SHORT), room_beside=30)
                yield Static("beside")

    app = SetUp()
    async with app.run_test(size=(80, 23)) as pilot:
        widget = app.query_one(QRCode)
        assert decode_cells(screen_cells(app)) == LONG
        assert app.query_one(Static).size.width >= 30
        await resize(pilot, 60, 23)
        assert not widget.is_shown
        assert "this terminal has 60 by 23" in widget.note
        assert app.query_one(Static).size.width >= 30


async def test_layouts_cycle_and_skip_full_blocks_that_do_not_fit() -> None:
    app = Host(build_qr_code())
    async with app.run_test(size=(80, 23)) as pilot:
        widget = app.query_one(QRCode)
        widget.next_layout()
        assert widget.drawing.name == "NOTHING"
        await settle(pilot)
        assert not "".join(screen_rows(app)).strip()
        assert widget.note == ""
        widget.next_layout()
        await settle(pilot)
        assert decode_cells(screen_cells(app)) == LONG
        await resize(pilot, 120, 60)
        widget.next_layout()
        assert widget.drawing.name == "FULL_BLOCKS"
        await settle(pilot)
        assert not "".join(screen_rows(app)).strip(), "full blocks are spaces with a background"
        assert decode_cells(screen_cells(app)) == LONG
        assert widget.size.width >= 80
        await resize(pilot, 80, 23)
        assert decode_cells(screen_cells(app)) == LONG, "half blocks if full blocks no longer fit"


async def test_terminal_without_half_blocks_gets_full_blocks_or_the_note() -> None:
    app = Host(lambda: QRCode(Secret(LONG), room_beside=0, room_below=0, has_half_blocks=False))
    async with app.run_test(size=(120, 60)) as pilot:
        widget = app.query_one(QRCode)
        await settle(pilot)
        assert "".join(screen_rows(app)).isascii()
        assert decode_cells(screen_cells(app)) == LONG
        widget.next_layout()
        assert widget.drawing.name == "NOTHING"
        widget.next_layout()
        assert widget.drawing.name == "FULL_BLOCKS"
        await resize(pilot, 80, 23)
        assert not widget.is_shown
        assert widget.note.startswith("The QR code needs ")
        assert "".join(screen_rows(app)).isascii()


async def test_full_blocks_are_glyphs_without_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Host(build_qr_code(), theme="ansi-dark")
    async with app.run_test(size=(120, 60)) as pilot:
        app.query_one(QRCode).next_layout()
        await settle(pilot)
        assert decode_cells(screen_cells(app)) == LONG


def test_separate_segment_for_the_key_saves_two_rows() -> None:
    import segno

    long, _ = setup_uris(account="jane.doe@example.com")
    modules = build_symbol(Secret(long))
    assert modules is not None
    assert len(modules) == 37
    assert segno.make(long, error="l", micro=False).symbol_size(border=0) == (41, 41)


@pytest.mark.parametrize("key", ["abcd2345" * 4, "A" * 16, "ABCD2345" * 16, "1234567890123456"])
def test_any_key_is_drawn_unchanged(key: str) -> None:
    long, _ = setup_uris(key=key)
    modules = build_symbol(Secret(long))
    assert modules is not None
    black, white = (0, 0, 0), (255, 255, 255)
    rows = [
        [(" ", None, black if module else white) for module in row for _ in range(2)]
        for row in ([b"\0" * len(modules)] * 4 + list(modules) + [b"\0" * len(modules)] * 4)
    ]
    margin = [(" ", None, white)] * 8
    assert decode_cells([[*margin, *row, *margin] for row in rows]) == long


async def test_note_says_that_a_key_is_too_long() -> None:
    app = Host(build_qr_code(setup_uris(key="A" * 5000)[0], None))
    async with app.run_test(size=(80, 23)):
        assert app.query_one(QRCode).note == "This key is too long for a QR code."
        assert app.query_one(QRCode).needed_size == Size(0, 0)
        assert "too long" in screen_rows(app)[0]


async def test_mouse_cannot_select_a_qr_code() -> None:
    app = Host(build_qr_code())
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.mouse_down(QRCode, offset=(2, 2))
        await pilot.hover(QRCode, offset=(20, 12))
        await pilot.mouse_up(QRCode, offset=(20, 12))
        assert not app.screen.selections


async def test_key_is_cleared_when_the_qr_code_is_removed() -> None:
    app = Host(build_qr_code())
    async with app.run_test(size=(80, 23)) as pilot:
        widget = app.query_one(QRCode)
        assert widget.is_shown
        await widget.remove()
        await settle(pilot)
        assert not [value for value in vars(widget).values() if isinstance(value, Secret) or value == LONG]
        assert widget._uris == ()
        assert not widget._symbols
        assert not widget._strips
        assert not widget.is_shown


@pytest.fixture
def run_python_process() -> Callable[[str], int]:
    """Return a function that runs Python code in a new process and returns its exit status."""
    return lambda code: subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode


def test_segno_is_imported_only_when_a_qr_code_is_drawn(run_python_process: Callable[[str], int]) -> None:
    check = "import sys, tui_auth.widgets.qr_code; sys.exit('segno' in sys.modules)"
    assert run_python_process(check) == 0
