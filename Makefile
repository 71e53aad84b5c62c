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

.PHONY: help run test web page e2e screens fmt fonts lint unit deny audit fuzz

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## one complete opening, from sealing to record; then the server stays up (ARGS=--once: ends)
	@scripts/prepare build
	@scripts/fonts
	@scripts/web build
	cargo run --locked --package kaibiao --bin kaibiao -- demo $(ARGS)

test: ## install what is missing, then check everything
	@scripts/prepare build test
	@scripts/fonts
	$(MAKE) --no-print-directory page lint deny unit e2e

# The page is built before anything of the server's: its files are part of the
# binary, and a page that changed later would have it built again.
web: ## build the page into web/dist, where something changed
	@scripts/web build

page: web ## check the page's form and types, and run its tests
	@scripts/web run npm run --silent lint
	@scripts/web run npm run --silent check
	@scripts/web run npx vue-tsc --noEmit -p ../tests/e2e/tsconfig.json
	@scripts/web run npx vitest run

e2e: web fonts ## one opening in real browsers, against the built binary
	cargo build --locked --package kaibiao --bin kaibiao
	@KAIBIAO_BIN="$${KAIBIAO_BIN:-$$(realpath "$${CARGO_TARGET_DIR:-target}")/debug/kaibiao}" scripts/web run npx vitest run --config tests/program/vitest.config.ts
	@scripts/web run npx vitest run --config ../tests/e2e/vitest.config.mts

screens: ## e2e, and new pictures into docs/screens
	KAIBIAO_SCREENS=1 $(MAKE) --no-print-directory e2e

lint: fonts web
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

deny: ## banned crates, licences, sources
	scripts/deny --log-level error check bans licenses sources

unit: fonts web
	cargo test --locked --workspace --no-fail-fast

fonts: ## fetch the font of the opening record into target/fonts
	@scripts/fonts

fmt: ## format the code
	cargo fmt --all
	@scripts/web install
	@scripts/web run npm run --silent format

audit: ## known vulnerabilities of what we depend on (needs their database)
	scripts/deny check advisories

fuzz: ## every fuzz target for FUZZ_SECONDS seconds
	@scripts/prepare build
	@scripts/fuzz $(FUZZ_SECONDS)
