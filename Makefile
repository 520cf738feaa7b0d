# make setup    create .venv with everything; another Python: make setup PYTHON=python3.12
# make demo     train VICReg and ViDiDi-VICReg on generated videos and compare them
# make quick    test the core and a little of every other room
# make test     run all tests
# make lint     run ruff and mypy
# make docs     build the site in build/site
# make core     test the core with only torch and numpy installed
# make oldest   test with the lowest versions that pyproject.toml allows
PYTHON ?= python3
# Python 3.10 if there is one; the variable is for pyenv, whose python3.10 may exist but not run.
OLDEST_PYTHON ?= $(shell PYENV_VERSION=3.10 python3.10 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v $(PYTHON))
CORE := derivatives pairs augment/test_kernels.py objectives evaluation/test_neighbours.py analysis/test_saliency.py \
	test_errors.py test_properties.py
# The core, and a smoke test of every other room.
QUICK := derivatives pairs objectives augment evaluation analysis/test_derivative_strip.py analysis/test_report.py \
	analysis/test_retrieval_page.py::test_a_strip_has_every_third_frame data/test_motion_videos.py \
	data/test_prepare.py::test_the_choice_of_classes_is_uniform \
	mmaction2/compat/test_launchers.py::test_rank_and_address_come_from_slurm \
	mmaction2/datasets/test_clip_pairs.py::test_retrieval_split_is_gallery_or_query \
	mmaction2/engine/test_load_check.py::test_the_number_of_loaded_tensors_is_logged \
	mmaction2/evaluation/test_retrieval_metric.py::test_equals_the_function \
	mmaction2/test_demo.py::test_table mmaction2/test_features_command.py \
	mmaction2/test_vididi_hook.py mmaction2/models/test_recognizers.py test_architecture.py test_cli.py test_errors.py
# No faulthandler: tests crash video readers on purpose. Files in order of their names, because long ones come first.
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
