"""Python code in a process of its own."""

from tests.processes import python_process as python_process
