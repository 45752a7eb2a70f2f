"""An official test set: what else divides the rows, and what it cannot be told apart in."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline

_RULE = "test-set"
_APART = "remove `test`, or write a column that names the part: `split: {by: column, key: COLUMN}`"


def test_set_is_the_only_one(pipeline: Pipeline) -> Iterator[Problem]:
    """Nothing else says which rows are judged on, and the rows of the test set are known to the last stage."""
    data, split = pipeline.data, pipeline.data.split
    if data.test is None:
        return
    if (data.test.path, data.test.package) == (data.source.path, data.source.package):
        message = f"{data.test.label} is learnt from: it is the `source`"
        yield Problem(("data", "test", "path"), message, "name the file of the test set", _RULE)
    if split.by == "column":
        message = f"`{split.key}` says which rows are judged on, and so does `test`"
        yield Problem(("data", "split", "by"), message, "write `by: random` or `group`, or remove `test`", _RULE)
    if split.folds is not None:
        message = "folds judge every row, and a test set is judged on alone"
        yield Problem(("data", "split", "folds"), message, "remove `folds`, or `test`", _RULE)
    if pipeline.forecast is not None:
        message = "a forecast is judged on what follows the rows that it learnt from"
        yield Problem(("data", "test"), message, "remove `test`", _RULE)
    if pipeline.stages:
        message = "a stage of own code makes the rows anew, and nothing says which are the test set's then"
        yield Problem(("data", "test"), message, _APART, _RULE)
