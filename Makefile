# Needs Python 3.11 or later and make; fetches everything else into .venv and .local. `make` alone lists the targets.

UV_VERSION := 0.13.9
UV_OLDEST  := 0.9.0
BOOTSTRAP  := .local/bootstrap
STAMP      := .venv/.synced
KAYUN      := .venv/bin/kayun

export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
# An activated environment of something else must not receive ours.
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench fmt messages css down status sync clean

help: ## List the targets
	@echo "Kayun 卡云 - what make can do:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo "The command behind them is $(KAYUN); see $(KAYUN) --help."

run: $(STAMP) ## Start everything with the demo chain, print addresses and log-ins, and serve (ctrl-C ends it)
	@$(KAYUN) run $(if $(PORT),--port $(PORT))

test: $(STAMP) ## Run every check: format, lint, types, layers, migrations, messages, and all tests
	@$(KAYUN) test

check: $(STAMP) ## Run every check but the tests
	@$(KAYUN) check

bench: $(STAMP) ## Measure against the peers and write docs/benchmarks.md
	@$(KAYUN) bench

demo: $(STAMP) ## Load the demo chain without serving
	@$(KAYUN) demo

fmt: $(STAMP) ## Format the code
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

messages: $(STAMP) ## Compile the message catalogs
	@$(KAYUN) messages

css: $(STAMP) ## Build the style sheet
	@$(KAYUN) css

status: $(STAMP) ## Say which local servers run
	@$(KAYUN) status

down: ## Stop the local servers; their data stays
	@if [ -x $(KAYUN) ]; then $(KAYUN) down; else echo "Nothing is installed, so nothing runs."; fi

sync: $(STAMP) ## Install what the lock file names

clean: ## Stop the local servers and remove everything made here: their data, caches, the environment
	@$(MAKE) --no-print-directory down || echo "The local servers could not be stopped; they end when their files are gone."
	rm -rf .local .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles dist
	rm -f portal/static/portal/app.css
	find . -name '*.mo' -type f -not -path './.git/*' -delete
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# The stamp is written last: an installation broken off is done again. .venv is made anew when its Python is gone.
$(STAMP): pyproject.toml uv.lock
	@python=$$(command -v python3.11 || command -v python3) || { \
	  echo "Kayun needs Python 3.11 or later. On Debian or Ubuntu: apt-get install python3 python3-venv"; exit 1; }; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Kayun needs Python 3.11 or later; $$python is $$("$$python" -V). Install python3.11."; exit 1; }; \
	uv=$$(command -v uv); \
	found=$$("$${uv:-false}" --version 2>/dev/null | cut -d' ' -f2); \
	if [ "$$(printf '%s\n' $(UV_OLDEST) "$$found" | sort -V | head -n 1)" != "$(UV_OLDEST)" ]; then \
	  uv=$(BOOTSTRAP)/bin/uv; \
	  if [ "$$($$uv --version 2>/dev/null | cut -d' ' -f2)" != "$(UV_VERSION)" ]; then \
	    echo "Installing uv $(UV_VERSION) into $(BOOTSTRAP) ..."; \
	    rm -rf $(BOOTSTRAP); mkdir -p .local; \
	    "$$python" -m venv $(BOOTSTRAP) || { \
	      echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }; \
	    $(BOOTSTRAP)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || exit 1; \
	  fi; \
	fi; \
	if [ -e .venv ] && ! .venv/bin/python -V >/dev/null 2>&1; then rm -rf .venv; fi; \
	echo "Installing what uv.lock names ..."; \
	"$$uv" sync --frozen --quiet $$([ -e .venv ] || echo "--python $$python") || { \
	  echo "Nothing is lost: run the same command again. If it repeats, the lines above name the cause."; exit 1; }; \
	touch $@
