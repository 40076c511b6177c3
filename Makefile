# Two commands on a bare machine (Python 3.11 with venv, git, make): `make demo` and `make test`.

PYTHON ?= python3
BIN := .venv/bin

# Real servers from wheels, unless both addresses are given.
ifeq ($(and $(DATABASE_URL),$(REDIS_URL)),)
export LANCASTER_EMBEDDED ?= 1
endif

.PHONY: help demo test lint pytest pins clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/run ## the whole product with its real data, on http://localhost:8000 (PORT=...)
	@$(BIN)/python -m config.demo

test: lint pytest ## lint and the whole suite

pytest: .venv/dev
	$(BIN)/pytest -n 2

lint: .venv/dev ## what must hold before a commit
	$(BIN)/ruff check
	$(BIN)/ruff format --check

# A stamp is written only when an environment is complete: a half-made one is made anew.
.venv/run: requirements.txt
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
