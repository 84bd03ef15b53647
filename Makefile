# Two commands for everybody (README), one for those who change the code (check).
# Each does its own set-up, in a private .venv that is made again when the locked requirements change.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test check fuzz audit format picture lock clean

demo: $(READY)
	@$(BIN)/watcher demo

test: $(READY)
	@$(BIN)/pytest --numprocesses=auto $(PYTEST)

# Everything that must hold before a change is done.
check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory test PYTEST="--cov --cov-report=term"
	$(BIN)/python tools/check_wheel.py

# The long checks: damaged documents for every reader, a minute each; known vulnerabilities in what we depend on (this one
# needs a network, and fails when it has none).
fuzz: $(READY)
	$(BIN)/python tests/fuzzing.py --seconds 60

audit: $(READY)
	@test -x .venv/audit/bin/pip-audit || { $(PYTHON) -m venv .venv/audit && \
		.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.9,<3"; }
	@.venv/audit/bin/python tools/check_dependencies.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

picture: $(READY)
	$(BIN)/python tools/make_picture.py

lock: $(READY)
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
		--extra dev --output-file requirements-dev.txt pyproject.toml

$(READY): pyproject.toml requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "watcher needs Python 3.11 or newer: https://www.python.org/downloads/"; exit 1; }
	@echo "Setting up .venv (once)..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage*
