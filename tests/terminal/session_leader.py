"""Lead a session with one program in the foreground, like a shell.

Run as ``session_leader.py TERMINAL REPORT CONTROL PROGRAM [ARGUMENT …]``. The program can't lead the session
itself: when a leader ends, the kernel hangs up the terminal and resets its attributes, so a test couldn't see
whether the program had restored them.

Lines written to the descriptor REPORT: ``pid N`` · ``stopped N`` · ``exit N`` · ``signal N``. Lines read from
CONTROL: ``fg`` resumes a stopped program in the foreground; end of file ends this process.
"""

import os
import signal
import sys
import termios


def main() -> None:
    if lead(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])):
        os.execvp(sys.argv[4], sys.argv[4:])


def lead(terminal_name: str, report: int, control: int) -> bool:
    """Fork the program. Return True in the program, and False in the leader when the program has ended."""
    terminal = os.open(terminal_name, os.O_RDWR)  # becomes the session's controlling terminal
    os.set_inheritable(report, False)
    os.set_inheritable(control, False)
    program = os.fork()
    if program == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(terminal, os.getpid())
        # Reset signals, like a shell, because tests started by nohup or in the background ignore some.
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        os.close(terminal)
        return True
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, lambda *_: os.killpg(program, signal.SIGHUP))
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    own_attributes = termios.tcgetattr(terminal)
    os.write(report, b"pid %d\n" % program)
    while True:
        _, status = os.waitpid(program, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        os.tcsetpgrp(terminal, os.getpgrp())
        termios.tcsetattr(terminal, termios.TCSADRAIN, own_attributes)
        os.write(report, b"stopped %d\n" % os.WSTOPSIG(status))
        if os.read(control, 100) != b"fg\n":
            return False
        os.tcsetpgrp(terminal, program)
        os.killpg(program, signal.SIGCONT)
    code = os.waitstatus_to_exitcode(status)
    os.write(report, b"exit %d\n" % code if code >= 0 else b"signal %d\n" % -code)
    os.read(control, 100)
    return False


if __name__ == "__main__":
    main()
