"""Tests that a wheel built from the source tree runs the program elsewhere."""

from __future__ import annotations

import re
import site
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.programs import Process, TerminalProgram
from tests.terminal.pty_program import ROOT
from tui_auth.themes import SHEETS, styles_folder


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create an environment with the wheel and this one's packages, but without this checkout."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install"]
    options = ["-q", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, str(wheel)], check=True, capture_output=True)
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    return home


def test_wheel_has_style_sheets_and_no_tests(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    assert {f"tui_auth/styles/{sheet}" for sheet in SHEETS} <= names
    assert not [name for name in names if name.startswith(("tests/", "styles/"))]


def test_readme_of_the_package_has_only_absolute_links_and_pictures(wheel: Path) -> None:
    archive = ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    readme = archive.read(metadata).decode()
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    assert len(targets) == len(re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text()))
    assert [target for target in targets if not target.startswith("https://")] == []
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme)
    assert pictures
    for picture in pictures:
        assert picture.startswith("https://raw.githubusercontent.com/")
        assert (ROOT / picture.split("/main/")[1]).is_file()


def test_checkout_has_styles_at_the_top_level() -> None:
    assert styles_folder() == ROOT / "styles"


def test_installed_program_runs_the_demo_from_any_folder(
    installed: Path, terminal_program: TerminalProgram, tmp_path: Path
) -> None:
    with terminal_program.on_a_terminal(
        command=[installed / "bin" / "tui-auth", "demo"], folder=tmp_path, variables={"PYTHONPATH": None}
    ) as program:
        program.wait_for("Choose a sample user", timeout=60)
        working_folder = Path(f"/proc/{program.pid}/cwd")
        assert not working_folder.exists() or working_folder.resolve() == tmp_path.resolve()
        program.press("1")
        program.wait_for("Username")
        program.press("enter")
        program.wait_for("Signed in as ann")
        program.press("ctrl+q")
        assert program.wait_exit() == 0


def test_installed_program_comes_from_the_wheel(installed: Path, process: Process) -> None:
    code = "import tui_auth, tui_auth.themes as s; print(tui_auth.__file__, s.styles_folder())"
    environment = {name: value for name, value in process.environment.items() if name != "PYTHONPATH"}
    result = process.run_command([installed / "bin" / "python", "-c", code], env=environment, check=True)
    assert str(ROOT) not in result.stdout
    assert "site-packages/tui_auth/styles" in result.stdout
