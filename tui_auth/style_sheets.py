"""Where the style sheets lie: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path, PurePath

SHEETS = ("frame.tcss", "fields.tcss", "choices.tcss", "totp_setup.tcss", "server_text.tcss")


def styles_folder() -> Path:
    """The folder with the .tcss files. Raises FileNotFoundError where neither place has it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / SHEETS[0]).is_file():
            return folder
    raise FileNotFoundError("the styles folder of tui-auth is missing; install it again")


def style_sheets(*more: str) -> list[str | PurePath]:
    """The sheets every screen needs, and ``more`` by name."""
    folder = styles_folder()
    return [folder / name for name in (*SHEETS, *more)]
