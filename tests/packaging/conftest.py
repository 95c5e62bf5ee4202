"""Fixtures that run the program as a process and on a terminal."""

from tests.programs import process as process
from tests.programs import terminal_program as terminal_program
