# Seatledger. `make` alone lists what there is. Needs Python 3.11+, make and pip; `make kafka` and `make verapdf` also
# Java 17 and Maven.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
ARGS ?=

# Each brings up its own PostgreSQL and broker. Tests wait as well as work, so that two cores carry three.
WORKERS ?= 3

.PHONY: help setup lock demo test test-slow test-browser lint mutation verapdf kafka test-kafka bench clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# Our own bytecode too, as pip does it for what it installs: without it every command compiles what it imports anew where
# PYTHONDONTWRITEBYTECODE is set, which takes `simulate` longer than all it does.
setup: $(STAMP) ## make .venv with everything that is locked, and the command seatledger in it
	@$(BIN)/python -m compileall -q shared services deploy
	@echo "Ready: $(BIN)/seatledger"

# A path in a .pth (editable_mode=compat) is found at once; the finder that is the default costs each start 30 ms.
# The stamp is newer than the locks it was installed from; touched locks install again, else nothing is done.
$(STAMP): requirements-dev.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@rm -f $(STAMP)
	@[ -x $(BIN)/python ] || { echo "Making the virtual environment .venv"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing uv, pinned by hash (requirements-uv.lock)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-uv.lock
	@echo "Installing $$(grep -c '==' requirements-dev.lock) locked packages, each checked by hash (requirements-dev.lock)"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements-dev.lock
	@echo "Installing seatledger itself, editable"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
		--config-setting editable_mode=compat --editable .
	@touch $(STAMP)

# One lock for every platform and Python from 3.11; no address of a registry in it, so that each site uses its own.
UV_COMPILE = $(1) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command 'make lock'

lock: ## resolve the dependencies of pyproject.toml again and write the lock files (UPGRADE=1: to the newest)
	@[ -x $(BIN)/uv ] || { $(PYTHON) -m venv $(VENV); $(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.lock; }
	@echo "Resolving requirements.lock, requirements-dev.lock, requirements-mutation.lock, requirements-uv.lock"
	@$(call UV_COMPILE,$(BIN)/uv) $(if $(UPGRADE),--upgrade) pyproject.toml --output-file requirements.lock
	@$(call UV_COMPILE,$(BIN)/uv) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(call UV_COMPILE,$(BIN)/uv) $(if $(UPGRADE),--upgrade) --group mutation --output-file requirements-mutation.lock
	@grep '^uv==' requirements-dev.lock | tr -d ' \\' | $(call UV_COMPILE,$(BIN)/uv) - --output-file requirements-uv.lock

demo: setup ## the whole system with a realistic stream, until Ctrl-C (ARGS=--once: leave when it is done)
	@$(BIN)/seatledger demo --start $(ARGS)

# A file stays on one worker, so the costly set-up of a session is not repeated for each test.
test: setup ## unit, property, contract and integration tests, on embedded broker and PostgreSQL (ARGS="-k name")
	@echo "Tests: $(WORKERS) workers, each with an embedded PostgreSQL and broker of its own; the slow ones: make test-slow"
	@$(PYTEST) --numprocesses $(WORKERS) --dist loadfile -m "not slow" tests --ignore tests/benchmarks --ignore tests/browser $(ARGS)

test-slow: setup ## the tests that take long: the demonstration, the README's commands, a large invoice, many histories
	@$(PYTEST) -m slow tests --ignore tests/benchmarks --ignore tests/browser $(ARGS)

# Debian has Chromium as a package: apt-get install chromium. Pictures of all pages are left in .pictures.
test-browser: setup ## the console in a browser, over one demonstration (needs chromium on the PATH)
	@$(PYTEST) tests/browser $(ARGS)

lint: setup ## style, format, strict types, floors of the house
	@echo "ruff: style";   $(BIN)/ruff check .
	@echo "ruff: format";  $(BIN)/ruff format --check .
	@echo "mypy: types, strict"; $(BIN)/mypy
	@echo "import-linter: floors of the house"; $(BIN)/lint-imports --no-logo

MUTATION_STAMP := .mutation/.installed

# Half an hour and more for all modules on two idle cores; no part of `make test`.
mutation: setup $(MUTATION_STAMP) ## slow: do the tests find what mutmut breaks in shared/billing? (ARGS=shared/billing/money.py)
	@$(BIN)/python -m tests.mutation $(ARGS)

$(MUTATION_STAMP): requirements-mutation.lock
	@echo "Installing mutmut in .mutation/venv, each package checked by hash (requirements-mutation.lock)"
	@rm -rf .mutation/venv
	@$(PYTHON) -m venv --without-pip .mutation/venv
	@$(BIN)/uv pip sync --quiet --require-hashes --python .mutation/venv/bin/python requirements-mutation.lock
	@touch $(MUTATION_STAMP)

VERAPDF_STAMP := .verapdf/.copied

verapdf: $(VERAPDF_STAMP) ## veraPDF into .verapdf/, for the test that holds our PDFs against PDF/A (needs Java and Maven)
	@echo "Ready: veraPDF in .verapdf/jars"

$(VERAPDF_STAMP): tests/verapdf/pom.xml
	@command -v mvn >/dev/null || { echo "make verapdf needs Maven, and no mvn is on the PATH" >&2; exit 1; }
	@echo "Copying veraPDF, pinned by tests/verapdf/pom.xml, into .verapdf/jars"
	@rm -rf .verapdf
	@mvn --quiet --batch-mode --file tests/verapdf/pom.xml dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory=$(CURDIR)/.verapdf/jars
	@touch $(VERAPDF_STAMP)

KAFKA_STAMP := .kafka/.copied

kafka: $(KAFKA_STAMP) ## Apache Kafka into .kafka/, from the pinned pom.xml (needs Java 17 and Maven)
	@echo "Ready: Apache Kafka in .kafka/jars"

$(KAFKA_STAMP): deploy/local/pom.xml
	@command -v java >/dev/null || { echo "Apache Kafka needs Java 17 or newer, and no java is on the PATH" >&2; exit 1; }
	@command -v mvn >/dev/null || { echo "make kafka needs Maven, and no mvn is on the PATH" >&2; exit 1; }
	@echo "Copying Apache Kafka, pinned by deploy/local/pom.xml, into .kafka/jars"
	@rm -rf .kafka
	@mvn --quiet --batch-mode --file deploy/local/pom.xml dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory=$(CURDIR)/.kafka/jars
	@touch $(KAFKA_STAMP)

# These ask APIs, pages and a database; what a broker has to do with them, others test. They ran in `make test`.
NO_BROKER := $(addprefix --ignore tests/integration/,access api console dashboards)

test-kafka: setup kafka ## integration, kill and end-to-end tests on Apache Kafka itself
	@echo "Tests on Apache Kafka: $(WORKERS) workers, each with a broker and a PostgreSQL of its own"
	@SEATLEDGER_TEST_BROKER=kafka $(PYTEST) --numprocesses $(WORKERS) --dist loadfile tests/integration tests/end_to_end $(NO_BROKER) $(ARGS)

bench: setup ## measured figures, into tests/benchmarks/results (ARGS=commands: of one part)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

clean: ## remove what make and the tools made; asks nothing, keeps .seatledger
	@rm -rf $(VENV) .kafka .verapdf .mutation build dist *.egg-info .mypy_cache .pictures .ruff_cache .pytest_cache .hypothesis .import_linter_cache
