"""``tui-auth`` and ``python -m tui_auth``: who interrupts it while it still loads is shown no traceback."""

import sys


def main() -> int:
    """Run the program on its arguments, and give its exit status."""
    try:
        from tui_auth.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
