#!/usr/bin/env bash
# Renews constraints.txt. uv resolves for every platform at once; it is used for nothing else.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check uv
"$folder/bin/uv" pip compile --universal --python-version 3.11 --all-extras --generate-hashes --upgrade \
    --no-emit-index-url --no-header --no-annotate --quiet --output-file constraints.txt pyproject.toml
git --no-pager diff --stat -- constraints.txt
