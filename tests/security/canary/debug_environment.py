"""An environment that turns on all debug output."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.terminal.pty_program import ROOT

SPY: Final = Path(__file__).with_name("spy")


def debug_environment(folder: Path) -> dict[str, str]:
    """Return variables that turn on logs, screenshots and debug output of all libraries.

    They apply to Textual, Python, asyncio, botocore and boto3, and write to files in ``folder``. botocore has
    no variable for its debug log, so ``PYTHONPATH`` leads to a ``sitecustomize`` that turns on every logger,
    and to a fake of Textual's console.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "aws-config"
    config.write_text("[default]\ndebug = true\nlog_level = DEBUG\nregion = us-east-1\n[plugins]\n")
    return {
        "CANARY_SPY": str(folder),
        "PYTHONPATH": f"{SPY}:{ROOT}",
        "TEXTUAL": "devtools,debug",
        "TEXTUAL_DEBUG": "1",
        "TEXTUAL_LOG": str(folder / "textual.log"),
        "TEXTUAL_DEVTOOLS_HOST": "127.0.0.1",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_SCREENSHOT_LOCATION": str(folder),
        "TEXTUAL_SCREENSHOT_FILENAME": "screen.svg",
        "TEXTUAL_SHOW_RETURN": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONWARNINGS": "always",
        "PYTHONASYNCIODEBUG": "1",
        "BOTO_DEBUG": "1",
        "BOTO_CONFIG": str(config),
        "BOTOCORE_DEBUG": "1",
        "AWS_DEBUG": "true",
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "missing",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "not-to-be-sent",
        "DEBUG": "*",
        "LOG_LEVEL": "DEBUG",
    }
