# Two commands do all the set-up: `make scan` and `make test`. A second run needs no network.

PYTHON ?= python3
VENV ?= .venv
DIR ?= .
BIN := $(VENV)/bin

.DELETE_ON_ERROR:
.PHONY: scan test lint types contract unit builds coverage bench-history recall clean

scan: $(VENV)/installed
	@$(BIN)/cencori-guard scan "$(DIR)"

test: lint types contract unit

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

contract: $(VENV)/installed-dev
	$(BIN)/lint-imports

# The wheels are what pre-commit installs the hook from in the tests, without the network.
unit: $(VENV)/installed-dev $(VENV)/wheels/complete
	CENCORI_GUARD_TEST_WHEELS=$(abspath $(VENV)/wheels) $(BIN)/python -m pytest -n auto

# The bundlers that no run of the tests builds with, too: some minutes, with node, npm and the network.
builds: $(VENV)/installed-dev
	CENCORI_GUARD_BUILDS=all $(BIN)/python -m pytest -n auto -m builds tests/test_builds.py

coverage: $(VENV)/installed-dev $(VENV)/wheels/complete
	CENCORI_GUARD_TEST_WHEELS=$(abspath $(VENV)/wheels) $(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# What is found of a matrix of encodings and containers, by this program and by others that are installed.
SEEDS ?= 1
recall: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.recall --seeds $(SEEDS)

# Against git itself, on whole histories: make bench-history REPOS="path/to/one path/to/another"
bench-history: $(VENV)/installed-dev
	$(BIN)/python benchmarks/history.py $(REPOS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "cencori-guard needs Python 3.11 or newer: name one, as in make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/installed

$(VENV)/wheels/complete: pyproject.toml | $(VENV)/installed-dev
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --dest $(VENV)/wheels . 'hatchling>=1.27' editables pip
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
