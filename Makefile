# Sets itself up on a machine with make and Python 3: `make demo` runs the main job, `make test` the tests.
SHELL := /bin/sh
UV := .uv/bin/uv
PORT ?= 8000
DEMO ?=
JOB ?=
SIZE ?=
export UV_LINK_MODE ?= copy

.PHONY: demo test test-postgres soak lint types contracts bench clean
demo: .venv/.ready
	.venv/bin/winze demo demo --port $(PORT) $(if $(filter once,$(DEMO)),--once) $(if $(WINZE_DATA),--data "$(WINZE_DATA)")

test: .venv/.ready-dev lint types contracts
	.venv/bin/python -m pytest -n auto --dist worksteal
	$(MAKE) test-postgres

test-postgres: .venv/.ready-dev
	.venv/bin/python scripts/test_postgres.py -n auto --dist worksteal tests/workbench

# Long histories, and kill -9 fifty times; WINZE_SOAK=200 make soak for longer.
soak: .venv/.ready-dev
	WINZE_SOAK=$(or $(WINZE_SOAK),50) .venv/bin/python -m pytest tests/workbench/test_kill.py tests/workbench/test_histories.py

lint: .venv/.ready-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/.ready-dev
	.venv/bin/mypy

contracts: .venv/.ready-dev
	.venv/bin/lint-imports

bench: .venv/.ready-bench
	@.venv/bin/python -m benchmarks.run $(JOB) $(if $(SIZE),--size $(SIZE))

.venv/.ready: pyproject.toml uv.lock scripts/setup.sh
	sh scripts/setup.sh --extra bulk --extra learn --extra workbench
	@touch $@

.venv/.ready-dev: .venv/.ready
	sh scripts/setup.sh --extra bulk --extra learn --extra workbench --extra postgres --extra sso --group dev
	@touch $@

.venv/.ready-bench: .venv/.ready-dev
	sh scripts/setup.sh --extra bulk --extra learn --extra workbench --extra postgres --extra sso --group dev --group bench
	@touch $@

clean:
	rm -rf .venv .uv demo out
