#!/bin/sh
# Prints the path of a Chromium to test with: $CHROMIUM, else one on the PATH, else Debian's package
# (installed when we may). Fails loudly otherwise: a browser test that is skipped tests nothing.
set -eu

if [ -n "${CHROMIUM:-}" ]; then
    if [ ! -x "$CHROMIUM" ]; then
        echo "CHROMIUM names no program: $CHROMIUM" >&2
        exit 1
    fi
    echo "$CHROMIUM"
    exit 0
fi

find_browser() {
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        if command -v "$name"; then
            return 0
        fi
    done
    mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    if [ -x "$mac" ]; then
        echo "$mac"
        return 0
    fi
    return 1
}

if find_browser; then
    exit 0
fi

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
    # Everything but the path goes to stderr.
    (apt-get -o DPkg::Lock::Timeout=300 update &&
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
        chromium) >&2
    if find_browser; then
        exit 0
    fi
fi

echo "no Chromium found: install one or set CHROMIUM to its path" >&2
exit 1
