##@ Wardline: `make help` lists everything
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

$(INSTALLED): setup.cfg pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) 2>/dev/null || { $(PYTHON) -m ops.dev python && $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

##@ Using it
demo: $(INSTALLED) ## a ward's consumption into an ERP, watched live (ODOO=real: PostgreSQL, RabbitMQ, Odoo 19)
	@$(BIN)/python -m ops.demo $(if $(filter real,$(ODOO)),--real)

##@ Working on it
install: $(INSTALLED) ## the virtual environment with everything in it

dev: $(INSTALLED) ## bring PostgreSQL, RabbitMQ, Redis and Odoo 19 up, in folders and on ports of their own
	@$(BIN)/python -m ops.dev up

down: $(INSTALLED) ## take them down again
	@$(BIN)/python -m ops.dev down

test: $(INSTALLED) lint ## everything, on the real servers
	@$(BIN)/python -m ops.dev up
	@eval "$$($(BIN)/python -m ops.dev env)" && $(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m 'not alone'
	@eval "$$($(BIN)/python -m ops.dev env)" && $(BIN)/python -m pytest -q -m alone

test-fast: $(INSTALLED) ## what needs no server, in seconds
	@$(BIN)/python -m pytest -q -m 'not real'

bench: $(INSTALLED) ## measure, on the real servers, side by side, as ratios (QUICK=1: half as long)
	@$(BIN)/python -m ops.bench $(if $(QUICK),--quick)

lint: $(INSTALLED) ## style, types and the direction of imports
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary app workers tasks
	@$(BIN)/lint-imports --no-logo --no-color 2>/dev/null || $(BIN)/lint-imports

format: $(INSTALLED) ## bring the style in order
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo install dev down test test-fast bench lint format help
