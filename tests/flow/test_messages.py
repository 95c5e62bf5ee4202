"""The texts that both front ends show."""

from __future__ import annotations

import pytest

from tui_auth.flow.errors import format_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "61 seconds"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (240, "4 minutes"),
        (3599, "60 minutes"),
        (3600, "1 hour"),
        (5399, "90 minutes"),
        (5400, "2 hours"),
        (86400, "24 hours"),
    ],
)
def test_duration_in_a_sentence_has_one_unit(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
