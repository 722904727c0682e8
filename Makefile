.DEFAULT_GOAL := help
.PHONY: help run test test-faults check smoke lock clean
PYTHON_IN_ENVIRONMENT := .venv/bin/python

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Bring the whole product up here, in the foreground (PORT=8000, HOST=127.0.0.1)
	@scripts/setup run
	@$(PYTHON_IN_ENVIRONMENT) scripts/serve.py

test: ## Run the whole test suite (ARGS="-k enquiry" narrows it; DATABASE_URL and REDIS_URL are used when set)
	@scripts/setup dev
	@scripts/test $(ARGS)

test-faults: ## Kill, flush, stop and skew real workers and engines while mail leaves; at most 10 minutes (ARGS=--short)
	@scripts/setup dev
	@$(PYTHON_IN_ENVIRONMENT) -m tests.faults.stack $(ARGS)

check: ## Lint, formats, types, import contracts, templates, migrations, deployment checks
	@scripts/setup dev
	@scripts/check

smoke: ## Bring the container stack up, use it, scale it, take it down (needs Docker with Compose v2)
	@scripts/setup run
	@$(PYTHON_IN_ENVIRONMENT) scripts/smoke.py

lock: ## Lock the dependencies again (UPGRADE=1 takes newer versions); needs uv
	@scripts/lock

clean: ## Remove everything that was made here: environment, assets, demo data
	rm -rf .venv node_modules static/vendor public var test-results .ruff_cache .mypy_cache .pytest_cache .import_linter_cache
