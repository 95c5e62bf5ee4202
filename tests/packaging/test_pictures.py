"""The README's pictures show the demo as it is now, and need nothing but themselves."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.terminal.pty_program import ROOT
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision

PICTURES = sorted((ROOT / "docs").glob("*.svg"))
MAX_BYTES = 100_000


def read_texts(name: str) -> str:
    """Return the texts of a picture, joined by spaces."""
    root = ElementTree.fromstring((ROOT / "docs" / f"{name}.svg").read_text())
    return " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))


def test_readme_shows_pictures_that_exist() -> None:
    shown = re.findall(r"!\[[^\]]+\]\((docs/[^)]+)\)", (ROOT / "README.md").read_text())
    assert shown
    assert {ROOT / name for name in shown} <= set(PICTURES)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_picture_is_small_and_loads_nothing(picture: Path) -> None:
    svg = picture.read_text()
    assert len(svg) < MAX_BYTES
    assert not re.search(r"(href|src|url)\W+https?:", svg)
    assert "<script" not in svg


def test_picture_of_the_list_shows_the_present_sample_users() -> None:
    texts = read_texts("demo")
    with CognitoEmulator() as server:
        for user in provision(server).users:
            assert user.description in texts
            assert f"{user.username} · {user.detail}".replace(" ", "") in texts.replace(" ", "")


def test_cast_goes_from_the_list_to_the_tokens() -> None:
    texts = read_texts("sign-in")
    assert "Choose a sample user" in texts
    assert "Code sent by SMS" in texts
    assert "Signed in as mia" in texts
    assert "animation:play" in (ROOT / "docs" / "sign-in.svg").read_text()
