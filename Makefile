# make demo | make quick | make test | make lint | make docs | make setup. Another Python: make setup PYTHON=python3.12
# make core tests with torch and numpy alone, make oldest with the lowest versions that pyproject.toml allows.
PYTHON ?= python3
# Python 3.10 if it runs here; the variable is for pyenv, whose python3.10 may be there and not run.
OLDEST_PYTHON ?= $(shell PYENV_VERSION=3.10 python3.10 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v $(PYTHON))
CORE := derivatives pairs augment/test_kernels.py objectives evaluation/test_neighbours.py analysis/test_saliency.py \
	test_errors.py test_properties.py
# The core, and a smoke test of each other room.
QUICK := derivatives pairs objectives augment evaluation analysis/test_derivative_strip.py analysis/test_report.py \
	data/test_motion_videos.py mmaction2/test_vididi_hook.py mmaction2/models/test_recognizers.py \
	test_architecture.py test_cli.py test_errors.py
# Readers of videos that crash on purpose would print their traces. By name, long files come first.
TWICE := --numprocesses 2 --dist loadfile --no-loadscope-reorder -p no:faulthandler
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo quick test lint docs core oldest
setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@echo "Setting up $(VENV): a few gigabytes, some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet --editable '.[dev]'
	touch $@

demo: setup
	$(BIN)/vididi demo

quick: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" $(TWICE) $(QUICK:%=tests/%)

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(TWICE)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

core:
	$(PYTHON) -m venv .venv-core
	.venv-core/bin/pip install --disable-pip-version-check --quiet . pytest hypothesis
	.venv-core/bin/python -m pytest -m "not slow" $(CORE:%=tests/%)

oldest:
	$(OLDEST_PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/pip install --disable-pip-version-check --quiet --constraint .ci/oldest.txt --editable '.[dev]'
	OMP_NUM_THREADS=1 .venv-oldest/bin/python -m pytest -m "not slow" $(TWICE)
