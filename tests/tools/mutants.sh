#!/usr/bin/env bash
# Puts known bugs back, one at a time, in a worktree of HEAD. Each must be caught by the museum or by the
# simulation; one that survives, no longer applies or does not compile fails the run.
#
#   tests/tools/mutants.sh            all of tests/museum/mutants.txt
#   tests/tools/mutants.sh odoo isync those whose line contains one of the words
#   LIST=1 tests/tools/mutants.sh     only checks that every one still applies
#
# HISTORIES and SEED say how long the simulation looks for each. Its target folder is its own, so that nothing
# built from a bug is left where people run things.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export CARGO_TARGET_DIR=${MUTANTS_TARGET_DIR:-${CARGO_TARGET_DIR:-$root/target}/mutants}
histories=${HISTORIES:-400}
seed=${SEED:-1}

fail() { echo "mutants.sh: $*" >&2; exit 1; }

[ -z "$(git -C "$root" status --porcelain)" ] || echo "mutants.sh: uncommitted changes are not looked at" >&2
tree=$(mktemp -d)/tree
clean_up() {
  git -C "$root" worktree remove --force "$tree" 2>/dev/null || true
  rm -rf "$(dirname "$tree")"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
git -C "$root" worktree add --quiet --detach "$tree" HEAD
cd "$tree"
log=$(dirname "$tree")/log

build() { cargo build -q --locked -p ssi-tests --test museum --bin simulate >"$log" 2>&1; }

# Answers by whom the tree at hand is caught; nothing when it passes. Fails when the museum broke off without a failed
# test and the simulation found nothing either: that says nothing about the tree.
catcher() {
  local status=0 failed
  timeout 300 cargo test -q --locked -p ssi-tests --test museum >"$log" 2>&1 || status=$?
  failed=$(sed -n 's/^test \([a-z0-9_:]*\) .*FAILED$/\1/p; s/^    \([a-z0-9_]*::[a-z0-9_]*\)$/\1/p' "$log" | sort -u | head -3 | tr '\n' ' ')
  if [ "$status" = 124 ]; then
    echo "museum, which came to no end "
    return
  elif [ "$status" != 0 ] && [ -n "$failed" ]; then
    echo "museum $failed"
    return
  fi
  [ "$status" = 0 ] || tail -20 "$log" >&2
  if ! timeout 900 "$CARGO_TARGET_DIR/debug/simulate" --histories "$histories" --seed "$seed" >"$log" 2>&1; then
    echo "simulation $(sed -n 's/^  \(INV-[0-9]*\).*/\1/p' "$log" | sort | uniq -c | sort -rn | head -1 | awk '{print $2}')"
    return
  fi
  [ "$status" = 0 ]
}

mapfile -t mutants < <(grep -v '^#' tests/museum/mutants.txt | grep -v '^$')
[ "${#mutants[@]}" -ge 10 ] || fail "only ${#mutants[@]} bugs in the list"
if [ $# -gt 0 ]; then
  mapfile -t mutants < <(printf '%s\n' "${mutants[@]}" | grep -iF "$(printf '%s\n' "$@")" || true)
  [ "${#mutants[@]}" -ge 1 ] || fail "no bug of that name"
fi

started=$SECONDS
missed=0
if [ -z "${LIST:-}" ]; then
  build || { cat "$log" >&2; fail "the tree itself does not compile"; }
  found=$(catcher) || fail "without any bug: the museum broke off"
  [ -z "$found" ] || { tail -40 "$log" >&2; fail "without any bug: $found"; }
  echo "without any bug: passes ($((SECONDS - started)) s)"
fi
for mutant in "${mutants[@]}"; do
  IFS='~' read -r name file program <<<"$mutant"
  [ -f "$file" ] && sed -i "$program" "$file"
  at=$SECONDS
  if git diff --quiet; then
    verdict="NOT APPLIED $name: $file has changed, mend the list"
  elif [ -n "${LIST:-}" ]; then
    verdict="applies     $name"
  elif ! build; then
    grep -m3 '^error' "$log" >&2 || true
    verdict="NOT BUILT   $name"
  else
    verdict="SURVIVED    $name"
    found=$(catcher) || verdict="BROKE OFF   $name"
    [ -z "$found" ] || verdict="caught      $name: $found($((SECONDS - at)) s)"
  fi
  echo "$verdict"
  case $verdict in NOT* | SURVIVED* | BROKE*) missed=$((missed + 1)) ;; esac
  git checkout -q -- .
done
echo "mutants ${#mutants[@]} missed $missed seconds $((SECONDS - started))"
[ "$missed" = 0 ]
