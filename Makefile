# Two commands matter to a newcomer: `make demo` and `make test`. Both set everything up by themselves.

PREFIX ?= $(HOME)/.local
CARGO_PROFILE := --release
PIPELINE := target/release/pipeline

.PHONY: help setup build demo test bench install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## fetch libtorch and CMake into .deps/ (does nothing if they are there)
	@command -v python3 >/dev/null || { echo "setup: \`python3\` was not found" >&2; \
		echo "  hint: install Python 3 with pip; on Debian or Ubuntu: apt-get install python3 python3-pip" >&2; exit 1; }
	@python3 scripts/setup.py

build: setup ## build both programs into target/release/
	cargo build $(CARGO_PROFILE) -p cli -p worker

demo: build ## run the quick start on embedded data and show its results
	$(PIPELINE) run pipelines/digits.toml

test: setup ## format, lints, all tests, documentation
	cargo fmt --all --check
	cargo clippy $(CARGO_PROFILE) --workspace --all-targets -- -D warnings
	cargo build $(CARGO_PROFILE) -p cli -p worker -p testkit
	cargo test $(CARGO_PROFILE) --workspace
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_PROFILE) --workspace --no-deps --document-private-items

bench: build ## measure against named peers, on an idle machine; writes results/bench/
	cargo build $(CARGO_PROFILE) -p train --example speed
	@python3 benches/peers/runner.py
	@python3 benches/peers/training.py

install: build ## put both programs on the path, below PREFIX (~/.local)
	@scripts/install.sh "$(PREFIX)"

clean: ## remove what was built; .deps/ and results stay
	cargo clean
