# Each target prepares what it needs: the first one makes .venv, later ones find that nothing has changed.
.PHONY: up test check bench faults e2e pages processes screenshots lock
.DEFAULT_GOAL := up

# The Python to make .venv with: 3.11, 3.12 or 3.13.
BASE_PYTHON ?= python3
PYTHON := .venv/bin/python
# Modules are compiled when they are first used: most never are.
PIP := $(PYTHON) -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes
# Compiled modules are kept, whatever the environment says: tests start Python dozens of times.
export PYTHONDONTWRITEBYTECODE :=
# What the checks write goes here, never into the data folder.
SCRATCH := $(CURDIR)/.venv/scratch

# Start everything: make up, or make up ARGS="--port 8001"
up: .venv/run.stamp
	@$(PYTHON) manage.py up $(ARGS)

# The tests that take less than a minute.
test: .venv/dev.stamp
	@$(PYTHON) -m pytest -q -n auto --maxprocesses 4 $(ARGS)

check: .venv/dev.stamp
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	AGENTRON_DATA=$(SCRATCH) .venv/bin/mypy
	.venv/bin/lint-imports
	AGENTRON_DATA=$(SCRATCH) $(PYTHON) manage.py makemigrations --check --dry-run
	AGENTRON_DATA=$(SCRATCH) $(PYTHON) manage.py check --fail-level WARNING
	git ls-files 'templates/*.html' | xargs -r .venv/bin/djade --check

# Real processes, killed and frozen; on PostgreSQL too where AGENTRON_TEST_POSTGRES is its address. .ci/run makes a tenth.
faults: .venv/dev.stamp
	tests/faults/run
	ROUNDS=100 $(PYTHON) -m pytest -q -m faults -n 2 --dist loadfile $(ARGS)

# A table of what was measured beside what is promised; BENCH=--quick measures a tenth.
bench: .venv/dev.stamp
	$(PYTHON) -m tests.bench $(BENCH)

# All that is too slow for `make test`. Apart, for Playwright leaves an event loop running in the process that has driven a browser.
e2e: pages processes

# The pages in Debian's Chromium; two files at a time.
pages: .venv/dev.stamp
	$(PYTHON) -m pytest -q -m e2e -n 2 --dist loadfile $(ARGS)

# Agentron's own processes, made-up requests to the API, and what waits or goes through many pages, rows and runs.
MARKS := fuzz or processes or wide
processes: .venv/dev.stamp
	$(PYTHON) -m pytest -q -m "$(MARKS)" -n 3 --dist worksteal $(ARGS)

# The README's pictures; ARGS="--all FOLDER" takes every state of every page, to be looked at.
screenshots: .venv/dev.stamp
	$(PYTHON) -m tests.screenshots $(ARGS)

# Write the lock files anew after a change of the dependencies in pyproject.toml.
LOCK := uv pip compile pyproject.toml --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11 --quiet
lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

.venv/run.stamp: requirements.lock | $(PYTHON)
	@echo "Installing what Agentron needs, about half a minute…"
	$(PIP) -r requirements.lock
	@touch $@

.venv/dev.stamp: requirements-dev.lock | $(PYTHON)
	$(PIP) -r requirements-dev.lock
	@touch .venv/run.stamp $@

$(PYTHON):
	@$(BASE_PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "Agentron needs Python 3.11, 3.12 or 3.13: name one with BASE_PYTHON=python3.11." >&2; exit 1; }
	$(BASE_PYTHON) -m venv .venv
	@printf '#!/bin/sh\n# The command line of the checkout around this folder.\nhere=$$(dirname "$$(readlink -f "$$0")")\nexec "$$here/python" "$$here/../../manage.py" "$$@"\n' > .venv/bin/agentron
	@chmod +x .venv/bin/agentron
