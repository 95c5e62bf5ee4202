"""Benchmarks of tui-auth beside reference programs: ``python -m tests.benchmarks``."""
