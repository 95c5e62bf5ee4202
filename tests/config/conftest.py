"""Fixtures for configuration tests: a home folder and Amplify files."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.pty_program import PtyProgram
from tui_auth.config.resolver import ResolvedPool, resolve_pool
from tui_auth.config.settings import add_pool_arguments

DATA = Path(__file__).with_name("data")


class Home:
    """A home folder with config.toml, in which pools are resolved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / ".config" / "tui-auth" / "config.toml"
        self.environ = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "XDG_STATE_HOME": str(folder / ".local" / "state"),
        }

    def write_config(self, text: str) -> None:
        """Write config.toml as an editor would."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text)

    def resolve(
        self,
        *flags: str,
        variables: Mapping[str, str] | None = None,
        folder: Path | None = None,
        current_session: Callable[[], Mapping[str, Any] | None] = lambda: None,
    ) -> ResolvedPool:
        """Resolve the pool with these flags and variables in this folder."""
        parser = ArgumentParser()
        add_pool_arguments(parser)
        parser.add_argument("--username")
        parser.add_argument("--auth-flow")
        return resolve_pool(
            vars(parser.parse_args(flags)),
            self.environ | dict(variables or {}),
            current_session=current_session,
            folder=folder or self.folder,
        )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return Home(folder)


@pytest.fixture
def terminal_program() -> type[PtyProgram]:
    """Return the class that runs the program on a pseudo-terminal."""
    return PtyProgram


@pytest.fixture
def put_amplify_file() -> Callable[..., Path]:
    """Return a function that copies a sample Amplify file into a folder, with changes."""

    def put(name: str, folder: Path, *, changes: Mapping[str, str] | None = None) -> Path:
        text = (DATA / name).read_text()
        for old, new in (changes or {}).items():
            assert old in text
            text = text.replace(old, new)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(text)
        return path

    return put
