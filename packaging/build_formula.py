"""Print a Homebrew formula for a released version: ``python packaging/build_formula.py 1.2.3``.

pip resolves the dependencies of the release to source archives on the configured package index. Each becomes
a resource of the template ``homebrew/tui-auth.rb.in``, with its address and SHA-256 checksum. Homebrew builds
cryptography itself, so it and its own dependencies are left out.

Needs a package index that has the release, and what pip needs to read the metadata of source archives.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

TEMPLATE: Final = Path(__file__).parent / "homebrew" / "tui-auth.rb.in"
FROM_HOMEBREW: Final = ("cryptography", "cffi", "pycparser")


def main() -> int:
    """Print the formula."""
    parser = argparse.ArgumentParser(description="Print a Homebrew formula for a released version.")
    parser.add_argument("version", help="a version on the package index, such as 1.2.3")
    sys.stdout.write(format_formula(resolve(f"tui-auth=={parser.parse_args().version}")))
    return 0


def resolve(requirement: str) -> dict[str, Any]:
    """Return pip's installation report for a requirement, with source archives wherever Homebrew builds."""
    options = ["--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    sources = ["--no-binary", ":all:", "--only-binary", ",".join(FROM_HOMEBREW)]
    command = [sys.executable, "-m", "pip", "install", *options, *sources, requirement]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - our own words
    report: dict[str, Any] = json.loads(output)
    return report


def format_formula(report: dict[str, Any]) -> str:
    """Return the template with the source and the resources of pip's report filled in."""
    archives = {item["metadata"]["name"].lower(): item["download_info"] for item in report["install"]}
    source = format_archive(archives.pop("tui-auth"), indent="  ")
    resources = [
        f'  resource "{name}" do\n{format_archive(archive, indent="    ")}\n  end'
        for name, archive in sorted(archives.items())
        if name not in FROM_HOMEBREW
    ]
    template = TEMPLATE.read_text()
    return template.replace("@SOURCE@", source).replace("@RESOURCES@", "\n\n".join(resources))


def format_archive(download: dict[str, Any], *, indent: str) -> str:
    """Return the two lines that name an archive and its checksum."""
    checksum = download["archive_info"]["hashes"]["sha256"]
    return f'{indent}url "{download["url"]}"\n{indent}sha256 "{checksum}"'


if __name__ == "__main__":
    raise SystemExit(main())
