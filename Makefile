PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TICKETS ?= 60000

.PHONY: help setup demo run ui notebook planner test lint bench bench-setup clean
.DEFAULT_GOAL := help

help:  ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(BIN)/.ready  ## make the environment in .venv (once; the other targets do it by themselves)

# torch goes in first and alone: pinned to this build, nothing else can replace it by one several gigabytes larger.
# The embedding model is converted for fast use here, so that no run has to.
$(BIN)/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m models.text.conversion
	touch $@

demo: setup  ## simulate two years of tickets and make every report from them
	$(BIN)/groundswell demo --tickets $(TICKETS)

run: setup  ## load what is new in data/inbox and refresh everything
	$(BIN)/groundswell run

ui: setup  ## open the Dagster UI on the same data
	$(BIN)/groundswell ui

notebook: setup  ## open the analysts' notebook on the published snapshot
	$(BIN)/groundswell notebook

planner: setup  ## open the planner: what if a campaign ran, a wave hit, or the work were done differently
	$(BIN)/groundswell planner

# A file's tests stay together, as they share what is slow to make; the longest files start first.
test: setup  ## every test, and that imports run one way
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: setup  ## format, style, types and import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup  ## time and memory of the whole pipeline, stage by stage
	$(BIN)/python -m benchmarks.pipeline --tickets $(TICKETS)

bench-setup: setup  ## add what the benchmarks compare with (BERTopic, Prophet, AutoETS) to the environment
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'

clean:  ## delete all data and start over; the environment stays
	rm -rf data
