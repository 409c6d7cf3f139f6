# make demo: real drafts matched to (synthetic) experts, then the pages.  make test: every test this machine can run.
PYTHON ?= python3
.DEFAULT_GOAL := help

help:
	@echo "make demo   install into .venv, start everything, match two real drafts, serve the pages"
	@echo "make test   run every test this machine can run, and list what was not run"
	@echo "make .venv  install only"
	@echo "make sentence-transformers   install the extra for other language models as well (PyTorch, large)"

.venv: .venv/installed
.venv/installed: pyproject.toml requirements.lock requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "This Python lacks venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock -r requirements-dev.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/installed
	.venv/bin/trithuc demo

test: .venv/installed
	.venv/bin/python -m pytest

lock:  # pins from pyproject.toml; no index or host lines
	.venv/bin/pip-compile --quiet --strip-extras --no-header --annotation-style=line --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml
	.venv/bin/pip-compile --quiet --strip-extras --no-header --annotation-style=line --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -c requirements.lock --extra dev -o requirements-dev.lock pyproject.toml

# The versions that the lock names and whatever wheel of torch the machine's index offers.
sentence-transformers: .venv/installed
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock -r requirements-sentence-transformers.lock -r requirements-sentence-transformers-dev.lock

vectors: .venv/installed  # embed the texts of the demo and the reference drafts again; see service/commands/vectors.py
	.venv/bin/python -m service.commands.vectors

.PHONY: vectors sentence-transformers help .venv demo test lock
