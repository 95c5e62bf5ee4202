"""How quick, quiet and small the program is, beside its like: ``python -m tests.benchmarks``."""
