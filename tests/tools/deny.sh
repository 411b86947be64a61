#!/usr/bin/env bash
# Licences, bans and sources of the dependency graph, by cargo-deny where it is installed. The bans that
# matter most are also held without it: `cargo tree` must not show them.
set -euo pipefail
cd "$(dirname "$0")/../.."
for banned in openssl-sys native-tls aws-lc-rs aws-lc-sys; do
  if cargo tree --workspace --locked -e normal,build -i "$banned" 2>/dev/null | grep -q .; then
    echo "banned crate in the graph: $banned" >&2
    cargo tree --workspace --locked -e normal,build -i "$banned" >&2
    exit 1
  fi
done
if cargo deny --version >/dev/null 2>&1; then
  cargo deny --offline check licenses bans sources
else
  echo "cargo-deny is not installed: licences were not checked (cargo install --locked cargo-deny)"
fi
