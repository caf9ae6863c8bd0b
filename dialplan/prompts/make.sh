#!/usr/bin/env bash
# Speaks prompts.txt: English with flite's slt, Spanish with espeak-ng, each at 8 kHz (.ulaw) and 16 kHz (.g722).
# Needs Debian's flite, espeak-ng, sox and ffmpeg. The recordings are kept in git: only who changes a text runs this.
set -euo pipefail
cd "$(dirname "$0")"
for command in flite espeak-ng sox ffmpeg; do
    command -v "$command" >/dev/null || { echo "$command is missing: apt-get install flite espeak-ng sox ffmpeg" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# speak LANGUAGE NAME TEXT
speak() {
    local spoken=$work/spoken.wav out=../sounds/$1/$2
    case $1 in
        en) flite -voice slt -t "$3" -o "$spoken" ;;
        es) espeak-ng -v es-419 -s 150 -w "$spoken" "$3" ;;
    esac
    # Silence at both ends goes, so that parts of a sentence stand close together; one loudness for all.
    sox "$spoken" -r 16000 -c 1 "$work/16.wav" silence 1 0.01 0.3% reverse silence 1 0.01 0.3% reverse pad 0.02 0.08 norm -3
    sox "$work/16.wav" -r 8000 -t ul "$out.ulaw"
    ffmpeg -nostdin -loglevel error -y -i "$work/16.wav" -f g722 "$out.g722"
}

mkdir -p ../sounds/{en,es}
rm -f ../sounds/{en,es}/*
count=0
while IFS='|' read -r name english spanish; do
    name=${name// /}
    case $name in '' | '#'*) continue ;; esac
    speak en "$name" "$english"
    speak es "$name" "$spanish"
    count=$((count + 1))
done <prompts.txt
for number in $(seq 0 59); do
    speak en "$number" "$number"
    speak es "$number" "$number"
done
echo "$((count + 60)) recordings in two languages: $(du -sh ../sounds | cut -f1)"
