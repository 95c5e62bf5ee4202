"""A machine with a home folder and a user pool for each test."""

from tests.session.machine import machine as machine
