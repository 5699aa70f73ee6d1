# `make help` lists the targets. Each installs what it needs first, and prints what it installs.
PYTHON ?= python3
VENV ?= .venv
SYSTEM_PACKAGES ?= ask
export SYSTEM_PACKAGES
MAKEFLAGS += --no-print-directory
BIN = $(VENV)/bin
SETUP = @sh scripts/setup-venv $(PYTHON)
ON = @$(PYTHON) scripts/pythons.py
DEV = $(SETUP) $(VENV) -e . --group dev --group generate
SOUND = gcc libc6-dev python3-dev portaudio19-dev
PARALLEL = -n 4 --dist loadgroup
# What does not depend on the version of Python is tested on the newest only.
ONCE = --deselect tests/tooling/test_corpus.py
DOCUMENT = openapi/vatel.yaml
CONTRACT = ../shared/contract/check_spec.py

.PHONY: help demo setup test test-all test-lowest-versions check check-code check-static check-simulator fuzz generate bench bench-smoke release-check clean
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "make %-21s %s\n", $$1, $$2}'
	@echo 'PYTHON=python3.9 uses another Python, VENV=folder another environment, and'
	@echo 'SYSTEM_PACKAGES=no installs nothing with root rights (now: $(SYSTEM_PACKAGES)).'

demo: ## Make a call against the simulator; writes call.wav and call.jsonl
	$(SETUP) $(VENV) -e '.[demo]'
	$(BIN)/python -m vatel_rt.demo --simulate --record call.wav --events call.jsonl

setup: ## Install what tests and checks need
	@sh scripts/setup-system $(SOUND) espeak-ng iptables iproute2 openssl $$(sh tests/audio/virtual-sound packages)
	$(DEV)
	$(SETUP) $(VENV) -e '.[audio]' || echo 'setup: no PyAudio: the tests of the sound device are skipped' >&2

test: setup ## Run all tests with coverage, or some: ARGS='tests/call/test_call.py -x'
	$(BIN)/python -m pytest $(or $(ARGS),--cov $(PARALLEL))

test-all: ## Run the tests on each supported Python found here
	$(ON) all $(MAKE) test ARGS='$(PARALLEL)'

test-lowest-versions: ## Run the tests with the lowest supported version of each dependency
	$(SETUP) .venv-lowest -e '.[audio]' uv
	.venv-lowest/bin/uv pip compile -q --all-extras --no-deps --resolution lowest-direct -o .venv-lowest/lowest.txt pyproject.toml
	.venv-lowest/bin/uv pip install -q --python .venv-lowest --constraint .venv-lowest/lowest.txt -e '.[audio]' --group dev
	.venv-lowest/bin/python -m pytest $(or $(ARGS),$(PARALLEL))

check: ## Run everything that CI runs, with the tests on the lowest and newest Python found here
	$(ON) newest $(MAKE) setup
	$(ON) newest $(MAKE) -j 2 --output-sync=line check-code check-simulator
	$(ON) older $(MAKE) test ARGS='$(PARALLEL) $(ONCE)'
	$(ON) newest $(MAKE) test

check-code: check-static
	@$(MAKE) fuzz bench-smoke

check-static: ## Check style, types, import contracts, generated code and the OpenAPI document
	$(DEV)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate.py --check
	PATH="$(abspath $(BIN)):$$PATH" REDOCLY_TELEMETRY=off $(BIN)/npx --yes @redocly/cli@2.77.0 lint $(DOCUMENT)
	$(BIN)/openapi-spec-validator $(DOCUMENT)
	@if [ -f $(CONTRACT) ]; then $(BIN)/python $(CONTRACT) $(DOCUMENT); fi

check-simulator: ## Test the simulator against the OpenAPI document (needs Python 3.11)
	$(SETUP) .venv-schemathesis -e '.[simulator]' schemathesis==4.32.5
	.venv-schemathesis/bin/python scripts/check_simulator.py $(ARGS)

fuzz: ## Decode malformed messages for 20 seconds, or more: ARGS='--seconds 600'
	$(DEV)
	$(BIN)/python scripts/fuzz.py $(ARGS)

generate: ## Regenerate generated/vatel_rest from the OpenAPI document
	$(SETUP) $(VENV) -e . --group generate
	$(BIN)/python scripts/generate.py

bench: ## Compare with other clients for 20 minutes; writes docs/benchmarks.md (needs Python 3.10)
	$(SETUP) .venv-bench -e '.[simulator]' --group bench
	.venv-bench/bin/python benchmarks $(or $(ARGS),--json bench.json --chart docs/bench.svg --write docs/benchmarks.md)

bench-smoke: ## Run each benchmark once, to see that it works
	@$(MAKE) bench ARGS='--quick --json .bench-smoke.json $(ARGS)'

release-check: ## Build wheel and sdist into dist/, check them, install them on each Python found here
	@sh scripts/setup-system $(SOUND)
	$(SETUP) .venv-release -e . --group release
	.venv-release/bin/python scripts/release_check.py $(ARGS)

clean: ## Remove environments, caches and the files of demo and benchmarks
	rm -rf dist .fuzz .venv .venv-* .*_cache .coverage .coverage.* call.wav call.jsonl answer.wav bench.json .bench-smoke.json
