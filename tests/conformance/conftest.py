"""The demo fixtures for the conformance tests."""

from tests.journeys.conftest import demo as demo
from tests.journeys.conftest import server as server
