# Every command has one name; CI calls the same names.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# Compiling the modules and rewriting the assertions takes each process of the tests longer than importing them.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test test-fast test-all clients oracle-documents lint format sdl release-dump bench lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1): make PYTHON=/path/to/python …"; exit 1; }
	@echo "Installing into $(VENV) (about half a minute) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(READY)

serve: $(READY) ## start everything: database, tables, demo, server
	@exec $(BIN)/tunping serve

test: $(READY) ## run the tests on a real PostgreSQL (some minutes)
	$(BIN)/pytest -n auto --dist worksteal -m "not long"

FAST := $(wildcard tests/test_rules*.py tests/test_sql.py tests/test_schema.py tests/test_every_field.py)

test-fast: $(READY) ## run the tests that need no database (20 seconds)
	$(BIN)/pytest -m "not long and not database" $(FAST)

test-all: $(READY) ## run all tests, also the long ones, which take fresh random seeds
	$(BIN)/pytest -n auto --dist worksteal

# Packages of pip and npm for the stories of clients, outside of the repository.
CLIENTS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tunping-clients

clients: export TUNPING_CLIENTS = $(CLIENTS)
clients: $(READY) ## run real clients against a server (six minutes; the first time it fetches packages)
	$(BIN)/python -m tests.clients.scratch
	$(BIN)/pytest tests/clients

oracle-documents: $(READY) ## write the queries anew that the oracle's tests replay
	$(BIN)/python -m tests.oracle

lint: $(READY) ## ruff, mypy, import-linter, whether the SDL is stale and each field compiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/tunping sdl --check

format: $(READY) ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sdl: $(READY) ## write schema/schema.graphql
	$(BIN)/tunping sdl

release-dump: $(READY) ## write the database of this version, on which later migrations are tried
	$(BIN)/python -m tests.releases

bench: $(READY) ## measure
	$(BIN)/python -m bench

LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --upgrade

lock: $(READY) ## pin the newest versions of the dependencies, with hashes
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --output-file requirements.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --extra dev --output-file requirements-dev.txt
	$(BIN)/uv pip compile tests/clients/requirements.in $(LOCK) --output-file tests/clients/requirements.txt

clean: ## remove what was installed, and the embedded database with its data
	rm -rf $(VENV) .data build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
