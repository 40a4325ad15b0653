# What one does with this checkout. `make help` lists it.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# files of tests at a time; what is in one file shares its labs, so it stays together. ARGS="-n 0" for one at a time
WORKERS ?= 4
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test vm-test frr-test check docs picture format golden bench bench-peers push-faults power-cuts packages look-packages debian-packages vm-packages install install-dev dist clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: packages install ## Validate, render, boot a lab, push over SSH, verify, end the lab
	scripts/demo

test: packages look-packages debian-packages vm-packages install-dev dist ## Run the test suite; ARGS=... are more options of pytest
	@$(BIN)/python -m compileall -q src # it starts sonicfab hundreds of times, where Python may write no bytecode, too
	env -u PYTHONDONTWRITEBYTECODE scripts/with-lab-rights $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

vm-test: vm-packages install-dev ## Run what needs a virtual machine, and a switch that is one: half an hour
	@$(BIN)/python -m compileall -q src # a machine has it read-only
	scripts/with-lab-rights env MACHINES_OF_SONICFAB_TESTS=1 $(BIN)/python -m pytest -n 0 tests/vm $(ARGS)

# all that a shell runs
SCRIPTS = $(shell grep -rlIE --exclude='*.py' '^\#!(/usr)?/bin/(env )?(ba|da)?sh' .ci scripts src tests/vm)

# what FRR has to do with: its config, its sessions, how a push changes both, and beside what; every example is in one
FRR_TESTS = tests/test_frrdelta_frr.py tests/test_frrdelta_sessions.py tests/test_lab_fabric.py tests/test_lab_moves.py \
	tests/test_lab_underlays.py tests/test_lab_bundles.py tests/test_lab_sessions.py tests/test_lab_verify.py \
	tests/test_mends.py tests/test_push_lab.py tests/test_push_links.py tests/test_push_faults.py \
	tests/test_push_ours.py tests/test_planned_lab.py tests/test_lab_outside.py tests/test_lab_vlans.py tests/test_ci.py
FRR_RELEASE ?= trixie
frr-test: packages install-dev ## Run what FRR has to do with on another Debian's FRR (FRR_RELEASE=trixie: 10.3)
	scripts/frr-test $(FRR_RELEASE) -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS) $(FRR_TESTS)

check: install-dev docs ## Formatting, lint, types, shell scripts, who imports whom, and the site
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shellcheck $(SCRIPTS)

docs: install-dev ## Write the site of the documentation to build/site; a dead link is an error
	$(BIN)/python scripts/site/write.py build/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

picture: packages install ## Record a run in a lab and draw it as docs/assets/run.svg
	scripts/with-lab-rights $(BIN)/python scripts/site/picture.py docs/assets/run.svg

format: install-dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: install-dev ## Write the golden files anew; look at the diff
	$(BIN)/python -m pytest -q tests/test_golden.py tests/test_error_goldens.py -k 'golden or docs or told' \
		tests/test_builds.py tests/test_verify.py tests/test_readme.py tests/test_switch_contract.py tests/test_ten_minutes.py --update-golden

bench: install-dev ## Measure what a user types beside its budget, its floor and the peers; then the rest
	$(BIN)/python -m compileall -q src
	$(BIN)/python benchmarks/budgets.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/validate.py
	scripts/with-lab-rights $(BIN)/python benchmarks/lab.py
	scripts/with-lab-rights $(BIN)/python benchmarks/verify.py
	scripts/with-lab-rights $(BIN)/python benchmarks/push.py
	scripts/with-lab-rights $(BIN)/python benchmarks/beside.py
	$(BIN)/pip install --quiet --editable '.[bench]'
	$(BIN)/python benchmarks/sites.py

bench-peers: ## Install what `bench` compares with, in an environment of its own
	@scripts/make-venv build/peers $(PYTHON)
	build/peers/bin/pip install --quiet pyavd networklab ansible-core

push-faults: install-dev ## Cut a push at every point by every fault, half an hour in a lab, and write docs/push-faults.md
	scripts/with-lab-rights $(BIN)/python tests/pushfaults_page.py docs/push-faults.md $(or $(LEAVES),11)

power-cuts: vm-packages install-dev ## Cut the power of a virtual machine at each step of a push, half an hour, for docs/push-guard.md
	PYTHONPATH=tests $(BIN)/python tests/vm/cuts_page.py docs/push-guard.md build/power-cuts.json $(or $(MINUTES),600) $(BOX)

packages: ## Install the Debian or Ubuntu packages that are missing (asks sudo when not root)
	@scripts/install-packages

look-packages: ## Install the browser, the shells and groff in which tests look at pages (asks sudo when not root)
	-@scripts/install-packages looks # without them those tests are skipped, and say so

debian-packages: ## Install debootstrap, with which tests make another Debian (asks sudo when not root)
	-@scripts/install-packages debootstrap # without it those tests are skipped, and say so

vm-packages: ## Install the packages that virtual machines of the tests need (asks sudo when not root)
	-@scripts/install-packages vm # without them those tests are skipped, and say so

install: $(VENV)/installed ## Make the virtual environment with sonicfab in it

install-dev: $(VENV)/installed-dev ## The same with everything that tests and checks need

dist: build/wheel-venv/installed ## Build wheel and sdist, and install the wheel in an environment of its own

.PHONY: manual
manual: install-dev ## Write man pages and the completions of bash, zsh and fish to build/manual
	$(BIN)/python scripts/site/manual.py build/manual

$(VENV)/installed: pyproject.toml
	@scripts/make-venv $(VENV) $(PYTHON)
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml
	@scripts/make-venv $(VENV) $(PYTHON)
	$(BIN)/pip install --quiet --editable '.[fast,napalm,netbox,distributed,docs,dev]'
	@touch $@ $(VENV)/installed

SOURCES := $(shell find src templates -type f -not -name '*.pyc' 2>/dev/null)
build/wheel-venv/installed: $(VENV)/installed-dev $(SOURCES)
	rm -rf build/dist build/wheel-venv
	mkdir -p build
	$(BIN)/python -m build --no-isolation --outdir build/dist . > build/dist.log 2>&1 || { cat build/dist.log; exit 1; }
	@scripts/make-venv build/wheel-venv $(PYTHON)
	build/wheel-venv/bin/pip install --quiet build/dist/sonicfab-*.whl
	@touch $@

clean: ## Remove what was built
	rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
