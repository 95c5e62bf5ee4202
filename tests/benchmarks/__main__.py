"""Print the benchmark table.

Usage: ``python -m tests.benchmarks [--rounds N] [--only NAME …] [--markdown]``.

Each row measures the program and its reference alternately, so that a slow machine slows both, and takes the
median of its rounds. The exit status is always 0: the table reports figures and doesn't judge them.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.commands import FORMS, HELP, ONE_FILE_FIRST, ONE_FILE_TOKEN, PROFILE_LIST, STATUS
from tests.benchmarks.echo import ECHO, KEY_BYTES
from tests.benchmarks.emulator import CROWD, INITIATE_AUTH
from tests.benchmarks.idle_output import COUNTDOWN, IDLE
from tests.benchmarks.journey import HUNDRED, MEMORY, SIGN_IN_BYTES
from tests.benchmarks.launch import LAUNCH
from tests.benchmarks.processes import SRP_SIGN_IN, SRP_SIGN_IN_CHECKED, TOKEN
from tests.benchmarks.python_api import (
    FIRST_SESSION_TOKEN,
    MANY_SIGN_INS,
    MANY_SIGN_INS_MEMORY,
    SESSION_TOKEN,
)
from tests.benchmarks.srp_maths import SRP_MATHS
from tests.benchmarks.stage import Stage
from tests.benchmarks.table import HEADINGS, as_markdown, as_text, measure

ROWS = (
    LAUNCH,
    ECHO,
    IDLE,
    COUNTDOWN,
    KEY_BYTES,
    SIGN_IN_BYTES,
    SRP_MATHS,
    SRP_SIGN_IN,
    SRP_SIGN_IN_CHECKED,
    MEMORY,
    HUNDRED,
    TOKEN,
    FORMS,
    STATUS,
    PROFILE_LIST,
    HELP,
    ONE_FILE_FIRST,
    ONE_FILE_TOKEN,
    SESSION_TOKEN,
    FIRST_SESSION_TOKEN,
    MANY_SIGN_INS,
    MANY_SIGN_INS_MEMORY,
    INITIATE_AUTH,
    CROWD,
)


def machine() -> str:
    """Return a description of this machine and the package versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("textual", "boto3", "pycognito"))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}; {python}, {packages}"


def processor() -> str:
    """Return the processor's name, if the system provides it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Run the selected rows and print them."""
    parser = ArgumentParser(prog="python -m tests.benchmarks", description="The program beside its like.")
    add = parser.add_argument
    add("--rounds", type=int, metavar="N", help="so many of each row, in place of its own number")
    add("--only", action="append", choices=[row.name for row in ROWS], help="this row; may be repeated")
    add("--markdown", action="store_true", help="the table as docs/benchmarks.md has it")
    arguments = parser.parse_args()
    lines = [HEADINGS]
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder)) as stage:
        for row in ROWS:
            if not arguments.only or row.name in arguments.only:
                sys.stderr.write(f"{row.name} … ")
                sys.stderr.flush()
                lines.append(measure(row, stage, arguments.rounds).cells())
                sys.stderr.write(" | ".join(lines[-1][2:]) + "\n")
    write = as_markdown if arguments.markdown else as_text
    sys.stdout.write(f"{machine()}\n\n{write(lines)}")


if __name__ == "__main__":
    main()
