"""Tests of what a release is made of: distributions, list of components, Dockerfile, Homebrew formula."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.programs import Process
from tests.terminal.pty_program import ROOT

TOOLS = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def find_tool(name: str) -> Path:
    """Return a program of the extra ``release``; skip the test without it."""
    if not (TOOLS / name).exists():
        pytest.skip(f"{name} is not installed: pip install -e '.[release]'")
    return TOOLS / name


@pytest.fixture
def process_build(process: Process, tmp_path: Path) -> list[Path]:
    """Build the wheel and the source distribution twice; return the two folders."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
        environ = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}
        process.run_command(command, env=environ, cwd=ROOT, check=True)
    return folders


def test_two_builds_of_one_commit_are_identical(process_build: list[Path]) -> None:
    first, second = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in process_build
    )
    assert first == second
    assert {path.rpartition(".")[2] for path in first} == {"whl", "gz"}


def test_twine_accepts_the_distributions(process: Process, process_build: list[Path]) -> None:
    command: list[str | Path] = [find_tool("twine"), "check", "--strict", *process_build[0].iterdir()]
    result = process.run_command(command, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("PASSED") == 2


@pytest.mark.parametrize(
    "command", [["uv", "tool", "install"], ["pipx", "install"]], ids=lambda words: words[0]
)
def test_wheel_is_installed_as_a_tool(
    process: Process, wheel: Path, tmp_path: Path, command: list[str]
) -> None:
    tool = find_tool(command[0])
    environ = {
        **{name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}},
        "PIP_NO_COMPILE": "1",
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "PIPX_MAN_DIR": str(tmp_path / "man"),
        "UV_TOOL_DIR": str(tmp_path / "uv"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
    }
    options = ["--python", sys.executable]
    process.run_command([tool, *command[1:], *options, wheel], env=environ, check=True)
    program = tmp_path / "bin" / "tui-auth"
    version = process.run_command([program, "--version"], env=environ, check=True).stdout
    assert PROJECT["version"] in version
    assert str(ROOT) not in version
    assert (
        "sign in to this project's pool"
        in process.run_command([program, "--help"], env=environ, check=True).stdout
    )


def test_list_of_components_has_each_dependency(process: Process, tmp_path: Path) -> None:
    output = tmp_path / "components.json"
    options = [
        "--pyproject",
        str(ROOT / "pyproject.toml"),
        "--output-reproducible",
        "--output-file",
        str(output),
    ]
    process.run_command([find_tool("cyclonedx-py"), "environment", *options, sys.executable], check=True)
    document = json.loads(output.read_text())
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["name"] == PROJECT["name"]
    names = {component["name"].lower() for component in document["components"]}
    assert {Requirement(line).name.lower() for line in PROJECT["dependencies"]} <= names


def test_hadolint_reports_nothing(process: Process) -> None:
    result = process.run_command([find_tool("hadolint"), ROOT / "packaging" / "Dockerfile"], check=False)
    assert result.returncode == 0, result.stdout


def test_image_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "packaging" / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 1000:1000"]
    assert lines.index("USER 1000:1000") < lines.index('ENTRYPOINT ["tui-auth"]')


def test_image_gets_all_that_the_wheel_is_made_of() -> None:
    copied = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    wheel = hatch["build"]["targets"]["wheel"]
    readme = [fragment["path"] for fragment in hatch["metadata"]["hooks"]["fancy-pypi-readme"]["fragments"]]
    sources = [path.lstrip("/") for path in wheel["include"]]
    assert copied == {"pyproject.toml", *sources, *wheel["shared-data"], *PROJECT["license-files"], *readme}


def report_of(*names: str) -> dict[str, Any]:
    """Return what pip's installation report says of these packages, with made-up archives."""
    return {
        "install": [
            {
                "metadata": {"name": name, "version": "1.0"},
                "download_info": {
                    "url": f"https://index.example/{name}-1.0.tar.gz",
                    "archive_info": {"hashes": {"sha256": hashlib.sha256(name.encode()).hexdigest()}},
                },
            }
            for name in names
        ]
    }


@pytest.fixture
def process_formula(process: Process, tmp_path: Path) -> Path:
    """Return a formula made from a made-up report of pip."""
    report = report_of("tui-auth", "boto3", "Textual", "cryptography", "cffi")
    code = (
        "import json, sys, build_formula; print(build_formula.format_formula(json.load(sys.stdin)), end='')"
    )
    command = [sys.executable, "-c", code]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "packaging")}
    options: dict[str, Any] = {"env": environ, "input": json.dumps(report), "stdin": None}
    formula = tmp_path / "tui-auth.rb"
    formula.write_text(process.run_command(command, check=True, **options).stdout)
    return formula


def test_formula_names_the_release_and_its_dependencies(process_formula: Path) -> None:
    text = process_formula.read_text()
    assert "@" not in text.replace("python@3.13", "")
    assert f'sha256 "{hashlib.sha256(b"tui-auth").hexdigest()}"\n  license' in text
    resources = [line.split('"')[1] for line in text.splitlines() if line.startswith("  resource ")]
    assert resources == ["boto3", "textual"]  # Homebrew builds cryptography itself


def test_ruby_reads_the_formula(process: Process, process_formula: Path) -> None:
    ruby = shutil.which("ruby")
    if ruby is None:
        pytest.skip("ruby is not installed")
    result = process.run_command([ruby, "-wc", process_formula], check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout == "Syntax OK\n"
