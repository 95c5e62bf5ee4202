"""The workflows, `.ci/run`, pre-commit and pyproject.toml agree with each other."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.programs import Process
from tests.terminal.pty_program import ROOT

PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CI_RUN: Final = (ROOT / ".ci" / "run").read_text()
PINNED: Final = re.compile(r"\s*(?:- )?uses: [\w.-]+(?:/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def load_workflow(name: str) -> dict[Any, Any]:
    """Return a workflow as dictionaries and lists; YAML reads its key ``on`` as True."""
    workflow: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    return workflow


def list_jobs() -> list[tuple[str, dict[str, Any]]]:
    """Return each job of each workflow with its name for a test ID."""
    return [
        (f"{path.name}:{name}", job)
        for path in WORKFLOWS
        for name, job in load_workflow(path.name)["jobs"].items()
    ]


def list_checks() -> list[str]:
    """Return the commands of the step ``checks``, as the virtual environment's programs."""
    body = re.search(r"^checks\(\) \{\n(.*?)^\}", CI_RUN, re.MULTILINE | re.DOTALL)
    assert body
    return [line.strip().removeprefix(".venv/bin/") for line in body[1].splitlines()]


def list_classified_pythons() -> list[str]:
    """Return the versions of Python that the classifiers name."""
    prefix = "Programming Language :: Python :: 3."
    return [f"3.{name.removeprefix(prefix)}" for name in PROJECT["classifiers"] if name.startswith(prefix)]


def test_linux_runs_the_fast_tier_on_each_supported_python() -> None:
    matrix = load_workflow("test.yml")["jobs"]["fast"]["strategy"]["matrix"]
    assert matrix["python"] == list_classified_pythons()
    assert [os for os in matrix["os"] if os.startswith("ubuntu")] == matrix["os"]


def test_the_lowest_python_is_the_required_one() -> None:
    assert PROJECT["requires-python"] == f">={list_classified_pythons()[0]}"


def test_the_script_knows_each_supported_python() -> None:
    pythons = re.search(r'^PYTHONS="(.*)"$', CI_RUN, re.MULTILINE)
    assert pythons
    assert pythons[1].split() == list_classified_pythons()


def test_macos_runs_the_fast_tier_on_a_supported_python() -> None:
    included = load_workflow("test.yml")["jobs"]["fast"]["strategy"]["matrix"]["include"]
    pythons = [entry["python"] for entry in included if entry["os"].startswith("macos")]
    assert pythons
    assert set(pythons) <= set(list_classified_pythons())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_action_is_pinned_by_commit_with_its_version(path: Path) -> None:
    uses = [line for line in path.read_text().splitlines() if re.match(r"\s*(?:- )?uses:", line)]
    assert uses
    assert not [line for line in uses if not PINNED.fullmatch(line)]


def test_an_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for action, pin in re.findall(r"uses: ([\w./-]+)@(.*)", path.read_text()):
            pins.setdefault(action, set()).add(pin)
    assert {action for action, commits in pins.items() if len(commits) > 1} == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_permission_of_its_own(path: Path) -> None:
    assert load_workflow(path.name)["permissions"] == {}


@pytest.mark.parametrize(("name", "job"), list_jobs())
def test_a_job_states_its_permissions(name: str, job: dict[str, Any]) -> None:
    allowed = {"contents": "read"}
    if name.startswith("release.yml:"):
        allowed |= {"id-token": "write", "attestations": "write"}
    if name == "release.yml:attach":
        allowed = {"contents": "write"}
    assert job["permissions"]
    assert job["permissions"].items() <= allowed.items()


@pytest.mark.parametrize(("name", "job"), list_jobs())
def test_a_checkout_leaves_no_credentials(name: str, job: dict[str, Any]) -> None:
    checkouts = [
        step for step in job.get("steps", ()) if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts), name


def test_only_the_job_that_publishes_uses_the_environment_of_pypi() -> None:
    assert [name for name, job in list_jobs() if "environment" in job] == ["release.yml:publish"]
    assert load_workflow("release.yml")["jobs"]["publish"]["permissions"] == {"id-token": "write"}


def test_pre_commit_runs_the_checks_of_the_script() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = repository["hooks"]
    assert [hook["entry"] for hook in hooks] == list_checks()
    assert all(hook["language"] == "system" and hook["pass_filenames"] is False for hook in hooks)


def test_the_tools_of_the_full_run_are_installed_in_the_workflows() -> None:
    tools = re.search(r'^TOOLS="(.*)"$', CI_RUN, re.MULTILINE)
    assert tools
    for name in ("test.yml", "nightly.yml"):
        steps = load_workflow(name)["jobs"]["everything"]["steps"]
        assert any(step.get("run", "").endswith(f"apt-get install -y {tools[1]}") for step in steps), name


@pytest.mark.parametrize("form", ["bug.yml", "feature.yml"])
def test_an_issue_form_has_fields(form: str) -> None:
    fields = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / form).read_text())["body"]
    assert [field["id"] for field in fields if field["type"] == "textarea"]
    for field in fields:
        assert field["type"] in {"markdown", "textarea", "input", "checkboxes"}
        assert field["type"] == "markdown" or field["attributes"]["label"]


def test_the_bug_form_asks_for_the_version_and_doctor_and_forbids_secrets() -> None:
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text()
    assert "tui-auth --version" in text
    assert "tui-auth doctor" in text
    assert "Never paste a token, password, code, key or client secret." in text


def test_zizmor_reports_nothing(process: Process) -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    result = process.run_command([zizmor, "--offline", "--no-progress", ROOT / ".github"], check=False)
    assert result.returncode == 0, result.stdout


def test_the_source_distribution_has_what_its_tests_read() -> None:
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    names = hatch["build"]["targets"]["sdist"]["include"]
    assert [name for name in names if not (ROOT / name.lstrip("/")).exists()] == []
    assert {"/.ci", "/.github", "/.pre-commit-config.yaml", "/docs", "/styles", "/tests"} <= set(names)
    assert {f"/{path.name}" for path in ROOT.glob("*.md")} <= set(names)
