#!/usr/bin/env bash
# The end-to-end test in a real headless Chromium: sandbox and server on free ports, a page on an origin of
# its own, the TypeScript client in it.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]:-}"; do [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

CHROMIUM=$(tests/tools/chromium.sh)
export CHROMIUM
(cd client-sdk/web && [ -d node_modules ] || npm ci --no-audit --no-fund)

# The sandbox says where it is in one line; reading the pipe waits exactly that long.
mkfifo "$work/sandbox"
"$target/debug/ssi-sandbox" serve --mail tests/fixtures/mime >"$work/sandbox" &
pids+=($!)
exec 3<"$work/sandbox"
read -r world <&3

free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
origin=http://127.0.0.1:$(free_port)
token=browser-token-0123456789abcdef0123456789abcdef
python3 - "$world" "$work" "$origin" "$token" <<'PY'
import json, sys
world, work, origin, token = json.loads(sys.argv[1]), *sys.argv[2:]
user = world["users"][0]
service = world["service_account"]
crm = world["c4c_user"]
q = json.dumps
open(f"{work}/ssi.toml", "w").write(f"""
node = "browser"
[server]
listen = "127.0.0.1:0"
cors_origins = [{q(origin)}]
[database]
url = {q("sqlite:" + work + "/browser.sqlite")}
key = {q("5f" * 32)}
[[auth.dev_tokens]]
token = {q(token)}
subject = "anna"
addresses = [{q(user["address"])}]
[[tenants]]
id = "demo"
base_url = {q(world["c4c"])}
[tenants.credentials]
user = {q(crm["login"])}
password = {q(crm["password"])}
[[mailboxes]]
address = {q(user["address"])}
[mailboxes.ews]
ews_url = {q(world["ews"])}
impersonate = true
[mailboxes.ews.credentials]
user = {q(service["login"])}
password = {q(service["password"])}
""")
PY

"$target/debug/ssi" serve --config "$work/ssi.toml" --ready-file "$work/ready" &
pids+=($!)
for _ in $(seq 300); do
  [ ! -s "$work/ready" ] || break
  sleep 0.1
done
ready=$(cat "$work/ready")

# An open e-mail: any message of the inbox, asked of the sandbox itself.
item=$(python3 tests/tools/any_item.py "$world")

SSI_URL=$(python3 -c 'import sys; t=sys.argv[1].strip(); print(t if t.startswith("http") else "http://"+t)' "$ready") \
SSI_TOKEN=$token SSI_TOKEN_KIND=session SSI_MAILBOX=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["users"][0]["address"])' "$world") \
SSI_ITEM_ID=$item SSI_ORIGIN=$origin \
  node client-sdk/web/e2e/e2e.mjs
