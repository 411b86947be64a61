#!/usr/bin/env bash
# Runs all Rust tests: with nextest where it is installed, else with cargo's own runner.
set -euo pipefail
cd "$(dirname "$0")/../.."
if cargo nextest --version >/dev/null 2>&1; then
  profile=default
  [ -z "${CI:-}" ] || profile=ci
  cargo nextest run --workspace --locked --profile "$profile" "$@"
else
  cargo test --workspace --locked "$@"
fi
cargo test --workspace --locked --doc
