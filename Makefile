# `make demo` and `make test` do all their own set-up: a virtual environment with Python >= 3.11, the package, its tools.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
DEMO := demo

.PHONY: demo test test-quick lint types rooms check bench clean help

help:
	@echo "make demo    the reference case, whole path, report in $(DEMO)/results/report.html"
	@echo "make test    all tests"
	@echo "make check   lint, types, order of the rooms"
	@echo "make bench   benchmarks beside their peers"

$(VENV)/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "oncospine needs Python 3.11 or newer; install it and run make again" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[evidence]'
	@touch $@

$(VENV)/developer: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

demo: $(VENV)/installed
	$(BIN)/oncospine demo $(DEMO)

test: $(VENV)/developer
	$(BIN)/python -m pytest -n auto

test-quick: $(VENV)/developer
	$(BIN)/python -m pytest -n auto -m "not slow"

lint: $(VENV)/developer
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/developer
	$(BIN)/mypy

rooms: $(VENV)/developer
	$(BIN)/lint-imports

check: lint types rooms

bench: $(VENV)/developer
	for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

clean:
	rm -rf $(VENV) $(DEMO) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
