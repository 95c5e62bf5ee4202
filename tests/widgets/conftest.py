"""Fixtures for tests of single widgets."""

from __future__ import annotations

from tests.pilot import inexpensive_apps as inexpensive_apps
