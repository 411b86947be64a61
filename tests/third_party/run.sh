#!/bin/sh
# Runs independent clients against a freshly started sandbox each: every <client>_test.py here, with the packages
# pinned in <client>_requirements.txt, called with the JSON line that `ssi-sandbox serve` prints.
# Usage: run.sh [client...]        SSI_SANDBOX=path uses a built binary instead of building one.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/.venv

if [ -z "${SSI_SANDBOX:-}" ]; then
    (cd "$root" && cargo build --quiet -p ssi-sandbox)
    SSI_SANDBOX=$target/debug/ssi-sandbox
fi

# One environment for all clients, made anew when a pin changes.
wanted=$(cat "$here"/*_requirements.txt)
if [ "$(cat "$venv/.pins" 2>/dev/null || true)" != "$wanted" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    for requirements in "$here"/*_requirements.txt; do
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    done
    printf '%s\n' "$wanted" > "$venv/.pins"
fi

work=$(mktemp -d)
sandbox=
stop() {
    if [ -n "$sandbox" ]; then
        kill "$sandbox" 2>/dev/null || true
        wait "$sandbox" 2>/dev/null || true
        sandbox=
    fi
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

failed=0
if [ $# -eq 0 ]; then
    set -- $(cd "$here" && ls ./*_test.py | sed 's|^\./||; s|_test\.py$||')
fi
for client in "$@"; do
    # The sandbox writes its one line when it listens; reading the pipe waits exactly that long.
    mkfifo "$work/$client"
    "$SSI_SANDBOX" serve > "$work/$client" &
    sandbox=$!
    read -r world < "$work/$client"
    echo "== $client"
    "$venv/bin/python" "$here/${client}_test.py" "$world" || failed=1
    stop
done
exit $failed
