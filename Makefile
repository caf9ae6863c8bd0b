# The consultation line. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
CONSULTLINE := $(VENV)/bin/consultline

.PHONY: help install demo up test faults lag fuzz check advisories rules screenshots prompts lock

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

install: $(VENV)/.ready ## everything the line needs on this machine: Debian packages, Python packages, an Asterisk
	@$(CONSULTLINE) asterisk install

demo: install ## a line of its own, one real call through it, shown as a timeline
	@$(CONSULTLINE) demo

up: install ## the whole line, staying up; Ctrl-C stops all of it
	@$(CONSULTLINE) up

test: install ## the whole suite, against a real Asterisk and a real PostgreSQL
	$(VENV)/bin/python -m pytest -n 3 --dist loadfile

SCHEDULES ?= 36
SEED ?= 1
WORKERS ?= 1
faults: install ## real calls while parts of the line fail: SCHEDULES=36 SEED=1 WORKERS=1 ARGS="--kind disk_full"
	@$(VENV)/bin/python -m tests.faults.run --schedules $(SCHEDULES) --seed $(SEED) --workers $(WORKERS) $(ARGS)

lag: install ## how far the record is behind the calls, and how fast it catches up
	@$(VENV)/bin/python -m tests.faults.lag $(ARGS)

INPUTS ?= 100000
FIRST ?= 0
fuzz: install ## anything at all at everything that listens: INPUTS=100000 SEED=1 ONLY=sip,ami FIRST=0 COUNT=1 WRITE=page
	@$(VENV)/bin/python -m tests.fuzz.run --inputs $(INPUTS) --seed $(SEED) --first $(FIRST) \
		$(if $(ONLY),--only $(ONLY)) $(if $(COUNT),--count $(COUNT)) $(if $(WRITE),--write $(WRITE))

check: $(VENV)/.ready ## ruff, bandit, pip-audit, mypy, import-linter, one migration at a time, shellcheck
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive \
		agi ami_listener consultation docker ops portal runtime schema
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/python -m schema.migrations.check
	shellcheck .ci/run $$(git ls-files '*.sh')
	$(VENV)/bin/python -m tests.rules --check
	$(VENV)/bin/python -m ops.install.advisories

advisories: $(VENV)/.ready ## known security holes in the pinned packages; fails where nobody can be asked
	$(VENV)/bin/python -m ops.install.advisories --strict

rules: $(VENV)/.ready ## docs/rules.md, anew: each rule with the tests that show it
	$(VENV)/bin/python -m tests.rules

screenshots: $(VENV)/.ready ## the pictures of docs/images, anew: a provider's pages with demo data
	$(VENV)/bin/python -m tests.portal.pages.screenshots

prompts: ## the recordings, anew, from dialplan/prompts/prompts.txt
	dialplan/prompts/make.sh

lock: ## renew constraints.txt: the newest versions that pyproject.toml allows, with hashes
	ops/install/lock.sh

.PHONY: images
images: ## the container images of docker/, by Docker or Podman, else by buildah (then as root)
	@docker/build.sh

$(VENV)/.ready: pyproject.toml constraints.txt ops/install/packages.sh ops/install/venv.sh
	@ops/install/packages.sh
	@ops/install/venv.sh $(PYTHON) $(VENV)
	@touch $@
