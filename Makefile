# The verbs of the project. `make help` lists them.

# Recipes run in this folder and name what lies in it relative to it: its own path may hold spaces and quotes.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Matrices are small here, and several notebooks run at a time.
export OPENBLAS_NUM_THREADS ?= 1
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help book pdf pdf-solutions serve lab course notebooks test-notebooks setup-grading release grade paper slides clean

help: ## list these verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

book: .venv/learn ## build the book: _build/html/index.html
	jupyter-book build . --quiet
	@printf 'The book is at %s/_build/html/index.html\n' "$$PWD"

pdf: book .venv/develop node_modules/installed ## print the whole book, without solutions: _build/pdf/the-backward-pass.pdf
	@python tools/book_pdf.py

pdf-solutions: book .venv/develop node_modules/installed ## print the solutions: _build/pdf/solutions.pdf
	@python tools/book_pdf.py solutions

serve: book ## build the book and serve it on this machine
	$(PYTHON) -m http.server --bind 127.0.0.1 --directory _build/html 8000

lab: .venv/learn ## open JupyterLab on your own copy of the notebooks, in work/ (never overwritten)
	python tools/lab.py

course: .venv/develop ## make a course of some chapters: make course CHAPTERS="4 5 7 8" TO=../autumn [WITHOUT="gallery"] [TITLE=...]
	@python tools/course.py --to "$$TO" --title "$$TITLE" --book "$$BOOK" --without "$$WITHOUT" -- "$$CHAPTERS"

notebooks: .venv/develop ## rebuild the notebooks whose text, or whose package, changed
	python tools/notebooks.py

test-notebooks: .venv/develop ## notebooks match their text; every output is compared
	python tools/notebooks.py --check
	BPLIB_QUIET=1 pytest --nbval --nbval-sanitize-with tests/nbval.cfg -n 2 --dist loadfile book exercises solutions

setup-grading: .venv/instruct ## what instructors need: nbgrader, and this course's grading

release: .venv/instruct ## tell the gradebook about exercises that you hand out: make release NAME=07_two_layer_trace
	python -m grading release $(NAME)

grade: .venv/instruct ## grade what was handed in and is not graded yet: make grade NAME=07_two_layer_trace
	python -m grading grade $(NAME)

paper: .venv/instruct node_modules/installed ## print sheets for an exam, and their key: make paper NAME=07_two_layer_trace STUDENTS=students.csv
	@python -m grading paper --exercises="$$EXERCISES" --exam="$$EXAM" --title="$$TITLE" --size="$$SIZE" -- "$$NAME" "$$STUDENTS"

slides: .venv/learn node_modules/installed book ## make slides of a chapter, one file: make slides NAME=07_two_layer_trace
	@python tools/slides.py "$$NAME"

clean: ## remove what was built, not what you wrote
	rm -rf _build node_modules .venv .venv-bench .venv-frameworks

# One environment. Learners' and readers' part first, developers' on top.
.venv/learn: requirements.txt pyproject.toml
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	@touch $@

.venv/instruct: .venv/learn requirements/instruct.txt
	$(PIP) -r requirements/instruct.txt
	@touch $@

.venv/develop: .venv/learn requirements/develop.txt
	$(PIP) -r requirements/develop.txt
	@touch $@

node_modules/installed: .venv/learn package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# ---- For the authors of the whole book. A course of some chapters (make course) ends above this line.

OF_THE_BOOK := tests/test_page.py tests/test_text.py tests/test_pdf.py
LINT := ruff check . && ruff format --check . && node_modules/.bin/biome ci --error-on-warnings
TIMED := tests/browser/timed.test.mjs
# Tests in browsers: what is skipped is written down, for the last line of `make test`.
define browsers
	@mkdir -p _build/skipped
	node tools/browser.mjs; case $$? in \
	0) node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout \
	     --test-reporter=./tests/browser/skipped.mjs --test-reporter-destination=_build/skipped/$(1).txt $(2) ;; \
	3) echo "pages and figures in browsers, for want of a Chromium" > _build/skipped/$(1).txt ;; \
	*) exit 1 ;; esac
endef

.PHONY: chapter test test-package test-pages test-figures test-timed test-book test-fast test-frameworks frameworks bench format lock

chapter: .venv/develop ## begin a chapter: make chapter NUMBER=2 NAME=downhill
	@python tools/chapter.py "$$NUMBER" "$$NAME"

# A PATH of their own, so that the kernels are this environment's.
frameworks test-frameworks: export PATH := $(CURDIR)/.venv-frameworks/bin:$(PATH)
frameworks: .venv-frameworks/ready ## run the cells that need PyTorch, JAX or TensorFlow, with these installed (4 GB)
	python tools/notebooks.py --frameworks

test-frameworks: .venv-frameworks/ready ## compare what these cells give, and how the frameworks' Trace C agrees with ours
	BPLIB_QUIET=1 pytest --nbval --nbval-sanitize-with tests/nbval.cfg $$(python tools/frameworks.py)
	pytest tests/test_frameworks.py

test: ## everything, from nothing
	$(MAKE) --no-print-directory .venv/develop node_modules/installed
	python tools/system_needs.py
	$(MAKE) --no-print-directory -j2 test-package test-pages  # one waits much, while the other computes
	$(MAKE) --no-print-directory test-timed
	python tools/system_needs.py --report

test-fast: .venv/develop node_modules/installed ## the inner loop, about a minute: no sandbox, no browser, few variants
	$(LINT)
	python tools/notebooks.py --check
	BP_VARIANTS=2 pytest tests -n 2 --dist loadfile -m "not slow" $(addprefix --ignore=,$(OF_THE_BOOK))
	node --test --test-reporter=dot 'tests/js/*.test.mjs'

test-package: .venv/develop node_modules/installed ## the linters and the tests of the package and the tools
	$(LINT)
	pytest tests -n 2 --dist loadfile --durations 10 $(addprefix --ignore=,$(OF_THE_BOOK))

test-book: .venv/develop node_modules/installed ## the book builds without a warning, and asks nobody for anything
	jupyter-book build . --quiet --all -W --keep-going
	pytest -n 2 --dist loadfile $(OF_THE_BOOK)

test-pages: ## notebooks, the book, and its pages and figures in real browsers
	$(MAKE) --no-print-directory test-notebooks
	$(MAKE) --no-print-directory test-book
	$(MAKE) --no-print-directory test-figures

test-figures: .venv/develop node_modules/installed ## the models in Node, the pages in real browsers (after test-book)
	node --test 'tests/js/*.test.mjs'
	$(call browsers,functional,$(filter-out $(TIMED),$(wildcard tests/browser/*.test.mjs)))

test-timed: node_modules/installed ## what a clock says of the figures: alone on the machine (after test-book)
	$(call browsers,timed,$(TIMED))

bench: .venv-bench/ready ## measure, against peers if they are installed; never a test (ARGS=--quick: does it run?)
	.venv-bench/bin/python benchmarks/run.py $(ARGS)

format: .venv/develop node_modules/installed ## format and fix what the linters can fix
	ruff format . && ruff check --fix .
	node_modules/.bin/biome check --write

lock: .venv/develop ## resolve the pinned requirements anew, for Python 3.11 to 3.14
	python tools/lock.py

# The benchmark's own: its peers are large, and nobody else needs them.
.venv-bench/ready: requirements/bench.in pyproject.toml
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	$(subst .venv,.venv-bench,$(PIP)) -r requirements/bench.in -e .
	@touch $@

# Chapter 16's own, with all that builds and compares notebooks: 4 GB that nobody else needs.
.venv-frameworks/ready: requirements/frameworks.in requirements/develop.txt requirements.txt pyproject.toml
	test -x .venv-frameworks/bin/python || $(PYTHON) -m venv .venv-frameworks
	$(subst .venv,.venv-frameworks,$(PIP)) -r requirements.txt -r requirements/develop.txt -r requirements/frameworks.in
	@touch $@
