"""Templates, filled in."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from portal.pages.language import Words

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _versioned(name: str) -> str:
    """A static file's address, another one with each version of it, so that browsers may keep it for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/p/static/{name}?v={digest}"


_environment.globals["static"] = {name: _versioned(name) for name in ("pages.css", "pages.js", "htmx.min.js")}


def render(template: str, words: Words, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The template in these words. Every value is escaped; a name that the context lacks is an error."""
    text = _environment.get_template(template).render(t=words.text, words=words, **context)
    return HTMLResponse(text, status_code=status)
