"""Known security holes in the pinned packages: `python -m ops.install.advisories`, a part of `make check`.

pip-audit asks OSV (osv.dev) about every package in constraints.txt. Where OSV cannot be reached nothing is known: that
is said, and is a failure only with `--strict`, as before a release.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

_ROOT = Path(__file__).parents[2]
_OSV = "https://api.osv.dev/v1/query"
# A package whose holes are known for years: who does not know of them knows nothing.
_CANARY = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.4.1"}


class AdvisoriesError(Exception):
    """The file of accepted advisories is malformed, or pip-audit failed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A hole in a pinned package, by all the ids that it has."""

    package: str
    version: str
    ids: Sequence[str]
    fixed_in: Sequence[str]
    what: str

    def __str__(self) -> str:
        fix = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fix yet"
        return f"{self.package} {self.version}: {' = '.join(self.ids)} ({fix}): {self.what[:200]}"


def accepted(file: Path, today: date) -> dict[str, str]:
    """The ids of advisories that do not concern us, with reasons. Raises AdvisoriesError, also for one that is over."""
    ids: dict[str, str] = {}
    for entry in tomllib.loads(file.read_text()).get("accepted", []):
        missing = [name for name in ("id", "reason", "until") if not entry.get(name)]
        if missing or not isinstance(entry["until"], date):
            raise AdvisoriesError(f"{file}: {entry.get('id', 'an entry')} needs {' and '.join(missing) or 'a date'}.")
        if entry["until"] < today:
            raise AdvisoriesError(f"{file}: {entry['id']} was accepted until {entry['until']}: look at it again.")
        ids[entry["id"]] = entry["reason"]
    return ids


def unreachable(osv: str) -> str | None:
    """Why OSV cannot be asked; None if it can, and knows what everybody knows."""
    try:
        answer = httpx.post(osv, json=_CANARY, timeout=10)
        known = answer.json().get("vulns") if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return None if known else f"{osv} answered {answer.status_code}, and is no OSV"


def find(constraints: Path, osv: str) -> list[Finding]:
    """Every known hole in these packages. Raises AdvisoriesError where pip-audit fails."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--require-hashes",
        "--disable-pip",
        "--requirement",
        str(constraints),
    ]
    command += ["--vulnerability-service", "osv", "--osv-url", osv, "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise AdvisoriesError(f"pip-audit failed, run it again: {last}") from None
    return [_finding(package, hole) for package in report["dependencies"] for hole in package.get("vulns", [])]


def _finding(package: Mapping[str, Any], hole: Mapping[str, Any]) -> Finding:
    ids = [hole["id"], *hole.get("aliases", [])]
    return Finding(package["name"], package["version"], ids, hole["fix_versions"], hole.get("description", ""))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if every known hole was accepted, or if nobody could be asked (other than with `--strict`)."""
    parser = argparse.ArgumentParser(prog="python -m ops.install.advisories", description=__doc__.splitlines()[0])
    parser.add_argument("--strict", action="store_true", help="fail where nobody can be asked, as before a release")
    parser.add_argument("--constraints", type=Path, default=_ROOT / "constraints.txt", help="the pinned packages")
    parser.add_argument("--accepted", type=Path, default=Path(__file__).with_name("accepted_advisories.toml"))
    parser.add_argument("--osv-url", default=_OSV)
    given = parser.parse_args(arguments)
    try:
        fine = accepted(given.accepted, datetime.now(UTC).date())
        why = unreachable(given.osv_url)
        if why is not None:
            _say(f"NOT CHECKED for known security holes: {why}\nDo `make advisories` where OSV can be reached.")
            return int(given.strict)
        _say("asking OSV about every pinned package")
        found = find(given.constraints, given.osv_url)
    except (AdvisoriesError, tomllib.TOMLDecodeError) as error:
        _say(str(error))
        return 1
    open_holes = [finding for finding in found if fine.keys().isdisjoint(finding.ids)]
    for finding in open_holes:
        _say(str(finding))
    if open_holes:
        _say(
            f"`make lock` takes the fixed versions; what does not concern us goes to {given.accepted}, with the reason."
        )
    return int(bool(open_holes))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
