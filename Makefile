# One way to do each thing. `make rehearse` is where a newcomer starts.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/pytest
# Two workers fit two cores; each test has its own ports and directories.
WORKERS ?= 2

AXE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/launchready/axe

.PHONY: help axe coverage docs screenshots setup rehearse check lint types unit test twins mutants soak bench lock clean

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(STAMP): requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the environment (hashes checked)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

setup: $(STAMP) ## environment, engine, plugins
	@$(BIN)/python -m compileall -q launchready components
	@$(BIN)/launch doctor --fix

rehearse: $(STAMP) ## set everything up, then rehearse the example client
	@$(BIN)/launch rehearse example

check: lint types unit ## lint, types and unit tests: under two minutes

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: $(STAMP)
	@$(BIN)/mypy

unit: $(STAMP)
	@$(PYTEST) -n $(WORKERS) -q -m "not engine and not twin and not slow" tests

test: setup ## everything that CI runs
	@$(MAKE) --no-print-directory lint types
	@$(BIN)/python script/coverage_exemptions.py
	@$(PYTEST) -n $(WORKERS) -q tests

coverage: setup ## the same, with the lines and branches that no test runs
	@$(PYTEST) -n $(WORKERS) -q --cov --cov-report=term:skip-covered tests

twins: $(STAMP) ## break each thing on purpose: every check must notice
	@$(PYTEST) -n $(WORKERS) -q -m twin tests

axe: ## axe-core for the accessibility tests of the pages, into the cache
	@mkdir -p $(AXE) && cp tests/report/axe/package.json $(AXE)/
	@cd $(AXE) && npm install --silent --no-audit --no-fund --no-package-lock

screenshots: $(STAMP) ## the report and the handover, on a screen and a phone, light and dark, into build/screenshots
	@$(BIN)/python script/screenshots.py

docs: $(STAMP) ## the documentation site, strictly, into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

mutants: $(STAMP) ## take each lint and each check away in turn: its test must fail
	@$(BIN)/python -m tests.mutants

soak: setup ## everything exhaustive
	@$(MAKE) --no-print-directory mutants
	@$(PYTEST) -n $(WORKERS) -q --soak tests

bench: setup ## side by side with the peers
	@$(BIN)/python benchmarks/planning.py
	@$(BIN)/python benchmarks/bench_verify.py
	@$(BIN)/python benchmarks/bench_drift.py

lock: $(STAMP) ## pin the dependencies anew, with hashes and without addresses
	@$(BIN)/pip-compile -q --extra dev --generate-hashes --no-emit-index-url --no-emit-trusted-host \
	  --no-emit-find-links --no-strip-extras --allow-unsafe --no-header --output-file requirements.txt pyproject.toml

clean: ## remove what was made here (not the cache)
	@rm -rf $(VENV) .launchready .mypy_cache .ruff_cache .pytest_cache build *.egg-info
