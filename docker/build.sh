#!/usr/bin/env bash
# Builds the line's images, consultline-asterisk and consultline-line.
#
# With Docker or Podman where one of them works, else with buildah, which needs no engine and no registry: where
# Docker Hub cannot be reached, Debian itself is the base, by debootstrap.
#
# Usage: docker/build.sh [--fresh] [--prove]
#   --fresh   fetch or make the base images anew, too
#   --prove   afterwards run the line of compose.yaml from the images, without an engine, and place one call (buildah)
# Environment: BUILDER=docker|podman|buildah, TAG=latest, VENV=.venv (for --prove), LINE_CACHE_DIR
set -euo pipefail
cd "$(dirname "$0")/.."

tag=${TAG:-latest}
store=${LINE_CACHE_DIR:-$HOME/.cache/consultline}/images
fresh=
prove=
for option; do
    case $option in
        --fresh) fresh=yes ;;
        --prove) prove=yes ;;
        *)
            sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
            exit 2
            ;;
    esac
done

fail() {
    printf '✗ %s\n' "$@" >&2
    exit 1
}

say() {
    printf '%4d s  %s\n' "$SECONDS" "$*"
}

# quietly WHAT COMMAND… : runs it; what it says is shown only if it fails.
quietly() {
    local what=$1 status=0
    shift
    say "$what"
    "$@" >"$work/log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        tail -25 "$work/log" >&2
        fail "$what: failed with status $status. The end of what it said stands above."
    fi
}

# need COMMAND=PACKAGE… : installs the Debian packages whose commands are missing.
need() {
    local missing=()
    for each; do
        command -v "${each%=*}" >/dev/null || missing+=("${each#*=}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "These Debian packages are needed: ${missing[*]}" "Install them, or run this as root on Debian."
    fi
    quietly "installing Debian packages: ${missing[*]}" install_packages "${missing[@]}"
}

install_packages() {
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Docker's client alone is no engine: it must reach a server.
builder() {
    if [ -n "${BUILDER:-}" ]; then
        echo "$BUILDER"
    elif command -v docker >/dev/null && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then
        echo docker
    elif command -v podman >/dev/null && podman info >/dev/null 2>&1; then
        echo podman
    else
        echo buildah
    fi
}

# How this machine reaches packages is handed to the builds as secrets, which leave no trace in an image. Local
# folders and files that pip.conf names are mounted where the builder can.
ways_to_packages() {
    secrets=()
    volumes=()
    python3 docker/pip_conf.py "$work/pip.conf" >"$work/paths"
    [ ! -e "$work/pip.conf" ] || secrets+=(--secret "id=pip.conf,src=$work/pip.conf")
    while read -r path; do
        volumes+=(--volume "$path:$path:ro")
    done <"$work/paths"
    if command -v apt-config >/dev/null; then
        apt-config dump | grep -E '^Acquire::(https?|Check-Date|Check-Valid-Until|ForceIPv[46]|Retries)\b' >"$work/apt.conf" || true
        secrets+=(--secret "id=apt.conf,src=$work/apt.conf")
    fi
}

bud() {
    buildah --root "$store/storage" --runroot "$store/run" --storage-driver vfs "$@"
}

# base NAME IMAGE SUITE [PACKAGE,…] : sets `base` to an image to build on, the registry's or one made here.
base() {
    local made=localhost/consultline-base-$1 image=$2 suite=$3 packages=${4:-}
    [ -z "$fresh" ] || bud rmi --force "$made" "$image" >/dev/null 2>&1 || true
    for base in "$image" "$made"; do
        ! bud inspect --type image "$base" >/dev/null 2>&1 || return 0
    done
    base=$image
    say "fetching $image"
    ! bud pull --quiet "$image" >"$work/log" 2>&1 || return 0
    base=$made
    need debootstrap=debootstrap
    local container root
    container=$(bud from scratch)
    containers+=("$container")
    root=$(bud mount "$container")
    quietly "the registry cannot be reached: making a base from Debian $suite, which takes a minute or two" \
        unshare --mount --propagation=private \
        debootstrap --variant=minbase ${packages:+--include="$packages"} "$suite" "$root"
    # What the registry's slim images leave out, too.
    printf 'path-exclude /usr/share/%s/*\n' doc info locale man >"$root/etc/dpkg/dpkg.cfg.d/slim"
    rm -rf "$root"/usr/share/{doc,info,locale,man}/* "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    bud commit --quiet --format docker "$container" "$made" >/dev/null
}

with_buildah() {
    [ "$(id -u)" -eq 0 ] || fail "buildah builds as root here. Be root, or start Docker or Podman."
    need buildah=buildah
    mkdir -p "$store"
    exec 9<"$store"
    flock --nonblock 9 || {
        say "waiting for another build"
        flock 9
    }
    # What a build that was killed left behind.
    bud rm --all >/dev/null 2>&1 || true
    base asterisk docker.io/library/debian:sid-slim sid
    quietly "building consultline-asterisk (about a minute)" one asterisk --build-arg "BASE=$base"
    base line docker.io/library/python:3.11-slim-bookworm bookworm ca-certificates,python3,python3-venv
    quietly "building consultline-line (about two minutes)" one line --build-arg "BASE=$base" "${volumes[@]}"
    bud rmi --prune >/dev/null 2>&1 || true
    bud images --format '{{.Name}}:{{.Tag}}  {{.Size}}' | grep -E "consultline-(asterisk|line):$tag "
}

one() {
    bud build --isolation chroot --format docker "${secrets[@]}" "${@:2}" \
        --file "docker/$1.Dockerfile" --tag "consultline-$1:$tag" .
}

# with_engine COMMAND [OPTION…]
with_engine() {
    local engine=$1
    shift
    [ -z "$fresh" ] || set -- "$@" --pull --no-cache
    for image in asterisk line; do
        quietly "building consultline-$image with $engine (some minutes the first time)" \
            "$engine" build "$@" "${secrets[@]}" --file "docker/$image.Dockerfile" --tag "consultline-$image:$tag" .
    done
    "$engine" images --format '{{.Repository}}:{{.Tag}}  {{.Size}}' | grep -E "consultline-(asterisk|line):$tag "
}

prove_line() {
    local python=${VENV:-.venv}/bin/python proof=$work/proof container
    [ -x "$python" ] || fail "$python is not there: run \`make install\` first, or set VENV."
    need socat=socat ip=iproute2 sipp=sip-tester
    python3 -c 'import yaml' 2>/dev/null || quietly "installing python3-yaml" install_packages python3-yaml
    mkdir "$proof"
    python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' \
        <docker/compose.yaml >"$proof/compose.json"
    for image in asterisk line; do
        container=$(bud from "consultline-$image:$tag")
        containers+=("$container")
        mkdir "$proof/consultline-$image"
        ln -s "$(bud mount "$container")" "$proof/consultline-$image/root"
        bud inspect --type image "consultline-$image:$tag" >"$proof/consultline-$image/image.json"
    done
    say "running the line of compose.yaml from the images, and placing one call"
    # Namespaces of its own: no port of this machine is touched, and nothing can be left running. The shell is the
    # first process there, because the line's processes end when their parent is the first one.
    unshare --net --mount --pid --fork --kill-child --mount-proc sh -c '"$@"; exit $?' sh \
        env PYTHONPATH=. "$python" docker/prove.py "$proof" &
    namespaces=$!
    if ! wait "$namespaces"; then
        rm -rf "$store/failed-proof" "$proof"/{consultline-*,postgres,volumes}
        mv "$proof" "$store/failed-proof"
        fail "The proof failed. Every log is in $store/failed-proof"
    fi
    namespaces=
    say "proven"
}

work=$(mktemp -d)
containers=()
namespaces=
clean_up() {
    # Everything in them goes with them; unshare itself heeds no other signal.
    [ -z "$namespaces" ] || kill -KILL "$namespaces" 2>/dev/null || true
    [ ${#containers[@]} -eq 0 ] || bud rm "${containers[@]}" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

ways_to_packages
builder=$(builder)
case $builder in
    docker)
        docker buildx version >/dev/null 2>&1 ||
            fail "Docker's buildx is needed, too: apt-get install docker-buildx (docker-buildx-plugin from Docker's own packages)."
        with_engine docker
        ;;
    podman) with_engine podman --format docker "${volumes[@]}" ;;
    buildah) with_buildah ;;
    *) fail "BUILDER is $builder: docker, podman or buildah" ;;
esac
say "built with $builder"
if [ -n "$prove" ]; then
    [ "$builder" = buildah ] || fail "--prove needs images built by buildah: BUILDER=buildah $0 --prove"
    prove_line
fi
