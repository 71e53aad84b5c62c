# Two commands matter: `make run` shows a complete opening, `make test` checks
# everything. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Arguments for the demonstration, for instance `make run ARGS=--once`.
ARGS ?=
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 600

export CARGO_NET_RETRY ?= 5

.PHONY: help run test fmt fonts lint unit deny audit fuzz

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## one complete opening, from sealing to record; then the server stays up (ARGS=--once: ends)
	@scripts/prepare build
	@scripts/fonts
	cargo run --locked --package kaibiao --bin kaibiao -- demo $(ARGS)

test: ## install what is missing, then check everything
	@scripts/prepare build test
	@scripts/fonts
	$(MAKE) --no-print-directory lint deny unit

lint: fonts
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

deny: ## banned crates, licences, sources
	scripts/deny --log-level error check bans licenses sources

unit: fonts
	cargo test --locked --workspace --no-fail-fast

fonts: ## fetch the font of the opening record into target/fonts
	@scripts/fonts

fmt: ## format the code
	cargo fmt --all

audit: ## known vulnerabilities of what we depend on (needs their database)
	scripts/deny check advisories

fuzz: ## every fuzz target for FUZZ_SECONDS seconds
	@scripts/prepare build
	@scripts/fuzz $(FUZZ_SECONDS)
