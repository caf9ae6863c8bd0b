"""Pages of `docs/` with parts that are measured: each between two marks, replaced by whoever measures."""

from __future__ import annotations

from pathlib import Path


def replace(page: Path, name: str, text: str) -> None:
    """Put `text` between the marks of this name. Raises ValueError if the page has none."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    head, begins, rest = page.read_text().partition(begin)
    _, ends, tail = rest.partition(end)
    if not begins or not ends:
        raise ValueError(f"{page} has no block between {begin} and {end}")
    page.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}")
