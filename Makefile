# Every command of the project; CI runs `make test` and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than there are cores: tests of servers and processes wait a third of the time.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Tests start dsac as a process some hundred times: each would compile it anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install demo test check format lint types imports unit golden bench soak clean

$(VENV)/.installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -m compileall -q dsac
	@touch $@

install: $(VENV)/.installed

demo: install  ## validate, plan, apply and plan again the example in manifests/
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash manifests/demo.sh

test: install lint types imports unit  ## everything that CI checks

check: test

format: install
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only --quiet .

lint: install
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: install
	@$(BIN)/mypy

imports: install
	@$(BIN)/lint-imports

unit: install
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest -n $(WORKERS) --maxschedchunk 1 --cov --cov-report=
	@$(BIN)/coverage report --fail-under=95
	@$(BIN)/coverage report --fail-under=100 --include='dsac/core/*,dsac/render/*,dsac/manifests/*'

golden: install  ## rewrite the golden files after a wanted change of output
	@$(BIN)/python -m pytest tests/golden --update-golden

bench: install  ## short benchmarks, each a ratio to a bare limit in the same run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@$(BIN)/python benchmarks/help_time.py
	@$(BIN)/python benchmarks/bitmap_encoding.py --quick
	@$(BIN)/python benchmarks/file_phase.py --quick
	@$(BIN)/python benchmarks/emulator_size.py --quick
	@$(BIN)/python benchmarks/emulator_stress.py --seconds 10
	@$(BIN)/python benchmarks/yaml_loading.py --quick
	@$(BIN)/python benchmarks/octodns.py --quick
	@$(BIN)/python benchmarks/rate_limit.py --labels 1000
	@$(BIN)/python benchmarks/plan_size.py --quick
	@$(BIN)/python benchmarks/rendering.py --quick
	@$(BIN)/python benchmarks/bulk_apply.py --quick

soak: install  ## the same searches as in the tests, for longer
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n auto tests/laws tests/model
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -m endurance tests/functional

clean:
	@rm -rf $(VENV) .dsac build dist .coverage .coverage.*
