"""Entry point of ``tui-auth`` and ``python -m tui_auth``. ^C during startup shows no traceback."""

import sys


def main() -> int:
    """Run the program on its arguments and return its exit status."""
    try:
        from tui_auth.cli.main import main as run_command

        return run_command()
    except KeyboardInterrupt:
        return 130  # ExitCode.INTERRUPTED: its module may be what was loading


def run() -> int:
    """Run the program and return its exit status; after a signal, end the process by that signal."""
    status = main()
    if status > 128:
        from tui_auth.terminal.signals import end_by_signal

        end_by_signal(status - 128)
    return status


if __name__ == "__main__":
    sys.exit(run())
