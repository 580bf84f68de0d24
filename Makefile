# Every command of the project; CI calls these and nothing else. `make` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# The order of test-shuffled; and what it, test-oldest and test-newest run, all tests if nothing.
SEED ?= $(shell date +%j)
TESTS ?=
# Of the two jobs; the least and the greatest Python of which every dependency has a wheel.
PYTHON_OLDEST ?= python3.11
PYTHON_NEWEST ?= python3.13

# As many workers as cores, each with its own threads: none may spin while it waits.
export OMP_WAIT_POLICY := PASSIVE

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-shuffled test-oldest test-newest check format bench bench-quality readme papers papers-check wheel clean

help:  ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | column -t -s '|'

demo: $(VENV)/demo.done  ## Model or physician? The main job on bundled patients; writes demo/report.html
	@echo "==> cede demo: who should say which patient will die within six months?"
	@$(BIN)/cede demo --out demo

test: $(VENV)/dev.done  ## Run the tests (some six minutes)
	@echo "==> pytest, on $$(nproc 2>/dev/null || echo 2) cores"
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not long"

test-long: $(VENV)/dev.done  ## Run the theory tests on repeated draws (minutes)
	@echo "==> pytest, long"
	@$(BIN)/python -m pytest -q -n auto -m long tests/long

test-shuffled: $(VENV)/dev.done  ## Run the tests in another order, which SEED=… names
	@echo "==> pytest, shuffled with seed $(SEED)"
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not long" \
	  --random-order-bucket=global --random-order-seed=$(SEED) $(TESTS)

test-oldest: .venv-oldest/test.done  ## Run the tests with the lowest versions of pyproject.toml (gigabytes, once)
	@echo "==> pytest, with the lowest versions"
	@.venv-oldest/bin/python -m pytest -q -n auto --dist worksteal -m "not long" $(TESTS)

test-newest: .venv-newest/test.done  ## Run the tests with the newest versions, on Python 3.13 (gigabytes, once)
	@echo "==> pytest, with the newest versions"
	@.venv-newest/bin/python -m pytest -q -n auto --dist worksteal -m "not long" $(TESTS)

check: $(VENV)/dev.done  ## Format, lint, types, import directions
	@echo "==> ruff format"; $(BIN)/ruff format --check .
	@echo "==> ruff check"; $(BIN)/ruff check .
	@echo "==> mypy"; $(BIN)/mypy
	@echo "==> import-linter"; $(BIN)/lint-imports --no-logo

format: $(VENV)/dev.done  ## Put the code in its form
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(VENV)/dev.done  ## Measure speed as ratios, side by side
	@for script in losses epoch many_fits routers curve bootstrap capacities text imports; do $(BIN)/python benchmarks/$$script.py; echo; done

bench-quality: $(VENV)/dev.done  ## Measure what routers are worth (CEDE_DATA names the folder of real data)
	@for script in llm_routing text_routing many_models support2_multitask people_cifar10h known_truth heads capacity_day; do \
	  OMP_NUM_THREADS=1 $(BIN)/python benchmarks/quality/$$script.py || exit 1; done

readme: $(VENV)/dev.done  ## Write the generated parts of the README anew
	@$(BIN)/python tools/readme.py

papers: $(VENV)/dev.done  ## Run every paper again, within an hour (CEDE_DATA names the folder of real data)
	@left=; for run in papers/*/run.py; do $(BIN)/python $$run || left="$$left $$run"; done; \
	  test -z "$$left" || { echo "==> not run:$$left"; exit 1; }

papers-check: $(VENV)/dev.done  ## Fail if a paper's tables are not what its reports say
	@for run in papers/*/run.py; do $(BIN)/python $$run --check || exit 1; done

wheel: $(VENV)/dev.done  ## Build the wheel, install it into an empty environment, use it
	@sh tools/try_wheel.sh $(PYTHON) $(BIN)/python

clean:  ## Remove what the commands made
	@rm -rf $(VENV) .venv-oldest .venv-newest demo dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# Environments, in layers: torch first, so that nothing pulls another build of it.
$(VENV)/torch.done: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "cede needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "==> creating $(VENV) and installing torch (about 200 MB, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) torch==2.13.0
	@touch $@

$(VENV)/demo.done: $(VENV)/torch.done pyproject.toml
	@echo "==> installing cede with its command line"
	@$(PIP) --editable '.[cli]'
	@touch $@

# What a job proves: the tests pass with exactly these versions of what cede names, and with the
# newest of what these need in turn. torch comes in the build that pip finds, with CUDA from its index.
.venv-oldest/test.done: pyproject.toml constraints-oldest.txt requirements-papers.txt requirements-test.txt
	@$(call other,$(PYTHON_OLDEST),.venv-oldest,--constraint constraints-oldest.txt,PYTHON_OLDEST)
	@touch $@

.venv-newest/test.done: pyproject.toml requirements-papers.txt requirements-test.txt
	@$(call other,$(PYTHON_NEWEST),.venv-newest,--upgrade,PYTHON_NEWEST)
	@touch $@

define other
$(1) --version >/dev/null 2>&1 || \
  { echo "$(1) does not run here; name one with $(4)=/path/to/python"; exit 1; }; \
echo "==> creating $(2) and installing what the tests need (gigabytes, once)"; \
test -x $(2)/bin/python || $(1) -m venv $(2); \
$(2)/bin/python -m pip install --quiet --disable-pip-version-check $(3) \
  --editable '.[all]' --requirement requirements-test.txt
endef

$(VENV)/dev.done: $(VENV)/demo.done requirements-dev.txt requirements-papers.txt requirements-test.txt
	@echo "==> installing what checks and tests need"
	@$(PIP) --editable '.[all]' --requirement requirements-dev.txt
	@touch $@
