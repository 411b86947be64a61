# The two commands of the README, and what people need while working. Every step that cannot run fails loudly.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

MAIL ?= tests/fixtures/mime
CALENDAR ?= tests/fixtures/ics
CONTACTS ?= tests/fixtures/vcf
MARK ?= $(if $(filter command,$(firstword $(origin MAIL))),all,some)
SECONDS_FUZZ ?= 10
HISTORIES ?= 1000
SEED ?= 1
# As long as HISTORIES take; make test gives it a minute.
SECONDS_SIM ?= 86400
ARGS ?=
TOOLS := tests/tools
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug
# Compile time of the test build matters more than its debugger.
export CARGO_INCREMENTAL ?= 0
ifneq ($(CI),)
# What fails there is run again by people, whose build has line tables.
export CARGO_PROFILE_DEV_DEBUG ?= 0
endif

.PHONY: help demo build test test-rust check fmt proto bench fuzz simulate mutants web third-party browser release deny clean simulate-minute

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | column -t -s "$$(printf '\t')"

demo: ## shows what happens to real mails, events, tasks and contacts, and keeps serving
	cargo build --release --locked -p ssi-server -p ssi-sandbox
	target/release/ssi-sandbox demo --mark $(MARK) --mail "$(MAIL)" --calendar "$(CALENDAR)" \
		--contacts "$(CONTACTS)" $(ARGS)

# The whole workspace at once: what is built alone gets other features of its dependencies, and with them another
# build of nearly everything.
build: ## all programs and tests, as the checks use them
	cargo build --workspace --all-targets --locked

test: check test-rust fuzz simulate-minute third-party web browser ## every check that CI runs
	@echo "make test: all parts passed"

check: ## format, lints, licences
	cargo fmt --all --check
	LIST=1 $(TOOLS)/mutants.sh
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(TOOLS)/deny.sh

test-rust: build ## all Rust tests, on SQLite and PostgreSQL
	$(TOOLS)/postgres.sh run $(TOOLS)/rust-tests.sh $(ARGS)

fuzz: build ## a short fuzz run of the SOAP, OData and MIME readers
	$(BUILT)/fuzz --seconds $(SECONDS_FUZZ)

simulate: ## histories of people, faults and crashes: HISTORIES=n SEED=s
	cargo run --release --locked -q -p ssi-tests --bin simulate -- --histories $(HISTORIES) --seed $(SEED) --seconds $(SECONDS_SIM)

simulate-minute: build
	$(BUILT)/simulate --histories 1000000 --seed $(SEED) --seconds 60

mutants: ## puts known bugs back one at a time; each must be caught
	tests/tools/mutants.sh

third-party: build ## exchangelib and pyodata against the sandbox
	SSI_SANDBOX=$(abspath $(BUILT))/ssi-sandbox tests/third_party/run.sh

web: ## proto lint, breaking check, TypeScript client
	cd client-sdk/web && npm ci --no-audit --no-fund && npm run check

browser: build ## a page in headless Chromium saves a mail and watches a session
	$(TOOLS)/browser.sh

bench: ## the numbers, as JSON lines
	cargo build --release --locked -p ssi-server -p ssi-sandbox -p ssi-tests --bins
	SHARED_BUFFERS=1GB $(TOOLS)/postgres.sh run $(TOOLS)/bench.sh

fmt: ## formats Rust and proto files
	cargo fmt --all
	cd client-sdk/web && npx buf format -w ../..

proto: ## regenerates the TypeScript client
	cd client-sdk/web && npm ci --no-audit --no-fund && npm run generate

release: ## the server as one binary: target/release/ssi
	cargo build --release --locked -p ssi-server

deny: ## licences, bans and sources of the dependency graph
	$(TOOLS)/deny.sh

clean:
	cargo clean
