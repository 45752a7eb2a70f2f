# Every command a person types in a day. `make demo` and `make test` set up everything themselves.

PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed
TESTED := .venv/.installed-test
SERVICES := .mlops/services/.installed
JOBS   ?= 2

HASHES ?= yes
# What `make test-tools` installs first, the longest before all others
FOREIGN := airflow signing gitlab axe runner services cloud conformance ray .tools/docs/.installed
EXTRAS := train,registry,verify,sql,excel,image,explain,tune,xgboost
WITH_TESTS := $(EXTRAS),test
# uv is about twenty times as fast as pip; pip's settings know more about where this machine's packages are, so that pip
# tries what uv did not get. Modules are compiled once, by all processors, and not left to the first import: where
# PYTHONDONTWRITEBYTECODE is set, as it is in many containers, every process would compile all of torch again. What nobody
# imports here is left out, and a file that is no Python of this version is no reason to stop.
PIP    := $(BIN)/pip --disable-pip-version-check install --quiet --no-compile
UV     := $(BIN)/uv pip install --quiet --python $(BIN)/python
HASHED := --require-hashes --no-deps --no-build-isolation
WHEELS := --require-hashes --no-deps --only-binary :all:
COMPILE := $(BIN)/python -P -m compileall -qq -j 0 -x '/(tests?|testing/_internal)/' .venv/lib mlops || true
define locked
$(UV) $(HASHED) --requirement $(1) 2>/dev/null || $(PIP) $(HASHED) --requirement $(1)
endef
# An environment of a tool's own, in the folder of the target. It is compiled, which no test then does at each start of it
define apart
$(PYTHON) -P -m venv --clear --without-pip $(@D)
$(BIN)/uv pip install --quiet --python $(@D)/bin/python $(WHEELS) --compile-bytecode --requirement $< 2>/dev/null || \
  $(BIN)/pip --python $(@D)/bin/python --disable-pip-version-check install --quiet $(WHEELS) --requirement $<
endef
define beside
rm -rf $(@D)
$(UV) $(HASHED) --target $(@D) --requirement $(1) 2>/dev/null || $(PIP) $(HASHED) --target $(@D) --requirement $(1)
endef
define unhashed
@echo "HASHES=$(HASHES): what is installed is NOT compared with the hashes in $(1)" >&2
$(PIP) --constraint constraints.txt --editable ".[$(2)]" --config-settings editable_mode=compat
endef
define audited
.mlops/audit/bin/pip-audit --strict --disable-pip --require-hashes --vulnerability-service osv --progress-spinner off \
  $(addprefix --requirement ,$(1))
endef
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif

.PHONY: demo test test-tools check lint unit coverage setup lock audit runner gitlab axe services signing airflow cloud conformance ray peers docs pictures compile ui golden format clean help

help:            ## Show these targets
	@awk -F':.*## ' '/^[a-z%-]+:.*## / { sub("%", "NAME", $$1); printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# MLflow takes longer to import than all the rest here, once nothing is stale: it is asked while DVC, the gate and the server answer.
demo: setup      ## Three pipelines from YAML to a verdict, one to a running model
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh -eu -c '\
	  echo "── Do the compiled files match the YAML?";             mlops compile --check; \
	  echo "── Reproduce what is stale, side by side";             mlops run --all; \
	  mlops register rand_hie > .mlops/registered 2>&1 &           registering=$$!; \
	  echo "── Does DVC agree that nothing is left to do?";        dvc repro; \
	  echo "── What one gate says, a sentence for every rule";     mlops gate rand_hie --explain; \
	  echo "── Serve it, and replay the golden rows over HTTP";    mlops serve rand_hie --check; \
	  echo "── Put the model into the registry";                   said=0; wait $$registering || said=$$?; \
	  cat .mlops/registered; test $$said -eq 0; \
	  echo "── Look at it"; \
	  echo "report     $(CURDIR)/pipelines/rand_hie/reports/report.html"; \
	  echo "MLflow UI  make ui, then http://127.0.0.1:5000"; \
	  echo "serve      mlops serve rand_hie, then http://127.0.0.1:8080"'

test: $(TESTED) ## What check runs, learning, and end to end with real tools
	$(BIN)/python -m pytest -n $(JOBS) -m "not tools and not long" --durations 10

test-tools: $(TESTED) ## The rest: what takes minutes, and what needs npm, qemu or PostgreSQL (workflows executed, processors emulated)
	@$(MAKE) --no-print-directory --jobs $(JOBS) --keep-going --output-sync=target $(FOREIGN) || \
	  echo "what could not be installed is named above: tests that need it say so and skip" >&2
	$(BIN)/python -m pytest -n $(JOBS) -m "tools or long" --durations 10

check: $(TESTED) ## The fast part: lint, types, layers, unit, golden
	@$(MAKE) --no-print-directory --jobs 2 lint unit

lint: $(TESTED)  ## Only style, types, layers and compiled files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lint-imports --no-cache --config .importlinter.toml
	$(BIN)/mlops compile --check

unit: $(TESTED)  ## Only the fast tests
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow and not tools and not long" --durations 10

coverage: $(TESTED) ## Which lines and branches of mlops/ make test runs; at least 90 in 100
	rm -rf .mlops/coverage && mkdir -p .mlops/coverage
	$(BIN)/coverage run -m pytest -n $(JOBS) -q -m "not tools and not long"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under 90

setup: $(STAMP)  ## Only the environment: .venv with .venv/bin/mlops and .venv/bin/dvc, without what tests need

# Every file that is installed has one of the hashes in mlops/locks/ and .requirements/. HASHES=no is for a machine whose
# index has builds of its own; it says so.
$(STAMP): pyproject.toml constraints.txt $(wildcard mlops/locks/*.txt) .requirements/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -P -m venv .venv || { echo "python3 has no venv: apt-get install python3-venv"; exit 1; }
ifeq ($(HASHES),yes)
	$(PIP) $(HASHED) --requirement .requirements/build.txt
	$(call locked,mlops/locks/run.txt)
	$(call locked,mlops/locks/torch-cpu.txt) || { \
	  echo "torch: no index here has the build for CPUs, which is smaller; the default index's build is taken" >&2; \
	  $(call locked,mlops/locks/torch.txt); }
	$(PIP) --no-deps --no-build-isolation --editable . --config-settings editable_mode=compat
	$(BIN)/uv pip check --quiet --python $(BIN)/python
else
	$(call unhashed,mlops/locks/,$(EXTRAS))
endif
	$(COMPILE)
	@touch $@

# What only tests, linters and `make lock` need
$(TESTED): $(STAMP) .requirements/test.txt
ifeq ($(HASHES),yes)
	$(call locked,.requirements/test.txt)
	$(BIN)/uv pip check --quiet --python $(BIN)/python
else
	$(call unhashed,.requirements/,$(WITH_TESTS))
endif
	$(COMPILE)
	@touch $@

lock: $(TESTED) ## Write down the hashes of what pyproject.toml and constraints.txt ask for
	$(BIN)/python .requirements/lock.py

# The tool has an environment of its own, and may have other releases than the rest: it takes only one of each at a time
audit:           ## Look for known vulnerabilities in what is locked, in the OSV database
	@test -x .mlops/audit/bin/pip || $(PYTHON) -P -m venv .mlops/audit
	.mlops/audit/bin/pip install --quiet --require-hashes --no-deps --only-binary :all: --requirement .requirements/audit.txt
	$(call audited,$(addprefix mlops/locks/,run.txt torch.txt s3.txt gs.txt azure.txt ssh.txt) .requirements/build.txt .requirements/test.txt)
	$(call audited,.requirements/audit.txt)
	$(call audited,.requirements/services.txt)
	$(call audited,.requirements/airflow.txt)
	$(call audited,.requirements/docs.txt)
	$(call audited,.requirements/cloud.txt)
	$(call audited,.requirements/conformance.txt)
	$(call audited,.requirements/ray.txt)
	$(call audited,.requirements/kserve.txt)
	$(call audited,.requirements/mlserver.txt)
	$(call audited,mlops/locks/sign.txt)

runner:          ## GitHub's own workflow parser, from npm: without it, tests that execute workflows are skipped
	npm ci --prefix tests/runner --silent --no-audit --no-fund

gitlab:          ## gitlab-ci-local, from npm: what runs the compiled .gitlab-ci.yml in tests
	npm ci --prefix tests/gitlab --silent --no-audit --no-fund

axe:             ## axe, from npm: what looks for all that keeps somebody from reading a page, in Chromium
	npm ci --prefix tests/accessibility --silent --no-audit --no-fund

# Beside the environment and not in it: only a server has these, which takes the rest from .venv
services: $(SERVICES) ## What an MLflow server with a login, on PostgreSQL and S3, needs beside what is installed

$(SERVICES): .requirements/services.txt $(TESTED)
	$(call beside,$<)
	@touch $@

signing: .mlops/signing/.installed ## OpenSSF model-signing, apart from what it signs: what tests hold our signatures to

.mlops/signing/.installed: mlops/locks/sign.txt $(STAMP)
	$(apart)
	@touch $@

airflow: .tools/airflow/.installed ## Apache Airflow, in an environment of its own: what runs the compiled DAGs in tests

.tools/airflow/.installed: .requirements/airflow.txt $(STAMP)
	$(apart)
	@touch $@

conformance: .tools/conformance/.installed ## Schemathesis and tritonclient, apart: what tests hold our server's protocol to

ray: .tools/ray/.installed ## Ray, beside the environment: two nodes of it, on which tests train and search

.tools/ray/.installed: .requirements/ray.txt $(TESTED)
	$(call beside,$<)
	@touch $@

cloud: .tools/cloud/.installed ## awslambdaric, cfn-lint, botocore and moto, apart: what tests hold templates and calls of AWS to

peers: .tools/kserve/.installed .tools/mlserver/.installed ## KServe and MLServer, apart: for docs/conformance.md; half a gigabyte each

.tools/cloud/.installed .tools/conformance/.installed .tools/kserve/.installed .tools/mlserver/.installed: .tools/%/.installed: .requirements/%.txt $(STAMP)
	$(apart)
	@touch $@

# Beside the environment, which it imports: verbs and functions say of themselves what they do
docs: .tools/docs/.installed ## All pages as HTML, build/docs/index.html; a link that leads nowhere is an error
	PYTHONPATH=.tools/docs $(BIN)/python -m sphinx --quiet --fresh-env --fail-on-warning --keep-going docs build/docs

pictures: $(TESTED) ## The pictures of docs/ anew, from what `make demo` made; needs Chromium
	$(BIN)/python docs/pictures/make.py

.tools/docs/.installed: .requirements/docs.txt $(TESTED)
	$(call beside,$<)
	@touch $@

compile: setup   ## Write the generated files
	$(BIN)/mlops compile

golden: $(TESTED) ## Rewrite the expected files of the golden tests
	$(BIN)/python -m pytest -q tests/golden tests/e2e/test_init.py -k "not test_init or example" --update
	$(BIN)/mlops schema --write

# ARGS="--every 20" and the like are written down with the result
bench-%: benchmarks/%.py $(TESTED) ## Measure one of benchmarks/, for minutes or hours, and write result and docs/benchmarks.md
	$(BIN)/python benchmarks/$*.py --write $(ARGS)

ui: setup        ## The MLflow UI on http://127.0.0.1:5000
	$(BIN)/mlflow ui --backend-store-uri "sqlite:///$(CURDIR)/.mlops/mlflow.db" --host 127.0.0.1 --port 5000

format: $(TESTED) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:           ## Remove what `make` made; data and runs stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf tests/runner/node_modules tests/runner/build tests/gitlab/node_modules tests/accessibility/node_modules .mlops/audit .mlops/services .tools
