# Two commands do all the set-up: `make demo` and `make test`. Everything goes into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev

.PHONY: help demo install test check lint types fast bench reference clean

help:  ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(STAMP)  ## Made-up logs in, real mails out; ARGS=--forever goes on until Ctrl-C
	@$(BIN)/tailrace demo $(ARGS)

install: $(STAMP)  ## Install Tailrace into .venv

test: check fast  ## Install what is needed, lint, check types, run all tests

check: lint types  ## Lint, formatting, layer contracts, types

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(DEV)
	$(BIN)/mypy

fast: $(DEV)  ## All tests, or those that ARGS names; those of the pure rooms have to cover them
ifdef ARGS
	$(PYTEST) $(ARGS)
else
	$(PYTEST) $(PURE) --cov --cov-report= --cov-fail-under=95
	$(PYTEST) tests $(PURE:%=--ignore=%)
endif

PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
PURE   := tests/model tests/blueprint tests/window

bench: $(DEV)  ## Measure: the whole job beside wc and grep, parsing, generating, steps
	$(BIN)/python bench/whole_job.py
	$(BIN)/python bench/parse.py
	$(BIN)/python bench/generate.py
	$(BIN)/python bench/runtime.py

reference: $(DEV)  ## Write docs/reference anew from the code
	$(BIN)/python docs/generate_reference.py

clean:  ## Remove what the targets made
	rm -rf $(VENV) demo .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tailrace needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "this Python cannot make virtual environments; on Debian: apt install python3-venv"; exit 1; }

$(STAMP): $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
