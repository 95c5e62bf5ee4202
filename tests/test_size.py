"""The report of ``python -m tests.size``."""

from __future__ import annotations

from pathlib import Path

from tests.size import TOP_LEVEL, Size, format_report, measure_packages


def test_package_is_measured_with_its_subpackages(tmp_path: Path) -> None:
    for name, text in {
        "main.py": "one\n",
        "auth/a.py": "1\n2\n3\n",
        "auth/deep/b.py": "1\n",
        "c.txt": "1\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert measure_packages(tmp_path) == {TOP_LEVEL: Size(1, 1), "auth": Size(2, 4)}


def test_report_ends_with_the_totals_and_the_targets() -> None:
    lines = format_report({"auth": Size(2, 4), "config": Size(1, 1_002)}).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["auth", "2", "4", "2"],
        ["config", "1", "1,002", "1,002"],
        ["total", "3", "1,006", "335"],
        ["target", "≤", "140", "≤", "25,000"],
    ]
