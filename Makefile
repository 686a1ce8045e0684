PYTHON ?= python3
VENV ?= .venv
INSTALL = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt --editable

.PHONY: audit chaos soak fuzz coverage mutants demo next-day test ecosystem check bundle docs site bench fleet-demo

demo: $(VENV)/.demo ## run the whole line against the local sandbox; run it again to see that nothing is left to do
	@$(VENV)/bin/optiply-sync demo

next-day: $(VENV)/.demo ## let the sandbox shop live one day, then run the job
	@$(VENV)/bin/optiply-sync demo --next-day

fleet-demo: $(VENV)/.fleet ## twenty tenants of all systems, three workers, database and page on this machine; Ctrl-C ends it
	@$(VENV)/bin/python -m fleet.demo

TESTS ?= tests
test: $(VENV)/.dev ## every test, or those below TESTS
	@PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest -n 4 --dist worksteal $(TESTS)

SHOPS ?= 5000
FIRST_SEED ?= 1
coverage: $(VENV)/.dev ## which lines and branches no test runs, those of child programs included; the whole test-suite, slower
	@$(VENV)/bin/coverage erase
	@PYTHONDONTWRITEBYTECODE= $(VENV)/bin/coverage run -m pytest -n 2 --dist worksteal --timeout 0 $(TESTS) || echo "some tests failed"
	@$(if $(filter tests,$(TESTS)),$(VENV)/bin/coverage run -m pytest -q -m ecosystem --timeout 0 tests/ecosystem/test_fleet_demo.py || echo "the fleet's demo failed")
	@$(VENV)/bin/coverage combine --quiet
	@$(VENV)/bin/coverage report --skip-covered --sort cover

oracle: $(VENV)/.dev ## thousands of random shops: the ETL beside plain Python written from the rules (SHOPS, FIRST_SEED)
	@$(VENV)/bin/python -m pytest -n 2 tests/oracle/test_colonies.py tests/oracle/test_picqer_accounts.py tests/oracle/test_easyecom_accounts.py --timeout 0 --shops $(SHOPS) --first-seed $(FIRST_SEED)

ecosystem: $(VENV)/.dev ## the real Meltano, gluestick, Airflow, the wheel, and the fleet's demo from its beginning to Ctrl-C
	@$(VENV)/bin/python -m pytest -m ecosystem --timeout 1800 tests/ecosystem

check: $(VENV)/.dev
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive . 2>$(VENV)/bandit.log || { cat $(VENV)/bandit.log; false; }
	@$(VENV)/bin/python docs/generate.py --check
	@$(VENV)/bin/properdocs build --quiet

AUDITOR = .venv-tools/audit
AUDIT ?=
audit: ## are faults known of the pinned libraries? asks PyPI; AUDIT="--vulnerability-service osv --osv-url ADDRESS" another
	@test -x $(AUDITOR)/bin/pip-audit || { $(PYTHON) -m venv $(AUDITOR) && $(AUDITOR)/bin/pip install --quiet 'pip-audit>=2.10,<3'; }
	@$(AUDITOR)/bin/pip-audit --requirement requirements.txt --no-deps --disable-pip --strict --progress-spinner off $(AUDIT)

docs: $(VENV)/.dev ## renew the generated tables of README.md and docs/
	@$(VENV)/bin/python docs/generate.py

site: docs ## the documentation as pages in site/; a broken link or anchor stops it
	@$(VENV)/bin/properdocs build --quiet
	@echo "site/index.html"

bench: $(VENV)/.dev ## measure whole jobs, then tap, ETL and target, at full size: over an hour, nothing else running
	@$(VENV)/bin/python -m benchmarks

MINUTES ?= 10
READERS ?=
fuzz: $(VENV)/.dev ## foreign bytes for every reader, MINUTES each: hours; READERS="Magento Excel" for those with such names
	@$(VENV)/bin/python -m tests.fuzz $(MINUTES) $(READERS)

SEED ?= 1
RUNS ?= 1000
chaos: $(VENV)/.dev ## whole jobs of every source with everything going wrong by lot (SEED, RUNS); hours
	@$(VENV)/bin/python benchmarks/chaos.py --seed $(SEED) --runs $(RUNS)

soak: $(VENV)/.dev ## 500 runs of one folder whose shop lives on: does anything grow?
	@$(VENV)/bin/python benchmarks/soak.py

MUTANTS ?= --logic
mutants: $(VENV)/.dev ## which small changes of the fine rules does no test notice? hours; MUTANTS="--logic etl/magento/rules/stock.py" for some
	@$(VENV)/bin/python -m benchmarks.mutate $(MUTANTS)

bundle: $(VENV)/.demo ## build the folder that HotGlue deploys as the ETL; make bundle DEST=folder
	@$(VENV)/bin/python -m etl.bundle $(or $(DEST),build/etl-bundle)

$(VENV)/.demo: pyproject.toml requirements.txt
	@$(PYTHON) -m venv $(VENV) && $(INSTALL) '.[sandbox]'
	@touch $@

$(VENV)/.fleet: pyproject.toml requirements.txt
	@$(PYTHON) -m venv $(VENV) && $(INSTALL) '.[sandbox,fleet]'
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.txt
	@$(PYTHON) -m venv $(VENV) && $(INSTALL) '.[sandbox,parquet,excel,fleet,dev,docs]'
	@touch $@
