# `make run` and `make test` are all that one needs; `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
ROUND ?= full
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore
# As pip does: behind a company's proxy only the machine's own certificates are the right ones.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test check prove bench

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' Makefile | expand -t 8

setup: $(VENV)/.run  ## install what the product needs into .venv

run: $(VENV)/.run  ## start everything: database, web, worker, pipelines; Ctrl-C stops it
	@exec $(BIN)/wholesale up

test: check  ## what guards every change, at most 15 minutes
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev  ## style, types and the map of imports
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mypy

# 5 is pytest's word for "no test was selected".
prove: $(VENV)/.dev  ## the long proofs; ROUND=short for a quick round
	@WHOLESALE_ROUND=$(ROUND) $(BIN)/python -m pytest -m proof -o timeout=14400 tests || [ $$? -eq 5 ]

bench: $(VENV)/.dev  ## measure
	@$(BIN)/wholesale bench
	@$(BIN)/wholesale bench screens

# --- installing: python3 alone makes .venv; the locks name every file by its hash ---------------

$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(VENV)/bin/pip
	@$(call install,requirements-dev.lock)
	@touch $(VENV)/.run $@

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@$(call install,requirements.lock)
	@touch $@

# uv reads the file list of each package again and warns of harmless oddities: --quiet keeps errors.
define install
echo "Installing from $(1) ..."; \
if $(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.lock 2>/dev/null && \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r $(1) && \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
then :; else \
	echo "uv cannot do it here; plain pip does, a little slower."; \
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --compile -r $(1) && \
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .; \
fi
endef

$(VENV)/bin/pip:
	@python=; for name in python3 python3.13 python3.12 python3.11; do \
		if $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
			python=$$name; break; fi; done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11, 3.12 or 3.13 is needed; this machine has $$(python3 --version 2>&1 || echo none)." >&2; exit 1; fi; \
	if $$python -c 'import ensurepip' 2>/dev/null; then $$python -m venv $(VENV); \
	elif $$python -m pip --version >/dev/null 2>&1; then \
		$$python -m venv --without-pip $(VENV) && \
		$$python -m pip --python $(BIN)/python install --quiet pip; \
	else \
		echo "This Python cannot make a virtual environment; install its venv module (Debian: python3-venv)." >&2; exit 1; fi
