"""Prints which installed packages `consultline` does not need at run time. Arguments: needed ones to do without."""

from __future__ import annotations

import re
import sys
from importlib.metadata import distribution, distributions


def _plain(name: str) -> str:
    """The name as PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed(root: str, without: set[str]) -> set[str]:
    """`root` and everything it requires, in turn. Requirements of extras do not count, nor those not installed."""
    installed = {_plain(each.name) for each in distributions()}
    found: set[str] = set()
    waiting = {root}
    while waiting:
        name = waiting.pop()
        found.add(name)
        required = [text for text in distribution(name).requires or [] if "extra ==" not in text]
        names = {_plain(match[0]) for text in required if (match := re.match(r"[\w.-]+", text))}
        waiting |= (names & installed) - found - without
    return found


if __name__ == "__main__":
    needed = _needed("consultline", set(sys.argv[1:]))
    sys.stdout.writelines(f"{each.name}\n" for each in distributions() if _plain(each.name) not in needed)
