# `make app` opens the dashboard, `make test` runs the tests; each sets up what it needs in .venv first.
PYTHON ?= python3
VENV ?= .venv
# More options for pip, such as the index of small CPU builds of torch (see README.md).
PIP_FLAGS ?=
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) --constraint constraints.txt

# The first analysis compiles the loops (numba): better now than at somebody's first click.
FIRST_RUN := $(BIN)/antema demo --output $(VENV)/demo >/dev/null

.PHONY: app demo tuning notebooks html test check format clean

app: $(VENV)/app.installed          ## open the dashboard in the browser
	$(BIN)/antema app

demo: $(VENV)/app.installed         ## analyse a simulated micrograph, results in antema-demo/
	$(BIN)/antema demo

tuning: $(VENV)/app.installed       ## choose the options for your images, in the browser
	$(BIN)/antema app --notebook parameter_tuning

notebooks: $(VENV)/app.installed    ## open the notebooks to work in them
	cd notebooks && $(abspath $(BIN))/jupyter lab

html: $(VENV)/all.installed         ## every notebook with its results, as a page in build/html/
	ANTEMA_STILL=1 $(BIN)/jupyter nbconvert --execute --to html --output-dir build/html notebooks/*.ipynb

test: $(VENV)/all.installed         ## run the tests
	$(BIN)/python -m pytest

check: $(VENV)/all.installed        ## style, types, spelling, notebooks without output
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(VENV)/all.installed       ## put the code into the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:                              ## remove the environment
	rm -rf $(VENV)

$(VENV)/python.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "antema needs Python 3.11 or newer; say which one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	touch $@

# torch and torchvision go first and together: whatever depends on them must find this pair.
$(VENV)/all.installed: $(VENV)/python.made pyproject.toml constraints.txt
	$(PIP) torch torchvision
	$(PIP) --editable '.[train,test]'
	$(FIRST_RUN)
	touch $@ $(VENV)/app.installed

$(VENV)/app.installed: $(VENV)/python.made pyproject.toml constraints.txt
	$(PIP) --editable .
	$(FIRST_RUN)
	touch $@
