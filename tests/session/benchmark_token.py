"""Time a cached token and comparable commands: ``python -m tests.session.benchmark_token [RUNS]``.

The commands run in turn, so a slow moment of the machine affects all of them; the table has their medians.
The AWS CLI pins botocore, so it needs a separate environment: set ``AWS_CLI`` to its path, or add it to PATH.
Only version 2 exports credentials; it comes with AWS's installer or Debian's ``awscli``, not from PyPI.
Version 1 is timed with ``aws configure list``, which takes the same steps. Without a CLI the table says so.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.session.machine import FORMS, Machine, specify
from tests.terminal.pty_program import ROOT
from tui_auth.cli.main import CACHED_COMMANDS
from tui_auth.emulator import CognitoEmulator

RUNS = 20
REFERENCE = "python -c pass"
PYCOGNITO = """
import json, pathlib, sys
from pycognito import Cognito
session = json.loads(pathlib.Path(sys.argv[1]).read_text())
access_token = session["access_token"]
user = Cognito(session["user_pool_id"], session["client_id"], access_token=access_token, username="ann")
assert not user.check_token(renew=False)
print(user.access_token)
"""
SCRIPT = """#!{python}
import sys
from tui_auth.cli.main import main
if __name__ == "__main__":
    sys.exit(main())
"""


def build_commands(machine: Machine) -> dict[str, Sequence[str]]:
    """Return the command of each row of the table, by its label."""
    script = machine.home / "tui-auth"
    script.write_text(SCRIPT.format(python=sys.executable))
    script.chmod(0o700)
    credentials = machine.home / ".aws" / "credentials"
    credentials.parent.mkdir()
    credentials.write_text("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n")
    rows: dict[str, Sequence[str]] = {
        REFERENCE: (sys.executable, "-c", "pass"),
        "tui-auth token": (str(script), "token"),
        "tui-auth header": (str(script), "header"),
        "tui-auth status": (str(script), "status"),
        "tui-auth aws-credentials": (str(script), "aws-credentials"),
        "pycognito, token from a file": (sys.executable, "-c", PYCOGNITO, str(machine.session_file())),
    }
    if aws := os.environ.get("AWS_CLI") or shutil.which("aws"):
        export = (aws, "configure", "export-credentials")
        is_2 = subprocess.run(export, env=machine.environ, capture_output=True, check=False).returncode == 0
        command = export if is_2 else (aws, "configure", "list")
        rows[f"aws {' '.join(command[1:])} (version {2 if is_2 else 1})"] = command
    return rows


def build_forms(server: CognitoEmulator, home: Path) -> dict[str, tuple[Sequence[str], dict[str, str], Path]]:
    """Return the command, variables and folder of each command that has a fast path, however it is called."""
    rows: dict[str, tuple[Sequence[str], dict[str, str], Path]] = {}
    for number, form in enumerate(FORMS):
        folder = home / str(number)
        folder.mkdir()
        machine = Machine(folder, server)
        choice = machine.add_identity_pool(machine.create_client())
        machine.sign_in(choice, machine.create_user())
        flags, variables = specify(machine, choice, form)
        for command in CACHED_COMMANDS:
            what = ("--", "/bin/true") if command == "exec" else ()
            line = (sys.executable, "-m", "tui_auth", command, *flags, *what)
            rows[f"tui-auth {command}, {form}"] = line, machine.environ | variables, folder
    return rows


def measure_medians(
    rows: Mapping[str, tuple[Sequence[str], Mapping[str, str], Path]], runs: int
) -> dict[str, float]:
    """Return each row's median time in seconds, after one uncounted round."""
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    for round_number in range(runs + 1):
        for name, (command, environ, folder) in rows.items():
            started = time.perf_counter()
            subprocess.run(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL, check=True)
            if round_number:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as home, CognitoEmulator() as server:
        machine = Machine(Path(home), server)
        machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())
        environ = {**machine.environ, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        rows = {name: (command, environ, machine.home) for name, command in build_commands(machine).items()}
        shared = {name: environ[name] for name in ("PYTHONPATH", "PATH")}
        for name, (command, variables, folder) in build_forms(server, machine.home).items():
            rows[name] = command, variables | shared, folder
        medians = measure_medians(rows, runs)
    for name, median in medians.items():
        ratio = median / medians[REFERENCE]
        sys.stdout.write(f"{name:48} {median * 1000:7.1f} ms {ratio:6.2f} x\n")
    if not any(name.startswith("aws ") for name in rows):
        sys.stdout.write("aws configure export-credentials: no AWS CLI here; AWS_CLI names one.\n")


if __name__ == "__main__":
    main()
