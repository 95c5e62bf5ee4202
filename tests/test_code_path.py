"""One SMS code passes through few files and functions, from Enter to the next screen."""

from __future__ import annotations

from typing import Final

from tests.code_path import measure

MOST_FILES: Final = 29
MOST_FUNCTIONS: Final = 131
MOST_FILES_OUTSIDE_AUTH: Final = 12
MOST_FUNCTIONS_OUTSIDE_AUTH: Final = 62
"""Where it is now. The target is 15 files and 90 functions, 9 and 55 of them outside ``auth``."""


async def test_a_code_passes_through_few_files_and_functions() -> None:
    path = await measure()
    outside = path.outside("auth")
    assert len(path.functions) <= MOST_FILES, str(path)
    assert path.function_count <= MOST_FUNCTIONS, str(path)
    assert len(outside.functions) <= MOST_FILES_OUTSIDE_AUTH, str(outside)
    assert outside.function_count <= MOST_FUNCTIONS_OUTSIDE_AUTH, str(outside)
