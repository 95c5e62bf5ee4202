"""Commands that end at once: tokens in every form, ``status``, ``profile list``, ``--help``, the one file."""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from time import perf_counter

from tests.benchmarks.stage import Stage
from tests.benchmarks.table import MILLISECONDS, Pair, Row
from tests.session.benchmark_token import build_forms
from tests.session.machine import Machine
from tests.terminal.pty_program import ROOT

NOTHING = (sys.executable, "-c", "pass")


def cpu_seconds(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """Run a command successfully and return the CPU time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, env=environ, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def forms(stage: Stage, rounds: int) -> Iterator[Pair]:
    """Yield the CPU times of the slowest command and form of those that print a token or credentials."""
    home = stage.folder / "forms"
    home.mkdir()
    rows = {
        name: partial(cpu_seconds, command, {**environ, "PYTHONPATH": str(ROOT)}, folder)
        for name, (command, environ, folder) in build_forms(stage.server, home).items()
    }
    pairs: dict[str, list[Pair]] = {name: [] for name in rows}
    for number in range(rounds + 1):
        nothing = cpu_seconds(NOTHING, stage.environ, home)
        for name, run in rows.items():
            pair = run(), nothing
            if number:  # the first call of each form caches its session for the fast path
                pairs[name].append(pair)
    yield from max(pairs.values(), key=lambda figures: statistics.median(figure for figure, _ in figures))


def command_seconds(stage: Stage, rounds: int, arguments: Sequence[str]) -> Iterator[Pair]:
    """Yield the CPU times of a command of tui-auth, with a session and a profile, and of doing nothing."""
    machine = Machine(stage.home, stage.server)
    choice = machine.create_client()
    machine.sign_in(choice)
    ids = ("--user-pool-id", choice.user_pool_id, "--client-id", choice.client_id)
    endpoint = ("--endpoint-url", str(choice.endpoint_url))
    adding = (stage.command, "profile", "add", "acme", *ids, *endpoint)
    cpu_seconds(adding, stage.environ, stage.home)
    for number in range(rounds + 1):
        pair = (
            cpu_seconds((stage.command, *arguments), stage.environ, stage.home),
            cpu_seconds(NOTHING, stage.environ, stage.home),
        )
        if number:
            yield pair


@cache
def one_file(stage: Stage) -> Path:
    """Build the one-file program by its documented command."""
    command = [sys.executable, str(ROOT / "packaging" / "build_pyz.py"), "--output", str(stage.folder)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = stage.folder.glob("*.pyz")
    return built


def one_file_seconds(stage: Stage, rounds: int, *, is_first: bool) -> Iterator[Pair]:
    """Yield the times of the one file, at its first start or later, and of doing nothing."""
    archive = one_file(stage)
    Machine(stage.home, stage.server).sign_in()
    environ = {name: value for name, value in stage.environ.items() if name != "PYTHONPATH"}

    def seconds(command: Sequence[str]) -> float:
        started = perf_counter()
        subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
        return perf_counter() - started

    for number in range(rounds + 1):
        if is_first:
            shutil.rmtree(stage.home / ".shiv", ignore_errors=True)
        pair = seconds((sys.executable, "-I", str(archive), "token")), seconds(NOTHING)
        if number:
            yield pair


FORMS = Row(
    "forms",
    "the slowest of token, header, exec, kube-credential and aws-credentials in six forms, CPU time",
    "python -c pass",
    MILLISECONDS,
    forms,
    rounds=11,
    ratio=2.5,
)
STATUS, PROFILE_LIST, HELP = (
    Row(
        name,
        f"tui-auth {' '.join(arguments)}, CPU time",
        "python -c pass",
        MILLISECONDS,
        partial(command_seconds, arguments=arguments),
        rounds=15,
        ratio=ratio,
    )
    for name, arguments, ratio in (
        ("status", ("status",), 4),
        ("profile-list", ("profile", "list"), 4),
        ("help", ("--help",), 2),
    )
)
ONE_FILE_FIRST = Row(
    "one-file-first",
    "the one file: first start, which unpacks it, and token",
    "python -c pass",
    MILLISECONDS,
    partial(one_file_seconds, is_first=True),
    rounds=5,
    maximum=1.5,
)
ONE_FILE_TOKEN = Row(
    "one-file-token",
    "the one file: token, from a valid session",
    "python -c pass",
    MILLISECONDS,
    partial(one_file_seconds, is_first=False),
    rounds=11,
    maximum=0.2,
)
