"""One SMS code passes through few files and functions, from Enter to the next screen."""

from __future__ import annotations

from typing import Final

from tests.code_path import INPUT_AND_DRAWING, measure

MOST_FILES: Final = 15
MOST_FUNCTIONS: Final = 88
MOST_FILES_OUTSIDE_AUTH: Final = 9
MOST_FUNCTIONS_OUTSIDE_AUTH: Final = 49
"""Where it is now, without ``terminal`` and ``widgets``. The target is 90 functions, 55 outside ``auth``."""


async def test_a_code_passes_through_few_files_and_functions() -> None:
    path = (await measure()).outside(*INPUT_AND_DRAWING)
    outside = path.outside("auth")
    assert len(path.functions) <= MOST_FILES, str(path)
    assert path.function_count <= MOST_FUNCTIONS, str(path)
    assert len(outside.functions) <= MOST_FILES_OUTSIDE_AUTH, str(outside)
    assert outside.function_count <= MOST_FUNCTIONS_OUTSIDE_AUTH, str(outside)
