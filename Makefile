# `make help` lists what there is. Every target sets up what it needs and says what it installs.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SETUP = sh scripts/setup-venv $(PYTHON) $(VENV)
REDOCLY = @redocly/cli@2.77.0
CONTRACT = ../shared/contract/check_spec.py
DOCUMENT = openapi/vatel.yaml
FUZZ_SECONDS ?= 20
BENCH = python=$$($(PYTHON) scripts/pythons.py --newest 3.10) && \
	sh scripts/setup-venv $$python .venv-bench '.[simulator]' bench && .venv-bench/bin/python scripts/bench
GROUPS = test generate
STATIC = lint test generate
# The tests wait more than they work.
AT_ONCE = -n 4 --dist loadgroup
# The tests on $$python, in an environment named by its version.
TEST_ON = $(MAKE) --no-print-directory test PYTHON=$$python \
	VENV=.venv-$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# Checks side by side, the output of each in one piece where this make can.
SIDE_BY_SIDE = $(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),-O)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-lowest-python test-newest-python test-lowest-versions bench bench-smoke fuzz check checks check-static lint format types mypy pyright generate check-generated check-document check-simulator release-check picture clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "make %-20s %s\n", $$1, $$2}'
	@echo 'PYTHON=python3.9 chooses another Python, VENV=folder another environment.'

demo: ## Make a call against the built-in simulator; leaves call.wav and call.jsonl
	@$(SETUP) '.[demo]'
	$(BIN)/python -m vatel_rt.demo --simulate --record call.wav --events call.jsonl

test: ## Run the tests with coverage; ARGS='tests/call/test_call.py -x' runs some, without
	@sh scripts/setup-system espeak-ng iptables iproute2 openssl
	@$(SETUP) . $(GROUPS)
	@sh scripts/setup-sound $(PYTHON) $(VENV)
	$(BIN)/python -m pytest $(or $(ARGS),--cov $(AT_ONCE))

test-all: ## Run the tests on every Python from 3.9 to 3.13 here, and with the lowest versions
	@set -e; pythons=$$($(PYTHON) scripts/pythons.py); \
		for python in $$pythons; do $(TEST_ON) ARGS='$(AT_ONCE)'; done
	@$(MAKE) --no-print-directory test-lowest-versions

test-lowest-python: ## Run the tests on the lowest Python here, unless it is the newest as well
	@set -e; for python in $$($(PYTHON) scripts/pythons.py --ends | sed '$$d'); do \
		$(TEST_ON) ARGS='$(AT_ONCE)'; \
	done

test-newest-python: ## Run the tests with coverage on the newest Python here
	@set -e; python=$$($(PYTHON) scripts/pythons.py --newest); $(TEST_ON)

# Without the generator, whose own dependencies want later versions.
test-lowest-versions: ## Run the tests with the lowest versions of the dependencies, on the lowest Python
	@$(SETUP) .
	@$(BIN)/python scripts/lowest_versions.py >$(VENV)/lowest.txt
	@PIP_CONSTRAINT='$(abspath $(VENV))/lowest.txt' CI= $(MAKE) --no-print-directory test \
		PYTHON=$$($(PYTHON) scripts/pythons.py | sed -n 1p) VENV=.venv-lowest \
		GROUPS=test ARGS='$(AT_ONCE)'

bench: ## Measure beside other clients, for 20 minutes: bench.json, docs; ARGS='receive' shows some
	@$(BENCH) $(or $(ARGS),--json bench.json --chart docs/bench.svg --write docs/benchmarks.md)

bench-smoke: ## Run each row of the benchmarks once, and see that it gives figures
	@$(BENCH) --quick --json .bench-smoke.json $(ARGS)

fuzz: ## Read broken messages, found by atheris, for FUZZ_SECONDS=20
	@$(SETUP) . fuzz
	$(BIN)/python scripts/fuzz.py --seconds $(FUZZ_SECONDS)

check: checks test-lowest-python test-newest-python ## Everything that CI runs

checks: check-static check-simulator fuzz bench-smoke # all but the tests

check-static: ## Check what can be checked without running it
	@$(SETUP) . $(STATIC)
	@$(SIDE_BY_SIDE) lint mypy pyright check-generated check-document

lint: ## Check style and the order of the code
	@$(SETUP) . $(STATIC)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: ## Format the code and repair what the linter can
	@$(SETUP) . $(STATIC)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: mypy pyright ## Check the types: mypy strict, pyright on the public surface

mypy:
	@$(SETUP) . $(STATIC)
	$(BIN)/mypy

pyright:
	@$(SETUP) . $(STATIC)
	$(BIN)/pyright --pythonpath $(BIN)/python

generate: ## Write generated/vatel_rest anew from the OpenAPI document
	@$(SETUP) . generate
	$(BIN)/python scripts/generate.py

check-generated: ## Fail where generated/vatel_rest is not what `make generate` writes
	@$(SETUP) . $(STATIC)
	$(BIN)/python scripts/generate.py --check

check-document: ## Lint the OpenAPI document, and compare it with the platform's facts
	@$(SETUP) . $(STATIC)
	PATH="$(abspath $(BIN)):$$PATH" REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
		$(BIN)/npx --yes $(REDOCLY) lint $(DOCUMENT)
	$(BIN)/openapi-spec-validator $(DOCUMENT)
	@if [ -f $(CONTRACT) ]; then $(BIN)/python $(CONTRACT) $(DOCUMENT); fi

check-simulator: ## Hold a running simulator against the document with Schemathesis, for a minute
	@set -e; python=$$($(PYTHON) scripts/pythons.py --newest 3.11); venv=.venv-schemathesis; \
		sh scripts/setup-venv $$python $$venv '.[simulator]' contract; \
		$$venv/bin/python scripts/check_simulator.py $(ARGS)

release-check: ## Build wheel and sdist into dist/, check them, and install them on every Python here
	@sh scripts/setup-system gcc libc6-dev python3-dev portaudio19-dev
	@set -e; python=$$($(PYTHON) scripts/pythons.py --newest); \
		sh scripts/setup-venv $$python .venv-release . release; \
		.venv-release/bin/python scripts/release_check.py $(ARGS)

picture: ## Draw docs/demo.svg anew: a recording of the demo
	@$(SETUP) '.[demo]' picture
	$(BIN)/python scripts/picture.py

clean: ## Remove environments, caches and what the demo left
	rm -rf dist .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.* call.wav call.jsonl answer.wav bench.json .bench-smoke.json
