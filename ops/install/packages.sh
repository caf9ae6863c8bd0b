#!/usr/bin/env bash
# Installs the Debian packages that the line, its demo and its checks use, if they are not there already.
set -euo pipefail

declare -A needed=(
    [debootstrap]=debootstrap       # installs Asterisk where the machine has none
    [sipp]=sip-tester               # the phones of the demo and the tests
    [faketime]=faketime             # make faults: steps the clock of an Asterisk of its own
    [shellcheck]=shellcheck         # make check
    [setpriv]=util-linux
    [chromium]=chromium             # the browser that the tests look at the provider's pages with
)
missing=()
for command in "${!needed[@]}"; do
    command -v "$command" >/dev/null || missing+=("${needed[$command]}")
done
"${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)

if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "These Debian packages are needed: ${missing[*]}" >&2
    echo "Install them (apt-get install ${missing[*]}), or run make as root on Debian." >&2
    exit 1
fi
echo "installing Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1; then
    tail -20 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
