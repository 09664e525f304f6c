# `make serve` and `make check` need Python 3.11 or newer with pip, and make; nothing else.
PYTHON ?= python3
BIN := .venv/bin
TYPED := fynix_cli fynix_server tests
# One more than the smallest machine that this must be quick on has cores: tests also wait.
JOBS ?= 3

.PHONY: help serve check lint test torture speed filter-cost scale format reference clean constraints

help:
	@echo "make serve    start the server with demo people on http://127.0.0.1:8000"
	@echo "make check    lint and test, as .ci/run does"
	@echo "make lint     formatting, ruff, mypy --strict, import-linter"
	@echo "make test     pytest"
	@echo "make torture  faults on real servers: MINUTES=1 SEED=1; see docs/reliability.md"
	@echo "make speed    how quickly scenarios are played"
	@echo "make filter-cost  what the content filter costs a message"
	@echo "make scale    how long moderators' lists take at a million messages"
	@echo "make format   put the code into shape"
	@echo "make reference  write docs/cli.md and the schema of scenarios anew"
	@echo "make clean    remove .venv and every cache"

serve: .venv/.installed
	@$(BIN)/fynix serve --demo

check: lint test

lint: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(TYPED)
	$(BIN)/lint-imports --no-logo

test: .venv/.installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

# How long faults are injected, and which; docs/reliability.md tells how to read the table.
MINUTES ?= 1
SEED ?= 1
torture: .venv/.installed-dev
	$(BIN)/python -m tests.faults.torture --minutes $(MINUTES) --seed $(SEED)

speed: .venv/.installed-dev
	$(BIN)/python -m tests.scenario.speed

filter-cost: .venv/.installed-dev
	$(BIN)/python -m tests.policy.cost

scale: .venv/.installed-dev
	$(BIN)/python -m tests.scale.measure

format: .venv/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: .venv/.installed-dev
	$(BIN)/python -m fynix_cli.reference docs/cli.md
	$(BIN)/fynix scenario schema > config/scenarios/fynix.schema.json

clean:
	rm -rf .venv build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	find fynix_cli fynix_server tests -name __pycache__ -prune -exec rm -rf {} +

# Pins for every platform, without a word about where they were found.
constraints: .venv/.installed-dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--quiet --output-file config/constraints.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fynix needs Python 3.11 or newer; say which with make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

# The stamps are newer than what they were made from, so that installing happens once.
.venv/.installed: pyproject.toml config/constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c config/constraints.txt -e '.[full]'
	@touch $@

.venv/.installed-dev: pyproject.toml config/constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c config/constraints.txt -e '.[dev]'
	@touch .venv/.installed $@
