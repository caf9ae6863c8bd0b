"""The API's description of itself, with its examples whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel


def keep_examples_whole(app: FastAPI) -> None:
    """FastAPI drops every null from what it describes, from examples too, which then fit no description any more."""
    describe = app.openapi

    def whole() -> dict[str, Any]:
        described = describe()
        schemas = described["components"]["schemas"]
        for model in _models(BaseModel):
            extra = model.model_config.get("json_schema_extra")
            if model.__name__ in schemas and isinstance(extra, dict) and "examples" in extra:
                schemas[model.__name__]["examples"] = extra["examples"]
        return described

    app.openapi = whole  # type: ignore[method-assign]


def _models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every model of the portal."""
    for model in base.__subclasses__():
        if model.__module__.startswith("portal."):
            yield model
        yield from _models(model)
