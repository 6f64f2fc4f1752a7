# `make` alone lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c  # a check whose output is shortened still fails
# The first that runs and is new enough (a shim may stand for a version that is not there).
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
  $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
RUN := .venv/.run-time
DEV := .venv/.development
PEERS := .venv/peers/.installed
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes
ARGS ?=
# The whole suite runs beside itself on the cores there are; a part of it needs one.
SUITE = $(or $(ARGS),-n auto --maxprocesses 4)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.venv/bin/python:
	@test -n "$(PYTHON)" || \
	  { echo "Python 3.11 or newer is needed; say which: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "  Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv

$(RUN): requirements.lock | .venv/bin/python
	@echo "  Installing what runs (once, about half a minute)"
	@sed '/^# --- development/,$$d' requirements.lock > .venv/run-time.txt
	@$(PIP) -r .venv/run-time.txt
	@touch $@

$(DEV): requirements.lock | .venv/bin/python
	@echo "  Installing run-time and development packages (once, about a minute)"
	@$(PIP) -r requirements.lock
	@touch $@ $(RUN)

$(PEERS): tests/peers.lock | .venv/bin/python
	@echo "  Installing the peers that tests talk to (once, some seconds)"
	@$(BIN)/python -m venv .venv/peers
	@.venv/peers/bin/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r tests/peers.lock
	@touch $@

.PHONY: setup setup-dev
setup: $(RUN) ## make .venv with what runs
setup-dev: $(DEV) $(PEERS) ## make .venv with test, lint and browser tools too

.PHONY: demo run
demo: $(RUN) ## everything with demo data, simulated stations and an eMSP, on this machine
	@exec $(BIN)/python -m cpms.embedded --demo
run: $(RUN) ## the production processes on this machine
	@exec $(BIN)/python -m cpms.embedded

.PHONY: test test-slow e2e bench
test: $(DEV) $(PEERS) ## the test suite, on engines of its own (ARGS=… goes to pytest)
	@$(BIN)/python -m pytest -q $(SUITE)
test-slow: $(DEV) $(PEERS) ## the tests that take minutes: kills, crashes, large fleets
	@$(BIN)/python -m pytest -q -m slow $(ARGS)
e2e: $(DEV) ## walk the portal in a real browser (needs chromium)
	@command -v chromium >/dev/null || \
	  { echo "chromium is missing: apt-get install chromium (or set CHROMIUM=/path)"; exit 1; }
	@$(BIN)/python -m pytest -q -m e2e tests/e2e $(ARGS)
bench: $(DEV) ## measure: one table of ratios against yardsticks
	@$(BIN)/python -m bench $(ARGS)

.PHONY: check format lint types layers migrations vendor
check: lint types layers migrations vendor test ## all that CI runs, except browser tests
format: $(DEV) ## write the code as the formatter wants it
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .
lint: $(DEV) ## ruff: rules and format
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check . && echo "lint: ok"
types: $(DEV) ## mypy --strict
	@CPMS_ENV_FILE= $(BIN)/mypy
layers: $(DEV) ## who may import whom
	@$(BIN)/lint-imports | tail -n 12
migrations: $(DEV) ## the models and the migrations agree
	@$(BIN)/python tools/check_migrations.py
vendor: $(DEV) ## the vendored front-end files are what the lock says
	@$(BIN)/python tools/vendor.py --check

.PHONY: messages
messages: $(DEV) ## gather the texts that people read into locale/, and compile it
	@$(BIN)/python -m tools.messages

.PHONY: lock clean
lock: ## rewrite requirements.lock from pyproject.toml (needs uv)
	@$(PYTHON) tools/lock.py $(UV)
clean: ## remove .venv and caches; the data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
