from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders.exporting import one_table_of_operators


@pytest.fixture(scope="session", autouse=True)
def _quick_exports() -> Iterator[None]:
    with one_table_of_operators():
        yield
