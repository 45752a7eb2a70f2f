"""Classes of a column of truths are named as the file, YAML or the table spells them."""

from __future__ import annotations

import doctest

from mlops.ml.data import truths


def test_the_examples_hold() -> None:
    assert doctest.testmod(truths).failed == 0
