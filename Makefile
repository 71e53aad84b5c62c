# Two commands matter: `make run` shows a complete opening, `make test` checks
# everything. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Arguments for the demonstration, for instance `make run ARGS=--once`.
ARGS ?=
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 600
# How long `make torture` goes on, with how many bidders, and the seed of the run that it
# repeats. ONLY is one fault until there were so many of it: kills, drops, last_seconds or
# watchers (docs/ops/nodes.md).
MINUTES ?=
BIDDERS ?=
SEED ?=
ONLY ?=
# Rows that `make bench` measures, all if empty, and more arguments for it, for instance
# BENCH='--percent 10 --one-size' to try one.
ROW ?=
BENCH ?=
# Where `make install` puts things; DESTDIR stands before all of them.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=

export CARGO_NET_RETRY ?= 5

# The crates of this kind of machine; those of others are many.
fetch = cargo fetch --locked --target "$$(rustc --print host-tuple)"
built = $${CARGO_TARGET_DIR:-target}

.PHONY: help run test cluster release install web page e2e program stories screens fmt fonts format clippy lint unit deny audit fuzz flips torture bench

help: ## this list
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: ## one complete opening, from sealing to record; then the server stays up (ARGS=--once: ends)
	@scripts/prepare build
	@[ -e "$(built)/debug/kaibiao" ] || echo 'run: the first time takes about ten minutes on two cores, and 3 GB; later it is seconds' >&2
	@scripts/node >/dev/null
	@scripts/steps 'fetch the font of the record' scripts/fonts 'build the page' 'scripts/web build' 'fetch the crates' '$(fetch)'
	@scripts/steps 'build the program' 'cargo build --locked --package kaibiao --bin kaibiao'
	cargo run --quiet --locked --package kaibiao --bin kaibiao -- demo $(ARGS)

test: ## install what is missing, then check everything
	@scripts/check

cluster: fonts web ## the same over three nodes, PostgreSQL with a standby, Redis, S3 and nginx, while they are killed; what was seen
	@scripts/prepare build cluster
	cargo test --quiet --locked --package kaibiao --test cluster -- --nocapture --ignored

release: ## the binary for those who operate it, page and tool inside; prints their digests
	@scripts/prepare build
	@scripts/fonts
	@scripts/web build
	cargo build --locked --release --package kaibiao --bin kaibiao
	cargo build --locked --release --package kaibiao-verify
	@scripts/release "$(built)/release/kaibiao"

install: ## what `make release` built, with a systemd unit (PREFIX, SYSCONFDIR, DESTDIR)
	@scripts/install "$(built)/release/kaibiao" "$(PREFIX)" "$(SYSCONFDIR)" "$(DESTDIR)"

# The page is built before anything of the server's: its files are part of the
# binary, and a page that changed later would have it built again.
web: ## build the page into web/dist, where something changed
	@scripts/web build

page: web ## check the page's form and types, and run its tests
	@scripts/web run npm run --silent lint
	@scripts/web run npm run --silent check
	@scripts/web run npx vue-tsc --noEmit -p ../tests/e2e/tsconfig.json
	@scripts/web run npx vitest run

e2e: program stories ## one opening in real browsers, and the page's code, against the built binary

# The tests of the page's code against the real program.
program: web fonts
	@# By the features of the whole workspace, as everything is built already.
	cargo build --locked --workspace --bin kaibiao
	cargo test --locked --workspace --test bundle --no-run
	@KAIBIAO_BIN="$${KAIBIAO_BIN:-$$(realpath "$(built)")/debug/kaibiao}" scripts/web run npx vitest run --config tests/program/vitest.config.ts

stories: web fonts
	cargo build --locked --workspace --bin kaibiao
	@scripts/web run npx vitest run --config ../tests/e2e/vitest.config.mts

screens: ## e2e, and new pictures into docs/screens and the manual
	KAIBIAO_SCREENS=1 $(MAKE) --no-print-directory e2e

lint: format clippy ## format and lints of the Rust code

format:
	cargo fmt --all --check

clippy: fonts web
	cargo clippy --locked --workspace --all-targets -- -D warnings
	@# A bidder's own program: nothing of the service may be needed by it.
	cargo clippy --locked --package kaibiao --no-default-features -- -D warnings

deny: ## banned crates, licences, sources
	scripts/deny --log-level error check bans licenses sources

unit: fonts web ## the tests of the crates
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

torture: fonts web ## kills, cuts and pauses between real processes for MINUTES (BIDDERS=n, SEED=n repeats a run, ONLY=kills is one fault); says what was lost
	@scripts/prepare build test
	MINUTES="$(MINUTES)" BIDDERS="$(BIDDERS)" SEED="$(SEED)" cargo test --locked --package kaibiao --test faults -- --ignored --exact "$(if $(ONLY),counts::$(ONLY),torture)" --nocapture

flips: ## flips every bit of a bundle's files and asks that each is seen: hours (KAIBIAO_FLIPS=n takes every n-th)
	cargo test --locked --release --package kaibiao-verify --test bundle -- --ignored every_flipped_bit_is_seen

bench: ## what the program costs beside its floor and its peers, into docs/benchmarks.md (ROW=seal: one row)
	@scripts/prepare build bench
	@scripts/fonts
	@scripts/web build
	@scripts/peers
	cargo build --locked --release --package kaibiao --bin kaibiao
	cargo build --locked --release --package kaibiao-verify --bin kaibiao-verify
	cargo build --locked --release --package kaibiao-bench
	"$(built)/release/kaibiao-bench" --program "$(built)/release/kaibiao" --docs docs $(BENCH) $(ROW)
