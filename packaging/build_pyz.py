"""Build tui-auth as one file that runs on each supported Python: ``python packaging/build_pyz.py``.

The file is a shiv archive for Linux on x86_64 with glibc 2.28 or newer. It contains tui-auth and its
dependencies, without data that tui-auth does not use: of hundreds of AWS services it calls two. cffi is the
only dependency that is compiled for one version of Python, so its module is included for each.

Needs the ``dev`` extra and a package index. Two builds of one commit are identical.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS: Final = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
SERVICES: Final = ("cognito-idp", "cognito-identity")
NOT_NEEDED: Final = ("bin", "boto3/examples", "boto3/data", "share")

# shiv unpacks the archive below ~/.shiv at the first start. If the home can't be written to, it is unpacked
# below the runtime folder of the login session, or else in a temporary folder, each time.
START: Final = """\
import os, sys, tempfile

if "SHIV_ROOT" not in os.environ:
    home = os.path.expanduser("~/.shiv")
    parent = home if os.path.isdir(home) else os.path.dirname(home)
    if not os.access(parent, os.W_OK):
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        if runtime and os.access(runtime, os.W_OK):
            os.environ["SHIV_ROOT"] = os.path.join(runtime, "tui-auth-shiv")
        else:
            import atexit, shutil

            os.environ["SHIV_ROOT"] = tempfile.mkdtemp(prefix="tui-auth-")
            atexit.register(shutil.rmtree, os.environ["SHIV_ROOT"], ignore_errors=True)

import _bootstrap

_bootstrap.bootstrap()
"""


def main() -> int:
    """Build the file and print its path."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="FOLDER")
    output: Path = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        version = wheel.name.split("-")[1]
        site = Path(folder) / "site"
        install(wheel, site)
        remove_unused(site)
        archive = Path(folder) / "tui-auth.pyz"
        pack(site, archive)
        result = output / f"tui-auth-{version}-linux-x86_64.pyz"
        replace_start(archive, result)
    sys.stdout.write(f"{result} ({result.stat().st_size / 1e6:.1f} MB)\n")
    return 0


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout."""
    run("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, site: Path) -> None:
    """Install the wheel and its dependencies, and the compiled module of cffi for the other versions."""
    first, *others = PYTHONS
    run("-m", "pip", "install", "--quiet", "--no-compile", "--target", site, *_target(first), wheel)
    (cffi,) = site.glob("cffi-*.dist-info")
    pinned = f"cffi=={cffi.name.removesuffix('.dist-info').partition('-')[2]}"
    for version in others:
        with tempfile.TemporaryDirectory() as folder:
            run("-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, *_target(version), pinned)
            (other,) = Path(folder).glob("cffi-*.whl")
            with zipfile.ZipFile(other) as archive:
                for name in archive.namelist():
                    if name.startswith("_cffi_backend"):
                        archive.extract(name, site)


def _target(version: str) -> list[str]:
    """Return pip's options for CPython of this version on Linux."""
    platforms = [option for platform in PLATFORMS for option in ("--platform", platform)]
    abis = ["--abi", f"cp{version.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
    return [
        "--only-binary",
        ":all:",
        "--implementation",
        "cp",
        "--python-version",
        version,
        *platforms,
        *abis,
    ]


def remove_unused(site: Path) -> None:
    """Remove the data of other AWS services, scripts, examples, and what names folders of this machine."""
    for folder in (site / "botocore" / "data").iterdir():
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    for name in NOT_NEEDED:
        shutil.rmtree(site / name, ignore_errors=True)
    for name in ("direct_url.json", "RECORD"):
        for path in site.glob(f"*.dist-info/{name}"):
            path.unlink()


def pack(site: Path, archive: Path) -> None:
    """Pack the folder with shiv."""
    options = ["--compressed", "--reproducible", "--python", "/usr/bin/env python3"]
    entry_point = ["--entry-point", "tui_auth.__main__:run"]
    run("-m", "shiv", "--site-packages", site, *options, *entry_point, "--output-file", archive)


def replace_start(archive: Path, result: Path) -> None:
    """Copy the archive, with ``__main__.py`` replaced by ours."""
    with zipfile.ZipFile(archive) as source:
        shebang = archive.read_bytes()[: min(entry.header_offset for entry in source.infolist())]
        with result.open("wb") as file:
            file.write(shebang)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
                for entry in source.infolist():
                    data = START.encode() if entry.filename == "__main__.py" else source.read(entry)
                    target.writestr(entry, data)
    result.chmod(0o755)


def run(*arguments: str | Path) -> None:
    """Run Python with these arguments; an error ends the build."""
    subprocess.run([sys.executable, *map(str, arguments)], check=True)  # noqa: S603 - our own arguments


if __name__ == "__main__":
    raise SystemExit(main())
