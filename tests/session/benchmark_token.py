"""How long a cached token takes, beside its like: ``python -m tests.session.benchmark_token [RUNS]``.

The rows run in turn, so that what slows the machine slows all of them; the middle of many runs counts. The
AWS CLI pins botocore and needs an environment of its own: ``AWS_CLI`` names it, else the path is searched.
Only version 2 exports credentials. It is not on PyPI; AWS's installer has it, and Debian as ``awscli``.
Version 1 lists what it found instead, by the same steps; where there is neither, the table says so.
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

from tests.session.machine import Machine
from tests.terminal.pty_program import ROOT
from tui_auth.emulator import CognitoEmulator

RUNS = 20
REFERENCE = "python -c pass"
PYCOGNITO = """
import json, pathlib, sys
from pycognito import Cognito
kept = json.loads(pathlib.Path(sys.argv[1]).read_text())
user = Cognito(kept["user_pool_id"], kept["client_id"], access_token=kept["access_token"], username="ann")
assert not user.check_token(renew=False)
print(user.access_token)
"""
SCRIPT = """#!{python}
import sys
from tui_auth.cli.main import main
if __name__ == "__main__":
    sys.exit(main())
"""


def commands(machine: Machine) -> dict[str, Sequence[str]]:
    """The rows: what they are called, and what is run."""
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
        own = export if is_2 else (aws, "configure", "list")
        rows[f"aws {' '.join(own[1:])} (version {2 if is_2 else 1})"] = own
    return rows


def measured(rows: Mapping[str, Sequence[str]], environ: Mapping[str, str], runs: int) -> dict[str, float]:
    """The median of each row in seconds, run in turn after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    for each in range(runs + 1):
        for name, command in rows.items():
            started = time.perf_counter()
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
            if each:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as home, CognitoEmulator() as server:
        machine = Machine(Path(home), server)
        machine.sign_in(machine.with_identity_pool(machine.client()), machine.user())
        environ = {**machine.environ, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        rows = commands(machine)
        medians = measured(rows, environ, runs)
    for name, median in medians.items():
        ratio = median / medians[REFERENCE]
        sys.stdout.write(f"{name:48} {median * 1000:7.1f} ms {ratio:6.2f} x\n")
    if not any(name.startswith("aws ") for name in rows):
        sys.stdout.write("aws configure export-credentials: no AWS CLI here; AWS_CLI names one.\n")


if __name__ == "__main__":
    main()
