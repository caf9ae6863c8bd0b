"""The API does what its OpenAPI description says, whatever it is sent (schemathesis, seeded and bounded)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

# Schemathesis would import these within a test, where pytest rewrites them while other threads run: CPython 3.11 then
# miscounts how deep its parser is ("AST constructor recursion depth mismatch").
import schemathesis.specs.openapi.analysis
import schemathesis.specs.openapi.warnings
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from portal.app import create_app
from portal.scopes import NEEDS
from runtime.settings import Settings
from schema.engine import Store
from tests.portal.conftest import TOKEN, Platform, observe

CALLS = sorted(f"{method} {path}" for method, path in NEEDS if path.startswith("/v1/"))
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def described(settings: Settings, store: Store) -> Iterator[Any]:
    """The description of an API in which the examples' provider, client and appointment are."""
    app = create_app(settings, store)
    with TestClient(app, headers=HEADERS) as client:
        observe(store)
        Platform(client, store).book("a-1")
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.parametrize("call", CALLS)
def test_the_answers_are_those_that_are_described(described: Any, call: str) -> None:
    """To what fits the description, and to what does not."""
    method, path = call.split()
    operation = described[path][method]

    @seed(20261123)
    @settings(
        max_examples=30,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    def holds(case: Case[Any]) -> None:
        # Not every text is a time zone, and not every digits are a number: no description says that.
        case.call_and_validate(headers=HEADERS, excluded_checks=[positive_data_acceptance])

    holds()
