"""What the documents point at is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from schema.models import Base
from schema.queries import retention
from tests import rules
from tests.rules import ROOT

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
PAGES = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=ROOT,
    check=True,
    capture_output=True,
    text=True,
).stdout.split()


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def words(name: str) -> str:
    """A test's name without its rules, as it is told in a document."""
    parts = name.removeprefix("test_").split("_")
    return " ".join(parts[len(rules.shown_by(name)) :])


@pytest.mark.parametrize("name", PAGES)
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for _, target in _LINK.findall(page.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        found = page if not path else page.parent / path
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def test_every_test_that_shows_a_defence_is_there() -> None:
    there = {(path, words(name)) for path, name in rules.tests()}
    told = _LINK.findall((ROOT / "docs" / "threats.md").read_text())
    named = {(target.removeprefix("../"), text) for text, target in told if target.startswith("../tests/")}
    assert named
    assert named <= there


def test_every_threat_has_a_test() -> None:
    rows = re.findall(r"^\| (?!threat|---)(.*) \|$", (ROOT / "docs" / "threats.md").read_text(), re.MULTILINE)
    assert rows
    assert [row for row in rows if "](../tests/" not in row] == []


def test_p2_every_table_stands_in_the_data_map_and_every_setting_of_retention_in_its_table() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    told = page.partition("## Data map")[2]
    assert [name for name in Base.metadata.tables if f"`{name}`" not in told] == []
    rows = page.partition("## Retention")[2].partition("## Data map")[0]
    assert [kind.setting for kind in retention.KINDS if f"| `LINE_{kind.setting.upper()}` |" not in rows] == []
