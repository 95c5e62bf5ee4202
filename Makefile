# The commands run in the virtual environment .venv; see CONTRIBUTING.md.
.PHONY: check install lint test

check: lint test

install:
	python3 -m venv .venv
	.venv/bin/pip install -e '.[dev]'

lint:
	.ci/run checks

test:
	.venv/bin/pytest
