"""The files that browsers load, and that an installed line has them."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from portal.pages.rendering import FOLDER, STATIC
from tests.portal.pages.conftest import Browser

ROOT = Path(__file__).parents[3]


def test_htmx_is_the_file_that_its_note_says() -> None:
    noted = re.search(r"file +sha384-(\S+)", (STATIC / "htmx.md").read_text())
    assert noted
    assert base64.b64encode(hashlib.sha384((STATIC / "htmx.min.js").read_bytes()).digest()).decode() == noted[1]
    assert "2.0.11" in (STATIC / "htmx.md").read_text()
    assert 'version:"2.0.11"' in (STATIC / "htmx.min.js").read_text()


def test_p3_files_need_no_session_and_are_kept_until_they_change(browser: Browser) -> None:
    page = browser.get("/p/in/nothing").text
    addresses = re.findall(r'(?:href|src)="(/p/static/[^"]+)"', page)
    assert addresses
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["../guard.py", "..%2fguard.py", "none.js", "", "../templates/home.html"])
def test_p3_nothing_else_is_given_out(browser: Browser, path: str) -> None:
    answer = browser.get(f"/p/static/{path}")
    assert answer.status_code in (403, 404)
    assert "import" not in answer.text


def test_an_installed_line_has_templates_and_files(tmp_path: Path) -> None:
    """In a wheel, as pip builds it."""
    source = tmp_path / "source"
    for part in ("agi", "ami_listener", "consultation", "ops", "portal", "runtime", "schema"):
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), str(source)], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    needed = {str(file.relative_to(ROOT)) for folder in ("templates", "static") for file in (FOLDER / folder).iterdir()}
    assert len(needed) > 25
    assert needed <= packed
