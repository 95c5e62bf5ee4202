"""Paths of the style sheets: in the package of a wheel, at the top of a checkout."""

from __future__ import annotations

from pathlib import Path, PurePath

FIRST = ("frame.tcss", "fields.tcss")
LATER = ("overlays.tcss", "choices.tcss", "mfa_setup.tcss", "custom_challenge.tcss")
SHEETS = (*FIRST, *LATER)


def styles_folder() -> Path:
    """Return the folder with the .tcss files.

    Raises:
        FileNotFoundError: Neither folder exists.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / SHEETS[0]).is_file():
            return folder
    raise FileNotFoundError("the styles folder of tui-auth is missing; install it again")


def style_sheets(*more: str) -> list[str | PurePath]:
    """Return the sheets of all screens, and those named in ``more``."""
    return _in_folder(*SHEETS, *more)


def first_sheets() -> list[str | PurePath]:
    """Return the sheets of the sign-in screen, which Textual parses before the first frame."""
    return _in_folder(*FIRST)


def later_sheets() -> list[str | PurePath]:
    """Return the sheets of all other screens."""
    return _in_folder(*LATER)


def _in_folder(*names: str) -> list[str | PurePath]:
    folder = styles_folder()
    return [folder / name for name in names]
