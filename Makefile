# make help lists what there is to do.

PYTHON ?= python3
VENV ?= .venv
OUT ?= demo-out

# Processes that run tests side by side: on two cores a third one works while others wait for cameras and signals.
JOBS ?= 3

# A photo, folder or pattern of your own for `make demo`, and other weights than the bundled ones.
PHOTO ?=
WEIGHTS ?=
export PHOTO WEIGHTS

# How long `make fuzz` runs.
MINUTES ?= 30

# For `make retrain`: COCO's files as weights/README.md lists them, the starting weights, and where the run goes.
COCO ?= coco
START ?= start.npz
SEED ?= 1
RUN ?= retrain-$(SEED)

BIN := $(VENV)/bin
READY := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo test lint fuzz wheel retrain clean

help:  ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-14s%s\n", $$1, $$2}'
	@echo
	@echo "Variables: PYTHON (python3), VENV (.venv), OUT (demo-out); PHOTO and WEIGHTS for demo; JOBS (3) for test; MINUTES (30) for fuzz; COCO, START, SEED and RUN for retrain."

demo: $(READY)  ## Outline the objects in three photos, a video, and in PHOTO=path.
	@$(BIN)/python examples/make_sample_photos.py '$(OUT)/photos'
	@$(BIN)/maskseg image '$(OUT)'/photos/*.jpg $${PHOTO:+"$$PHOTO"} -o '$(OUT)' --overwrite $${WEIGHTS:+--weights "$$WEIGHTS"}
	@$(BIN)/python examples/make_sample_video.py '$(OUT)/video/sample.mp4'
	@$(BIN)/maskseg video '$(OUT)/video/sample.mp4' -o '$(OUT)/sample.mp4' --every 3 --overwrite $${WEIGHTS:+--weights "$$WEIGHTS"}
	@echo "Look at the outlined photos and the video sample.mp4 in the folder $(OUT)."

test: $(READY) lint  ## Check the style and types, and run all tests.
	$(BIN)/python -m pytest -q --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(READY)  ## Check the style and types only.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy maskseg_cli

fuzz: $(READY)  ## Give damaged and crafted files to every reader for MINUTES; corpus and findings in .fuzz/.
	$(BIN)/python -m tests.fuzz $(MINUTES)

wheel: $(READY)  ## Build the wheel into dist/.
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

retrain: $(READY)  ## Train the bundled model again: COCO=folder START=weights SEED=number.
	mkdir -p '$(RUN)'
	$(BIN)/maskseg evaluate '$(COCO)/instances_partial.json' '$(COCO)/unlabeled' --weights '$(START)' --tta --size 400 \
	    --min-score 0.1 --limit 1750 --set detection_nms_threshold=0.5 --set roi_align=bins_clamped \
	    --results '$(RUN)/teacher.json' --overwrite
	$(BIN)/maskseg train '$(COCO)/instances_train.json' '$(COCO)/train' -o '$(RUN)' --recipe weights/recipe.toml \
	    --init '$(START)' --also '$(COCO)/instances_partial.json' '$(COCO)/unlabeled' 0.25 --teacher '$(RUN)/teacher.json' \
	    --seed '$(SEED)'
	$(BIN)/maskseg weights convert '$(RUN)/last.npz' '$(RUN)/maskseg-lite-coco.npz' --dtype float16

clean:  ## Remove the environment and everything made by these commands.
	rm -rf $(VENV) dist build demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again when the dependencies change.
$(READY): pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Whoever asks for a certain Python must not get another one because the environment is there already.
ifneq ($(origin PYTHON),file)
.PHONY: same-python
same-python:
	@if [ -x $(BIN)/python ] && [ "$$($(PYTHON) -V)" != "$$($(BIN)/python -V)" ]; then \
	    echo "$(VENV) has $$($(BIN)/python -V), not $$($(PYTHON) -V): make clean first, or name another VENV=folder." >&2; \
	    exit 1; \
	fi
$(READY): | same-python
endif
