# Two targets matter: `make hello` and `make test`. Both set up all that they need in .venv.

# The first Python that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
OFFLINE := { echo "The packages couldn't be installed: the lines above say why. Is the network there? make goes on from here."; exit 1; }

.PHONY: hello test lint types unit torture bench conformance lock clean

hello: .venv/hello
	@$(BIN)/python -m ringup.hello

test: lint types unit

lint: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/test
	$(BIN)/mypy
	$(BIN)/pyright

unit: .venv/test
	$(BIN)/pytest --numprocesses auto --cov --cov-report=term

# Kills programs that log calls, at random moments: make torture ROUNDS=1000
torture: .venv/test
	$(BIN)/python -m tests.ledger.torture $(or $(ROUNDS),300)
	$(BIN)/python -m tests.ledger.torture many

bench: .venv/test
	$(BIN)/python -m bench

# What outsiders say: the vendors' schemas, their SDKs and the suites of those, their mock server (docs/conformance.md).
conformance: .venv/test
	$(BIN)/python -m conformance

# What is installed is pinned by requirements.lock. A stamp says that it is done.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "ringup needs Python 3.11 or newer, and none was found. Install one, or say where it is: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ringup needs Python 3.11 or newer, and $(PYTHON) isn't."; exit 1; }
	@echo "creating .venv with $(PYTHON) ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/hello: .venv/bin/python pyproject.toml requirements.lock
	@echo "installing ringup into .venv ..."
	@$(PIP) install --constraint requirements.lock --editable '.[all]' || $(OFFLINE)
	@touch $@

.venv/test: .venv/hello
	@echo "installing what the tests need into .venv ..."
	@$(PIP) install --requirement requirements.lock || $(OFFLINE)
	@touch $@

# Pin anew (needs uv).
lock:
	uv pip compile --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --all-extras --group dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .coverage* build dist
