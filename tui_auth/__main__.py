"""Entry point of ``tui-auth`` and ``python -m tui_auth``. ^C during startup shows no traceback."""

import sys


def main() -> int:
    """Run the program on its arguments and return its exit status."""
    try:
        from tui_auth.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return 130  # ExitCode.INTERRUPTED: its module may be what was loading


if __name__ == "__main__":
    sys.exit(main())
