"""Read a sign-in screen as the user does: number keys, QR codes, codes and answers."""

from __future__ import annotations

import re

import pyotp

from tests.journeys.conftest import SignIn
from tests.widgets.qr_reading import decode_cells

ANSWERS = ("rex", "blue", "bremen")
"""The answers to the demo user quinn's three questions."""


def number_key_for(program: SignIn, line: str) -> str:
    """Return the number key of a line in a choice; a line that can't be chosen doesn't show it."""
    program.wait_for(line)
    screen = program.screen_text()
    on_screen = re.search(rf"^.*[◉○] {re.escape(line)}.*? (\d)\W*$", screen, re.MULTILINE)
    if on_screen:
        return on_screen[1]
    options = re.findall(r"^.*?[◉○–] (\w.*)$", screen, re.MULTILINE)
    numbers = [str(number) for number, option in enumerate(options, 1) if option.startswith(line)]
    return next(iter([*numbers, *(n for n in "123456789" if f"{n} {line}" in screen)]))


def scan(program: SignIn) -> pyotp.TOTP:
    """Scan the QR code on the screen as an authenticator app does."""
    uris: list[str] = []

    def has_qr_code(_: object) -> bool:
        cells = [[(cell.char, cell.foreground, cell.background) for cell in row] for row in program.cells()]
        uris.extend(uri for uri in [decode_cells(cells)] if uri)
        return bool(uris)

    program.wait_for_text("2 Type the code the app shows")
    program.wait_for(has_qr_code)
    parsed = pyotp.parse_uri(uris[0])
    assert isinstance(parsed, pyotp.TOTP)
    return parsed
