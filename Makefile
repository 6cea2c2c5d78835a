# The commands of livehub. `make` alone lists them. Works with GNU make 3.81 (macOS) and newer.

PYTHON ?= python3
PY := .venv/bin/python
NPM = $(PY) bootstrap/node.py
SETUP = $(PYTHON) bootstrap/setup.py
CODE = livehub media commerce fulfil trace loadtest tests bootstrap

# A bare environment may have no UTF-8 locale, and the sources and the shows speak Chinese.
export PYTHONUTF8 = 1

# Nor a home, which npm and the browser want for their caches.
ifeq ($(strip $(HOME)),)
export HOME = $(CURDIR)/.venv/home
endif

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench load lock clean

help: ## this list
	@echo "livehub: make TARGET"
	@echo
	@sed -n 's/^\([a-z][a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-10s  %s\n' "$$name" "$$text"; done

setup: ## install everything for development: packages, web pages, a browser for the tests
	@$(SETUP) dev web browser

run: ## the whole server with a demo room, on LIVEHUB_PORT (8080), data in LIVEHUB_DATA (.livehub)
	@$(SETUP) runtime media demo anchor web
	@exec $(PY) -m livehub demo --port "$${LIVEHUB_PORT:-8080}" --data "$${LIVEHUB_DATA:-.livehub}"

test: ## every test, against real servers and a real browser
	@$(SETUP) dev web browser
	@if [ -f web/package.json ]; then $(NPM) test; fi
	$(PY) -m pytest $(PYTEST)

lint: ## style, types and the layering rules
	@$(SETUP) dev npm
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(PY) bootstrap/lock.py --check
	@if [ -f web/package.json ]; then $(NPM) run lint; fi

format: ## lay the code out and fix what can be fixed by itself
	@$(SETUP) dev
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

bench: ## the benchmarks, with their figures (BENCH=media: those of video, 15 minutes)
	@$(SETUP) dev web browser
	$(PY) -m tests.bench $(BENCH)

load: ## load on a server that it starts itself, with a report
	@$(SETUP) dev web
	$(PY) -m loadtest $(LOAD)

lock: ## write the locks anew (make lock UPGRADE=1: to the newest versions)
	@$(SETUP) runtime
	@$(PY) bootstrap/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove what set-up and builds made; the data in .livehub stays
	rm -rf .venv web/node_modules web/dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
