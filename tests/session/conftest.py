"""A machine with a home folder and a user pool for each test, and its program as a process."""

from tests.session.machine import machine as machine
from tests.session.machine import processes as processes
