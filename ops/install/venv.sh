#!/usr/bin/env bash
# Makes the virtual environment with exactly the versions and hashes of constraints.txt.
# Usage: venv.sh PYTHON FOLDER
set -euo pipefail
python=$1
folder=$2

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed; $python is $("$python" --version). Set PYTHON=/path/to/another." >&2
    exit 1
fi
echo "installing Python packages into $folder (about half a minute)"
"$python" -m venv "$folder"
"$folder/bin/pip" install -qq --disable-pip-version-check --require-hashes --requirement constraints.txt
# The line itself, as it lies here. No build isolation: setuptools is one of the pinned packages.
"$folder/bin/pip" install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
