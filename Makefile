# Everything a developer types. `make up` needs Python >= 3.11 and make, nothing else.

# The one that .venv was made with, until another is named: make up PYTHON=python3.13
PYTHON ?= $(or $(wildcard $(shell sed -n 's/^executable = //p' .venv/pyvenv.cfg 2>/dev/null)),python3)
STATE  ?= .local$(if $(filter-out 54321,$(PORT)),/$(PORT))

# Some container images set it: then each of the hundred processes that a test run starts compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE

python = .venv/bin/python
local  = $(python) -m local $(if $(PORT),--port $(PORT)) --state $(STATE)

.PHONY: help install up keys down logs migrate reset demo migration migrations-anew bundle image api types lock doctor check test bench picture rehearse

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 24

install: ## Install what the lock files name, into .venv and local/node/node_modules
	@$(PYTHON) local/install.py

up: install ## Start the local stack and return when all of it answers (PORT=… for another beside it)
	@$(local) up

keys: install ## Print its addresses, keys and log-ins
	@$(local) keys

down: install ## Stop it; data stays
	@$(local) down

logs: install ## Follow the logs of every part and function, or of one: FUNCTION=book_session_with_credit
	@$(local) logs $(if $(FUNCTION),--function $(FUNCTION))

migrate: install ## Apply new migrations to the stack that runs
	@$(local) migrate

reset: install ## Empty it; keys stay
	@$(local) reset

demo: install ## Play in the terminal: a booking managed by mail, a session, a recording that plays
	@$(local) demo

migration: install ## Write what the chapters have and the migrations have not: NAME=… (DROPS=1 lets things go)
	@test -n "$(NAME)" || { echo "What does it do? make migration NAME=add_session_topics"; exit 2; }
	@$(python) -m sql.migration $(NAME) $(if $(DROPS),--allow-drops)

migrations-anew: install ## Write all migrations from the chapters, as long as nobody has adopted them
	@$(python) -m sql.migrations_anew

bundle: install ## Build every function's bundle under build/
	@$(python) -m deploy bundle

image: install ## Build the one image of all functions: FROM=… for another base, RECORDING=1 with ffmpeg
	@$(python) -m deploy image $(if $(FROM),--base $(FROM)) $(if $(RECORDING),--recording)

api: install ## Write docs/api/openapi.json and errors.md, after a change to a contract or a refusal
	@$(python) -m deploy openapi
	@$(python) -m deploy errors

types: install ## Write docs/api/*.types.ts, after a change to a contract or a migration
	@$(python) -m deploy types

lock: install ## Lock what requirements.in names
	@$(python) -m local.trust .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements.in -o requirements.txt

doctor: install ## Say what is wrong with the stack that runs
	@test -f $(STATE)/env || { echo "There is no stack here yet. Start one: make up"; exit 1; }
	@set -a; . $(STATE)/env; $(python) -m deploy doctor

check: install ## Check in seconds what needs no stack: contracts, style, types, migrations
	@$(python) -m pytest -q -x --tb=short -m "not slow" tests/contract
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/squawk sql/migrations/*.sql
	@.venv/bin/mypy

test: install ## Run every test, on a stack of its own
	@$(python) -m pytest -n 3 --dist loadfile

picture: install ## Take the README's picture of the front page of the stack that runs
	@$(python) -m tests.browser.picture $(STATE)

bench: install ## Measure everything side by side with its peers, and write bench/results.md (BEFORE=a commit to book beside)
	@$(python) -m bench $(if $(BEFORE),--before $(BEFORE))

rehearse: install ## Run the image on podman as it is deployed: killed, drained, in little memory, forward and back
	@$(python) -m local.rehearsal
