#!/usr/bin/env bash
# The numbers of design and README, as JSON lines. exchangelib comes from the environment of the third-party tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
if [ ! -x "$CARGO_TARGET_DIR/.venv/bin/python" ]; then
  SSI_SANDBOX=$CARGO_TARGET_DIR/release/ssi-sandbox tests/third_party/run.sh exchangelib >&2
fi

# The processors of a server at work are awake. Those of a virtual machine with nothing else to do fall asleep between a
# question and its answer, and waking them takes longer than many an answer; so something that gives way to
# everything keeps them awake.
awake=()
stop() { [ "${#awake[@]}" = 0 ] || kill "${awake[@]}" 2>/dev/null || true; }
trap stop EXIT
if command -v chrt >/dev/null && chrt --idle 0 true 2>/dev/null; then
  for _ in $(seq "$(nproc)"); do
    chrt --idle 0 bash -c 'while :; do :; done' &
    awake+=($!)
  done
fi
"$CARGO_TARGET_DIR/release/bench" "$@"
