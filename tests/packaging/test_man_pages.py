"""Tests of the man pages in ``docs/man``."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from docs.man_pages import FOLDER, build_pages
from tests.programs import Process
from tests.tools import need_tool
from tui_auth.cli.help import COMMANDS
from tui_auth.exit_codes import ExitCode

PAGES = build_pages()


def test_every_command_has_a_page() -> None:
    assert set(PAGES) == {"tui-auth", *(f"tui-auth-{command}" for command in COMMANDS)}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_what_the_parsers_say(name: str) -> None:
    assert (FOLDER / f"{name}.1").read_text() == PAGES[name], "run python docs/man_pages.py"


def test_folder_has_no_other_page() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(PAGES)


def test_exit_codes_are_all_listed() -> None:
    for code in ExitCode:
        if code != ExitCode.INTERRUPTED:
            assert f"\n.TP\n.B {int(code)}\n" in PAGES["tui-auth"]


def test_groff_reports_nothing(process: Process) -> None:
    need_tool("groff")
    for name in PAGES:
        page = FOLDER / f"{name}.1"
        result = process.run_command(["groff", "-man", "-Tutf8", "-ww", "-z", page], check=True)
        assert result.stderr == "", name


def test_wheel_installs_the_pages(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    installed = {name.rpartition("/")[2] for name in names if "/data/share/man/man1/" in name}
    assert installed == {f"{name}.1" for name in PAGES}
