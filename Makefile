# What people and machines run. `make` alone lists it. Nothing but Python 3.11 or newer and make is needed beforehand.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test quick bench fuzz reliability lint audit sbom format messages clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
# Python compiles each module once and not in every process: two seconds less for each of them, also where the
# environment says that nothing be written beside the sources.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode
# In the order of folders: by number of tests, as is usual, the few long journeys would come last and one process idle.
# Both sides of a comparison keep memory that they have freed; else numpy asks for each large array anew, page by page.
KEEPING_MEMORY := MALLOC_TRIM_THRESHOLD_=2147483648 MALLOC_MMAP_THRESHOLD_=1073741824
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder
# Hashes are required: what is installed is what the lock file names, and nothing else.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

demo: $(VENV)/.installed  ## Start Plenary with invented consultations on http://127.0.0.1:8000
	@exec $(BIN)/plenary demo

test: $(VENV)/.installed-dev lint  ## Run every check and test
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(SIDE_BY_SIDE)

quick: $(VENV)/.installed-dev  ## Run the tests that take less than a few seconds each, without a browser
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not browser"

bench: $(VENV)/.installed-dev  ## Measure beside the peers (DATA=FOLDER of Polis exports, SCALE=1M, ONLY=1,2)
	@$(KEEPING_MEMORY) $(BIN)/python -m tests.benchmarks --write $(if $(DATA),--data "$(DATA)") $(if $(SCALE),--scale "$(SCALE)") $(if $(ONLY),--only "$(ONLY)")

reliability: $(VENV)/.installed-dev  ## Kill servers, workers and databases under load, and count what is lost (SEED=N)
	@$(BIN)/python -m tests.reliability --write $(if $(SEED),--seed "$(SEED)")

fuzz: $(VENV)/.installed-dev  ## Send 10,000 bad inputs to every form, address and parser (CASES=N, SEED=N)
	@FUZZ_CASES=$(or $(CASES),10000) FUZZ_SEED=$(or $(SEED),0) OMP_NUM_THREADS=1 \
		$(BIN)/python -m pytest tests/security/test_fuzz.py tests/security/test_bad_input.py -q

audit: $(VENV)/.installed-dev  ## Look every locked package up among known weaknesses (OSV=snapshot, or URL=service)
	@$(BIN)/python -m tests.supply_chain audit $(if $(OSV),--snapshot "$(OSV)") $(if $(URL),--osv-url "$(URL)")

sbom: $(VENV)/.installed-dev  ## Write sbom.json: every package that an installation consists of (CycloneDX)
	@$(BIN)/python -m tests.supply_chain sbom sbom.json

lint: $(VENV)/.installed-dev  ## Check style, types, the direction of imports and known slips of security
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >$(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; exit 1; }
	@$(BIN)/python -m tests.supply_chain bandit

format: $(VENV)/.installed-dev  ## Write the code in the house's style
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

messages: $(VENV)/.installed-dev  ## Bring the message catalogues up to date with code and templates
	@$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k pgettext:1c,2 --add-location=file --sort-by-file --no-wrap \
		--project Plenary -o app/translations/messages.pot .
	@for code in ar zh fr ru es; do \
		test -f app/translations/$$code/LC_MESSAGES/messages.po || \
			$(BIN)/pybabel -q init -i app/translations/messages.pot -d app/translations -l $$code --no-wrap; \
		$(BIN)/pybabel -q update -i app/translations/messages.pot -d app/translations -l $$code --no-wrap \
			--no-fuzzy-matching --ignore-obsolete; \
	done

clean:  ## Remove the environment; the data stay
	@rm -rf $(VENV) build dist *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Plenary needs Python 3.11 or newer: install python3 (Debian, Ubuntu: apt install python3)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' >/dev/null 2>&1 || { \
		v=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "Python's own venv module is missing. Install one package: apt install python$$v-venv" >&2; exit 1; }
	@echo "Making an environment in $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.lock names (once, about half a minute)"
	@$(call install,requirements.lock)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements-oracle.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements-dev.lock names (once, about a minute)"
	@$(call install,requirements-dev.lock)
	@$(PIP) --no-deps --require-hashes -r requirements-oracle.lock
	@touch $(VENV)/.installed $@

# uv installs ten times as fast as pip; where it is missing, or reaches another index than pip, pip does it all.
define install
{ uv --version >/dev/null 2>&1 && uv=uv || { uv=$(BIN)/uv; \
	sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ /p;}' $(1) >$(VENV)/uv.lock; $(PIP) --require-hashes -r $(VENV)/uv.lock; }; } 2>/dev/null; \
"$$uv" pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>/dev/null \
	|| $(PIP) --require-hashes -r $(1); \
$(PIP) --no-deps --no-build-isolation --no-index -e .
endef
