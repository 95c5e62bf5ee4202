"""Where the style sheets lie: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path, PurePath

FIRST = ("frame.tcss", "fields.tcss")
LATER = ("overlays.tcss", "choices.tcss", "totp_setup.tcss", "server_text.tcss")
SHEETS = (*FIRST, *LATER)


def styles_folder() -> Path:
    """The folder with the .tcss files. Raises FileNotFoundError where neither place has it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / SHEETS[0]).is_file():
            return folder
    raise FileNotFoundError("the styles folder of tui-auth is missing; install it again")


def style_sheets(*more: str) -> list[str | PurePath]:
    """The sheets every screen needs, and ``more`` by name."""
    return _in_folder(*SHEETS, *more)


def first_sheets() -> list[str | PurePath]:
    """Those of the sign-in screen: Textual parses them before it draws anything."""
    return _in_folder(*FIRST)


def later_sheets() -> list[str | PurePath]:
    """Those of the screens that come after it."""
    return _in_folder(*LATER)


def _in_folder(*names: str) -> list[str | PurePath]:
    folder = styles_folder()
    return [folder / name for name in names]
