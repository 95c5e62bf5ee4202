"""A machine with a home and a pool for each test."""

from tests.session.machine import machine as machine
