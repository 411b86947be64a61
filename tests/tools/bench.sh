#!/usr/bin/env bash
# The numbers of design and README, as JSON lines. exchangelib comes from the environment of the third-party tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
if [ ! -x "$CARGO_TARGET_DIR/.venv/bin/python" ]; then
  SSI_SANDBOX=$CARGO_TARGET_DIR/release/ssi-sandbox tests/third_party/run.sh exchangelib >&2
fi
exec "$CARGO_TARGET_DIR/release/bench" "$@"
