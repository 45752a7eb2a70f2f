"""What a stage is given of the stages before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.errors import IntegrityError
from mlops.stages.context import SCHEMA, StageContext
from tests.builders.bundles import make_schema


@pytest.mark.parametrize("content", [None, b"{", b'{"schema_version": 1, "task": "binary"}', b'{"schema_version": 2}'])
def test_a_schema_that_is_damaged_or_not_there_is_refused(tmp_path: Path, content: bytes | None) -> None:
    context = StageContext(tmp_path, "churn", "features")
    if content is not None:
        context.path(SCHEMA).parent.mkdir()
        context.path(SCHEMA).write_bytes(content)
    with pytest.raises(IntegrityError) as refused:
        context.schema()
    assert (refused.value.message, refused.value.hint) == (
        "artifacts/schema.json is not there, or damaged",
        "mlops run churn",
    )


def test_what_a_later_release_adds_to_a_schema_is_passed_over(tmp_path: Path) -> None:

    context = StageContext(tmp_path, "churn", "features")
    context.path(SCHEMA).parent.mkdir()
    context.path(SCHEMA).write_text(json.dumps(make_schema() | {"unit": "rows"}))
    assert context.schema().value() == make_schema()
