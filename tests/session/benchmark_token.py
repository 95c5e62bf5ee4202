"""How long a cached token takes, beside its like: ``python -m tests.session.benchmark_token [RUNS]``.

Each row and its references run in turn, so that what slows the machine slows all of them; the middle of many
runs counts. The AWS CLI pins botocore and needs an environment of its own: it is taken from ``AWS_CLI`` or
the path, and left out where there is none. Version 1 cannot export credentials and prints one value instead.
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
from tui_auth.pool import PoolServer

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
from tui_auth.cli import main
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
        "pycognito, token from a file": (sys.executable, "-c", PYCOGNITO, str(machine.session_file())),
    }
    if aws := os.environ.get("AWS_CLI") or shutil.which("aws"):
        export = (aws, "configure", "export-credentials")
        knows = subprocess.run(export, env=machine.environ, capture_output=True).returncode == 0
        own = export if knows else (aws, "configure", "get", "aws_access_key_id")
        rows[" ".join(("aws", *own[1:]))] = own
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
    with tempfile.TemporaryDirectory() as home, PoolServer() as server:
        machine = Machine(Path(home), server)
        machine.sign_in()
        environ = {**machine.environ, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        medians = measured(commands(machine), environ, runs)
    for name, median in medians.items():
        ratio = median / medians[REFERENCE]
        sys.stdout.write(f"{name:42} {median * 1000:7.1f} ms {ratio:6.2f} x\n")


if __name__ == "__main__":
    main()
