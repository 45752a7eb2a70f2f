"""A compiled parameter is told by the key that a person wrote."""

from __future__ import annotations

import pytest

from mlops.operations.language.keys import Keys, written


@pytest.mark.parametrize(
    ("parameter", "key"),
    [
        (("validate", "columns", "age"), ("data", "columns", "age")),
        (("validate", "dated"), ("features", "datetime")),
        (("bundle", "golden_rows"), ("package", "golden_rows")),
        (("bundle", "requests", "nulls"), ("requests", "nulls")),
    ],
)
def test_a_parameter_has_a_key_of_the_yaml(parameter: Keys, key: Keys) -> None:
    assert written(parameter) == key
