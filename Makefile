# `make help` lists what there is. Every target sets up what it needs and says what it installs.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SETUP = sh scripts/setup-venv $(PYTHON) $(VENV)
REDOCLY = @redocly/cli@2.77.0
CONTRACT = ../shared/contract/check_spec.py
DOCUMENT = openapi/vatel.yaml

.DEFAULT_GOAL := help
.PHONY: help demo test test-matrix check check-static lint format types generate check-generated check-document clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "make %-16s %s\n", $$1, $$2}'
	@echo 'PYTHON=python3.9 chooses another Python, VENV=folder another environment.'

demo: ## Make a call against the built-in simulator; leaves call.wav and call.jsonl
	@$(SETUP) '.[demo]'
	$(BIN)/python -m vatel_rt.demo --simulate --record call.wav --events call.jsonl

test: ## Run the tests with coverage; ARGS='tests/test_call.py -x' runs some, without
	@sh scripts/setup-system espeak-ng
	@$(SETUP) . test generate
	$(BIN)/python -m pytest $(or $(ARGS),--cov)

test-matrix: ## Run the tests on the lowest and the newest Python that are here
	@set -e; for python in $$($(PYTHON) scripts/pythons.py --ends); do \
		version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		$(MAKE) --no-print-directory test PYTHON=$$python VENV=.venv-$$version; \
	done

check: check-static test-matrix ## Everything that CI runs

check-static: lint types check-generated check-document

lint: ## Check style and the order of the code
	@$(SETUP) . lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: ## Format the code and repair what the linter can
	@$(SETUP) . lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: ## Check the types: mypy strict, pyright on the public surface
	@$(SETUP) . lint test generate
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

generate: ## Write generated/vatel_rest anew from the OpenAPI document
	@$(SETUP) . generate
	$(BIN)/python scripts/generate.py

check-generated: ## Fail where generated/vatel_rest is not what `make generate` writes
	@$(SETUP) . generate
	$(BIN)/python scripts/generate.py --check

check-document: ## Lint the OpenAPI document, and compare it with the platform's facts
	@$(SETUP) . lint test
	PATH="$(CURDIR)/$(BIN):$$PATH" REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
		$(BIN)/npx --yes $(REDOCLY) lint $(DOCUMENT)
	$(BIN)/openapi-spec-validator $(DOCUMENT)
	@if [ -f $(CONTRACT) ]; then $(BIN)/python $(CONTRACT) $(DOCUMENT); fi

clean: ## Remove environments, caches and what the demo left
	rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.* call.wav call.jsonl
