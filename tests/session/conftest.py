"""A machine with a home and a pool for each test, and Python code in a process of its own."""

from tests.processes import python_process as python_process
from tests.session.machine import machine as machine
from tests.session.machine import processes as processes
