"""The line's logs, read as they grow: no phone number in any, no kind of error that is not known (P1)."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

# Every number of the fuzzers' world, in whatever spelling.
NUMBERS = re.compile(r"\+?1?415(?:21|555)\d{4,5}(?!\d)")
# A call's id, which is random, may hold ten digits in a row.
_CALL_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_ASTERISK = re.compile(
    r"^\[[^\]]*\] (?P<level>WARNING|ERROR)\[\d+\](?:\[C-[0-9a-f]+\])?:? (?P<where>[\w.-]+):(?P<text>.*)$"
)


class Logs:
    """All logs under a line's folder. `read` looks at what was written since the last time."""

    def __init__(self, folder: Path, known: Counter[str] | None = None) -> None:
        self._folders = [folder / "log", folder / "asterisk/log"]
        self._read_to: dict[Path, int] = {}
        self.kinds: Counter[str] = known if known is not None else Counter()

    def read(self) -> list[str]:
        """The violations in what is new; `kinds` counts every kind of complaint."""
        wrong = []
        for path in sorted(path for folder in self._folders for path in folder.rglob("*") if path.is_file()):
            with path.open("rb") as log:
                log.seek(self._read_to.get(path, 0))
                data = log.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._read_to[path] = self._read_to.get(path, 0) + len(whole)
            text = _CALL_ID.sub("(id)", whole.decode("utf-8", "replace"))
            wrong += [
                f"a phone number stands in {path.name}: {NUMBERS.sub('(number)', line)[:200]}"
                for line in text.splitlines()
                if NUMBERS.search(line)
            ]
            if path.name != "postgres.log" and path.suffix != ".json":
                self._count(path.name, text)
        return wrong

    def _count(self, name: str, text: str) -> None:
        for line in text.splitlines():
            kind = _kind(name, line)
            if kind:
                self.kinds[kind] += 1


def _kind(name: str, line: str) -> str | None:
    """What kind of complaint a line is; None if it is none. Figures and names are left out."""
    match = _ASTERISK.match(line)
    if match:
        return f"asterisk {match['level']} {match['where']} {_plain(match['text'])}"
    if name == "messages" or name == "console":
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return f"{name} not a log entry: {_plain(line)}" if line.strip() else None
    if entry.get("level") not in ("warning", "error", "critical"):
        return None
    why = _plain(str(entry.get("why", "")))
    said = [name, entry["level"], entry.get("event"), entry.get("kind"), entry.get("error"), why]
    return " ".join(str(word) for word in said if word)


def _plain(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"|[^ -~]", "#", text)[:90].strip()
