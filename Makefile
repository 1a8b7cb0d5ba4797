# Holdfast. Needs Python 3.11 or newer, make, and the package registry; nothing else.
#
#   make demo    the whole journey on made-up specimens; ends with demo/report.html
#   make test    style, types, layers, tests
#   make soak    long runs: kills, faults, state machines
#   make bench   against what people do today, side by side
#   make lock    requirements.lock afresh from pyproject.toml (newest versions that fit)
#   make checkov the environment of its own that a test of terraform/ needs
#   make ome-zarr the same, for the test and benchmark that meet ome-zarr itself
#
# Every target makes the environment first, if need be, and is safe to run again.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Written last, so an environment that was interrupted is finished on the next run.
READY  := $(VENV)/.ready
DEMO   ?= demo
WORKERS ?= 2

.PHONY: help demo test soak bench lock checkov ome-zarr clean
.DEFAULT_GOAL := help

help:
	@sed -n '3,9s/^#   //p' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Holdfast needs Python 3.11 or newer; this is $$($(PYTHON) --version)."; \
	       echo "Try: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 2; }
	@echo "== Environment: $(VENV), from requirements.lock (the first time takes a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@echo "== Holdfast itself, from this folder"
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@echo "== Demo: the whole journey, in $(DEMO)/"
	@$(BIN)/holdfast demo $(DEMO)

test: $(READY)
	@echo "== Style: ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== Types: mypy, strict"
	@$(BIN)/mypy
	@echo "== Layers: import-linter"
	@$(BIN)/lint-imports
	@echo "== Tests: pytest, $(WORKERS) at a time (long runs stand apart: make soak)"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak"

soak: $(READY)
	@echo "== Long runs: kills, faults, state machines"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m soak

bench: $(READY)
	@echo "== Benchmarks: against what people do today, alternating in one run"
	@$(BIN)/python -m benchmarks.deposit
	@$(BIN)/python -m benchmarks.validate
	@$(BIN)/python -m benchmarks.find
	@$(BIN)/python -m benchmarks.capacity
	@$(BIN)/python -m benchmarks.tiering
	@$(BIN)/python -m benchmarks.planning
	@$(BIN)/python -m benchmarks.collection writers
	@$(BIN)/python -m benchmarks.collection_forms
	@$(BIN)/python -m benchmarks.report

# uv resolves for every platform at once; it is used here only, and lives in an environment of its own.
lock:
	@echo "== Lock: requirements.lock from pyproject.toml"
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --quiet uv
	@build/lock/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --upgrade --quiet --output-file requirements.lock
	@echo checkov | build/lock/bin/uv pip compile - --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --upgrade --quiet --output-file terraform/checkov.lock
	@printf 'ome-zarr==0.18.*\nome-zarr-models\ns3fs\n' | build/lock/bin/uv pip compile - --universal \
	  --python-version 3.11.1 --generate-hashes --no-header --no-annotate --upgrade --quiet \
	  --output-file benchmarks/ome-zarr.lock
	@! grep --line-number '://' requirements.lock terraform/checkov.lock benchmarks/ome-zarr.lock \
	  || { echo "an address got into a lock file"; exit 1; }

checkov: .venv-checkov/.ready

.venv-checkov/.ready: terraform/checkov.lock
	@echo "== checkov: .venv-checkov, from terraform/checkov.lock"
	@test -x .venv-checkov/bin/python || $(PYTHON) -m venv .venv-checkov
	@.venv-checkov/bin/python -m pip install --quiet --require-hashes --requirement terraform/checkov.lock
	@touch $@

# It needs an older pydantic than Holdfast's.
ome-zarr: .venv-ome-zarr/.ready

.venv-ome-zarr/.ready: benchmarks/ome-zarr.lock
	@echo "== ome-zarr: .venv-ome-zarr, from benchmarks/ome-zarr.lock"
	@test -x .venv-ome-zarr/bin/python || $(PYTHON) -m venv .venv-ome-zarr
	@.venv-ome-zarr/bin/python -m pip install --quiet --require-hashes --requirement benchmarks/ome-zarr.lock
	@touch $@

clean:
	rm -rf $(VENV) .venv-checkov .venv-ome-zarr build dist
