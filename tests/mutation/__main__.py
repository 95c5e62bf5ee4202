"""Run a reproducible sample of mutants.

Usage: ``python -m tests.mutation [--count 300] [--seed 1]``.

``mutmut run`` tries every mutant, which takes hours. This command takes one random mutant from each of
``count`` equal parts of the list. The list is sorted by module, so a sample covers all files. The same seed
selects the same mutants as long as the program is the same. The output lists the survivors and the score with
the sample's size. ``mutmut show NAME`` shows a mutant, ``mutmut run NAME`` tries it again.

Settings are in ``[tool.mutmut]`` of pyproject.toml; mutmut comes with ``pip install -e '.[mutation]'``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
MUTANTS = ROOT / "mutants"
MUTMUT = Path(sys.executable).with_name("mutmut")
WARM_UP_MODULE = "tui_auth.threads.*"
"""For its few mutants, mutmut generates all others and records the tests of each function."""

KILLED, SURVIVED, NO_TESTS, TIMEOUT = "killed", "survived", "no tests", "timeout"
STATUSES = {0: SURVIVED, 1: KILLED, 3: KILLED, 5: NO_TESTS, 33: NO_TESTS}
TIMEOUTS = (36, -24, 24, 152, 255)


def mutmut_run(names: list[str], processes: int) -> None:
    """Try the mutants with these names or patterns."""
    subprocess.run([str(MUTMUT), "run", "--max-children", str(processes), *names], cwd=ROOT, check=True)


def exit_codes() -> dict[str, int | None]:
    """Return the exit status of each mutant's test run by mutant name; None if it wasn't tried."""
    codes: dict[str, int | None] = {}
    for file in MUTANTS.rglob("*.meta"):
        codes |= json.loads(file.read_text())["exit_code_by_key"]
    return codes


def stratified_sample(names: list[str], count: int, seed: int) -> list[str]:
    """Return one random name from each of ``count`` equal parts."""
    generator = random.Random(seed)
    count = min(count, len(names))
    bounds = [len(names) * part // count for part in range(count + 1)]
    return [names[generator.randrange(start, end)] for start, end in itertools.pairwise(bounds)]


def status_of(code: int | None) -> str:
    """Return a mutant's status for the exit status of its test run."""
    return (
        TIMEOUT if code in TIMEOUTS else STATUSES.get(code if code is not None else -1, f"exit status {code}")
    )


def main() -> int:
    """Try the sample and print the survivors and the score."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Run a sample of mutants.")
    parser.add_argument("--count", type=int, default=300, help="how many mutants (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="which mutants (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="how many at a time (default: 2)")
    options = parser.parse_args()
    if not MUTMUT.exists():
        parser.error("mutmut is not installed; run: pip install -e '.[mutation]'")
    mutmut_run([WARM_UP_MODULE], options.processes)
    names = sorted(exit_codes())
    sample = stratified_sample(names, options.count, options.seed)
    mutmut_run(sample, options.processes)
    codes = exit_codes()
    statuses = {name: status_of(codes[name]) for name in sample}
    lines = [f"{status}: {name}" for name, status in statuses.items() if status != KILLED]
    counts = Counter(statuses.values())
    noticed = counts[KILLED] + counts[TIMEOUT]
    lines.append(", ".join(f"{number} {status}" for status, number in counts.most_common()))
    lines.append(
        f"mutation score: {noticed / len(sample):.1%} "
        f"({noticed} of {len(sample)} mutants; {len(names)} in all; seed {options.seed})"
    )
    print("\n".join(lines))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
