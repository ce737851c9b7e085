# Two commands need nothing but python3 (3.11 or newer), make and git: `make demo` and `make test`.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
# What is compiled once is kept: the program starts many times, and in many processes.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak fuzz screenshots docs secrets lock clean run-env dev-env

ROUNDS ?= 3
EXAMPLES ?= 200
SECONDS ?= 60
SEED ?= $(shell date +%s)
BIN := .venv/bin

help:  ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: run-env  ## The whole gate in one process, with an ERP to play with  [CHECK=1] [PORT=n]
	@$(BIN)/gatepost demo $(if $(CHECK),--headless --check) $(if $(PORT),--port $(PORT))

test: dev-env  ## Every test that can run here  [GROUP=embedded|servers|browser|erp|odoo]
	@$(BIN)/python scripts/run_tests.py $(GROUP)

check: dev-env  ## Lint, format, types and floors: what CI runs besides the tests
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports) || { echo "$$said"; exit 1; }
	@echo "  lint, format, types and floors are in order"

bench: dev-env  ## Items a second against other ways of doing the same  [ROUNDS=3]
	@$(BIN)/python -m benchmarks --rounds $(ROUNDS)

soak: dev-env  ## Kills everything at random and counts what was lost  [SECONDS=60] [SEED=n]
	@$(BIN)/python -m tests.soak --seconds $(SECONDS) --seed $(SEED)

fuzz: dev-env  ## Every route of the API, with what nobody thought of  [EXAMPLES=200]
	@FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -q --timeout 0 tests/services/console/test_every_route.py

screenshots: dev-env  ## Pictures of every page into build/screenshots (needs a Chromium)
	@$(BIN)/python -m tests.browser.screenshots

docs: dev-env  ## Write the generated pages of docs/reference anew
	@$(BIN)/python -m scripts.reference
	@$(BIN)/python -m scripts.asyncapi

secrets:  ## Write the random passwords docker compose wants, into secrets/
	@python3 scripts/make_secrets.py

lock:  ## Take the newest versions into the lock files (needs uv)
	@python3 scripts/lock.py

clean:  ## Forget the environment and what the tools left
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

run-env:
	@python3 scripts/setup_env.py requirements.lock

dev-env:
	@python3 scripts/setup_env.py requirements-dev.lock
